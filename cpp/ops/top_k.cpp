// TopK.
#include <algorithm>
#include <numeric>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"
#include "ops/total_order.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

void infer_top_k(InferContext& context) {
  const Shape& input = context.input_shape(0);
  Shape output = input;
  if (input.has_rank()) {
    const size_t axis = normalize_axis(int_attr(context.node(), "axis"), input.rank());
    const auto k = context.elements(1);
    if (k && k->size() != 1) context.fail("K has {} elements, not one", k->size());
    output[axis] = k && !(*k)[0].is_unknown() ? (*k)[0] : context.data_dependent(0, axis);
    if (output[axis].is_known() && output[axis].value() < 0) context.fail("K is {}", output[axis].value());
    if (output[axis].is_known() && input[axis].is_known() && output[axis].value() > input[axis].value())
      context.fail("K is {}, the axis has {} entries", output[axis].value(), input[axis].value());
  }
  context.set_output(0, context.input_dtype(0), output);
  context.set_output(1, DType::int64, output);
}

// Of equal elements the one with the lower index comes first.
template <class T>
void top_k_lines(KernelContext& context, const Tensor& input, size_t axis, int64_t k, bool largest) {
  const T* source = input.data<T>().data();
  T* values = nullptr;
  int64_t* indices = nullptr;
  Dims dims = input.dims();
  dims[axis] = k;
  if (context.wants_output(0))
    values = context.allocate(0, input.dtype(), dims).template mutable_data<T>().data();
  if (context.wants_output(1))
    indices = context.allocate(1, DType::int64, dims).template mutable_data<int64_t>().data();
  if (element_count(dims) == 0) return;
  const AxisSplit split = split_at(input.dims(), axis);
  const int64_t grain = std::max<int64_t>(1, 4096 / split.length);
  context.threads().parallel_for(split.outer * split.inner, grain, [&](int64_t begin, int64_t end) {
    std::vector<std::pair<T, int64_t>> line(static_cast<size_t>(split.length));
    const auto first = [largest](const auto& a, const auto& b) {
      const bool wins = largest ? sorts_before(b.first, a.first) : sorts_before(a.first, b.first);
      const bool loses = largest ? sorts_before(a.first, b.first) : sorts_before(b.first, a.first);
      return wins || (!loses && a.second < b.second);
    };
    for (int64_t i = begin; i < end; ++i) {
      const int64_t outer = i / split.inner, inner = i % split.inner;
      for (int64_t j = 0; j < split.length; ++j)
        line[static_cast<size_t>(j)] = {source[(outer * split.length + j) * split.inner + inner], j};
      // Selecting first pays once the part to be sorted is not small.
      if (k > 64 && k < split.length) std::nth_element(line.begin(), line.begin() + k, line.end(), first);
      const auto searched = k > 64 ? line.begin() + k : line.end();
      std::partial_sort(line.begin(), line.begin() + k, searched, first);
      for (int64_t j = 0; j < k; ++j) {
        const int64_t at = (outer * k + j) * split.inner + inner;
        if (values) values[at] = line[static_cast<size_t>(j)].first;
        if (indices) indices[at] = line[static_cast<size_t>(j)].second;
      }
    }
  });
}

void top_k_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  if (context.input(1).size() != 1) context.fail("K is not a single element");
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), input.rank());
  const int64_t k = context.input(1).to_int64()[0];
  if (k < 0 || k > input.dims()[axis])
    context.fail("K is {}, the axis has {} entries", k, input.dims()[axis]);
  const bool largest = int_attr(context.node(), "largest") != 0;
  visit_types(
      context, input.dtype(),
      [&](auto zero) { top_k_lines<decltype(zero)>(context, input, axis, k, largest); }, FloatTypes(),
      WideIntegers(), NarrowIntegers());
}

std::optional<AxisMove> top_k_axes(const Node& node, size_t index, const Permutation& p) {
  const auto axis = renumber_axes({int_attr(node, "axis")}, p);
  if (index != 0 || !axis) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  move.attrs.set("axis", axis->front());
  return move;
}

}  // namespace

OpDefs top_k_ops() {
  return {OpDef("TopK").infer(infer_top_k).axes(top_k_axes).evaluate(top_k_kernel).widen_half()};
}

}  // namespace modelconv
