// Range.
#include <cmath>

#include "ops/all_ops.h"

namespace modelconv {
namespace {

// Nothing when delta is zero or not a number, or the count does not fit.
std::optional<int64_t> count_steps(double start, double limit, double delta) {
  const double count = std::ceil((limit - start) / delta);
  if (delta == 0 || std::isnan(count) || count >= 9e18) return std::nullopt;
  return count > 0 ? static_cast<int64_t>(count) : 0;
}

std::optional<int64_t> count_steps(int64_t start, int64_t limit, int64_t delta) {
  if (delta == 0) return std::nullopt;
  if (delta > 0 ? limit <= start : limit >= start) return 0;
  // Differences in unsigned arithmetic: they are exact even where they leave the range of int64.
  const auto from = static_cast<uint64_t>(start), to = static_cast<uint64_t>(limit);
  const uint64_t span = delta > 0 ? to - from : from - to;
  const uint64_t step = delta > 0 ? static_cast<uint64_t>(delta) : 0 - static_cast<uint64_t>(delta);
  const uint64_t count = (span - 1) / step + 1;
  if (count > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<int64_t>(count);
}

// The count of a range of symbols: max(ceil((limit - start) / delta), 0).
Dim symbolic_count(const Dim& start, const Dim& limit, const Dim& delta) {
  if (start.is_known() && limit.is_known() && delta.is_known())
    if (const auto count = count_steps(start.value(), limit.value(), delta.value())) return *count;
  if (!delta.is_known() || delta.equals(0) || delta.equals(INT64_MIN)) return Dim::unknown();
  return delta.value() > 0 ? max(ceil_div(limit - start, delta), 0)
                           : max(ceil_div(start - limit, 0 - delta), 0);
}

std::optional<Dim> single_element(const InferContext& context, size_t index) {
  const auto elements = context.elements(index);
  return elements && elements->size() == 1 ? std::optional((*elements)[0]) : std::nullopt;
}

Dim count_of_constants(const InferContext& context) {
  double bounds[3];
  for (size_t i = 0; i < 3; ++i) {
    const Tensor* constant = context.constant(i);
    if (!constant || constant->size() != 1) return Dim::unknown();
    bounds[i] = constant->to_double()[0];
  }
  const auto count = count_steps(bounds[0], bounds[1], bounds[2]);
  return count ? Dim(*count) : Dim::unknown();
}

void infer_range(InferContext& context) {
  const DType dtype = context.input_dtype(0);
  Dim count = is_float(dtype) ? count_of_constants(context) : Dim::unknown();
  const auto start = single_element(context, 0), limit = single_element(context, 1),
             delta = single_element(context, 2);
  if (start && limit && delta) count = symbolic_count(*start, *limit, *delta);
  if (count.is_unknown()) count = context.data_dependent(0, 0);
  context.set_output(0, dtype, {count});
  if (!start || !delta || !count.is_known() || count.value() > 64) return;
  std::vector<Dim> elements;
  for (int64_t i = 0; i < count.value(); ++i) elements.push_back(*start + *delta * i);
  context.set_elements(0, elements);
}

// Wide does the arithmetic: double where stash_type asks for it, unsigned for integers, which then cannot overflow.
template <class T, class Wide>
void fill_range(KernelContext& context) {
  const T start = context.input(0).data<T>()[0], limit = context.input(1).data<T>()[0],
          delta = context.input(2).data<T>()[0];
  using Exact = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
  const auto count = count_steps(Exact{start}, Exact{limit}, Exact{delta});
  if (!count) context.fail("no range leads from {} to {} by {}", start, limit, delta);
  Tensor& output = context.allocate(0, dtype_of<T>, {*count});
  T* target = output.mutable_data<T>().data();
  for (int64_t i = 0; i < *count; ++i)
    target[i] = static_cast<T>(static_cast<Wide>(start) + static_cast<Wide>(i) * static_cast<Wide>(delta));
}

void range_kernel(KernelContext& context) {
  for (size_t i = 0; i < 3; ++i)
    if (context.input(i).size() != 1 || context.input(i).dtype() != context.input(0).dtype())
      context.fail("start, limit and delta must be single elements of one type");
  const bool in_double = int_attr(context.node(), "stash_type") == static_cast<int64_t>(DType::float64);
  switch (context.input(0).dtype()) {
    case DType::float32:
      return in_double ? fill_range<float, double>(context) : fill_range<float, float>(context);
    case DType::float64: return fill_range<double, double>(context);
    case DType::int16: return fill_range<int16_t, uint64_t>(context);
    case DType::int32: return fill_range<int32_t, uint64_t>(context);
    case DType::int64: return fill_range<int64_t, uint64_t>(context);
    default: context.fail("no kernel for this dtype");
  }
}

}  // namespace

OpDefs range_ops() { return {OpDef("Range").infer(infer_range).evaluate(range_kernel).widen_half()}; }

}  // namespace modelconv
