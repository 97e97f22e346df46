// Where: elements of one tensor or the other.
#include <complex>

#include "ops/all_ops.h"
#include "ops/elementwise.h"

namespace modelconv {
namespace {

// Elements are moved, not looked at, so one loop serves all types of a width.
#if defined(__GNUC__)
#define MAY_ALIAS __attribute__((may_alias))
#else
#define MAY_ALIAS
#endif
using Word8 MAY_ALIAS = uint8_t;
using Word16 MAY_ALIAS = uint16_t;
using Word32 MAY_ALIAS = uint32_t;
using Word64 MAY_ALIAS = uint64_t;

template <bool kXMoves, bool kYMoves, class T>
void choose_row(const uint8_t* condition, const T* x, const T* y, T* z, int64_t count) {
  MODELCONV_INDEPENDENT_LOOP
  for (int64_t i = 0; i < count; ++i) {
    const T& yes = x[kXMoves ? i : 0];
    const T& no = y[kYMoves ? i : 0];
    z[i] = condition[i] != 0 ? yes : no;
  }
}

template <class T>
void copy_row(const T* source, bool moves, T* target, int64_t count) {
  if (moves)
    std::copy(source, source + count, target);
  else
    std::fill(target, target + count, *source);
}

template <class T>
void choose_elements(KernelContext& context) {
  const Tensor &c = context.input(0), &x = context.input(1), &y = context.input(2);
  const BroadcastRows rows({c.dims(), x.dims(), y.dims()});
  Tensor& z = context.allocate(0, x.dtype(), rows.dims());
  const auto* condition = elements<uint8_t>(c);
  const T *yes = elements<T>(x), *no = elements<T>(y);
  T* target = mutable_elements<T>(z);
  rows.run(context.threads(), [&](int64_t to, const int64_t* from, int64_t count) {
    const uint8_t* test = condition + from[0];
    const T *a = yes + from[1], *b = no + from[2];
    T* result = target + to;
    if (!rows.moves(0))
      return *test != 0 ? copy_row(a, rows.moves(1), result, count)
                        : copy_row(b, rows.moves(2), result, count);
    if (rows.moves(1))
      return rows.moves(2) ? choose_row<true, true>(test, a, b, result, count)
                           : choose_row<true, false>(test, a, b, result, count);
    return rows.moves(2) ? choose_row<false, true>(test, a, b, result, count)
                         : choose_row<false, false>(test, a, b, result, count);
  });
}

void where_kernel(KernelContext& context) {
  const DType dtype = context.input(1).dtype();
  if (context.input(0).dtype() != DType::boolean) context.fail("the condition must be bool");
  if (context.input(2).dtype() != dtype) context.fail("the inputs have different element types");
  if (dtype == DType::string) return choose_elements<std::string>(context);
  switch (bit_width(dtype)) {
    case 8: return choose_elements<Word8>(context);
    case 16: return choose_elements<Word16>(context);
    case 32: return choose_elements<Word32>(context);
    case 64: return choose_elements<Word64>(context);
    case 128: return choose_elements<std::complex<double>>(context);
    default: context.fail("no kernel for elements of type {}", name_of(dtype));
  }
}

// Of shapes: where the condition is known, the element; where both answers are the same, that one.
void choose_known_elements(InferContext& context) {
  const auto condition = context.elements(0);
  const Tensor* constant = context.constant(0);
  const auto yes = context.elements(1), no = context.elements(2);
  if (!yes || !no) return;
  std::vector<Dim> tests;
  if (condition)
    tests = *condition;
  else if (constant && constant->rank() <= 1 && constant->dtype() == DType::boolean)
    for (const uint8_t byte : constant->data<uint8_t>()) tests.emplace_back(byte != 0 ? 1 : 0);
  else
    tests.resize(1);
  const size_t count = std::max({tests.size(), yes->size(), no->size()});
  for (const size_t size : {tests.size(), yes->size(), no->size()})
    if (size != 1 && size != count) return;
  std::vector<Dim> result;
  for (size_t i = 0; i < count; ++i) {
    const auto at = [i](const std::vector<Dim>& dims) { return dims[dims.size() == 1 ? 0 : i]; };
    const Dim test = at(tests), a = at(*yes), b = at(*no);
    result.push_back(test.is_known() ? (test.value() != 0 ? a : b) : a == b ? a : Dim::unknown());
  }
  context.set_elements(0, std::move(result));
}

void infer_where(InferContext& context) {
  infer_broadcast(context, context.input_dtype(1));
  choose_known_elements(context);
}

}  // namespace

OpDefs where_ops() {
  return {OpDef("Where").infer(infer_where).axes(axes_elementwise).evaluate(where_kernel).elementwise()};
}

}  // namespace modelconv
