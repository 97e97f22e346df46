// CumSum, CumProd: running sums and products along one axis.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/elementwise.h"

namespace modelconv {
namespace {

struct Running {
  bool reverse, exclusive;
};

// One line of `length` elements, `stride` apart. Element k of the result holds all up to k, or, exclusive, before k.
template <class T, class F>
void accumulate_line(const T* x, T* y, int64_t length, int64_t stride, const Running& running, const F& f) {
  T total = F::kNeutral;
  for (int64_t i = 0; i < length; ++i) {
    const int64_t at = (running.reverse ? length - 1 - i : i) * stride;
    const T next = f(total, x[at]);  // read first: y may be x
    y[at] = running.exclusive ? total : next;
    total = next;
  }
}

struct Sum {
  static constexpr int kNeutral = 0;
  template <class T>
  T operator()(T a, T b) const {
    return a + b;
  }
};

struct Product {
  static constexpr int kNeutral = 1;
  template <class T>
  T operator()(T a, T b) const {
    return a * b;
  }
};

int64_t axis_of(const KernelContext& context) {
  const Tensor& axis = context.input(1);
  if (axis.size() != 1 || !is_integer(axis.dtype())) context.fail("the axis must be one integer");
  return axis.to_int64()[0];
}

// Integers are added and multiplied modulo 2^width.
template <class F>
void cumulative_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  if (x.rank() == 0) context.fail("a scalar has no axis");
  const size_t axis = normalize_axis(axis_of(context), x.rank());
  const Running running{int_attr(context.node(), "reverse") != 0, int_attr(context.node(), "exclusive") != 0};
  const int64_t length = x.dims()[axis];
  int64_t inner = 1;
  for (size_t i = axis + 1; i < x.rank(); ++i) inner *= x.dims()[i];
  Tensor& y = context.allocate(0, x.dtype(), x.dims(), 0);
  if (x.size() == 0) return;
  for_dtype(context, as_unsigned(x.dtype()), Types<float, double, uint32_t, uint64_t>(), [&](auto tag) {
    using T = decltype(tag);
    const T* source = elements<T>(x);
    T* target = mutable_elements<T>(y);
    const int64_t grain = std::max<int64_t>(1, kElementsPerTask / length);
    context.threads().parallel_for(x.size() / length, grain, [&](int64_t begin, int64_t end) {
      for (int64_t line = begin; line < end; ++line) {
        const int64_t first = line / inner * length * inner + line % inner;
        accumulate_line(source + first, target + first, length, inner, running, F());
      }
    });
  });
}

std::optional<AxisMove> axes_cumulative(const Node& node, size_t index, const Permutation& p) {
  const Value* axis = node.input(1);
  if (!axis || !axis->is_constant() || axis->constant().size() != 1) return std::nullopt;
  std::optional<AxisMove> move = axes_follow_first(node, index, p);
  if (!move) return std::nullopt;
  const size_t old_axis = normalize_axis(axis->constant().to_int64()[0], p.size());
  const auto new_axis = static_cast<double>(inverse(p)[old_axis]);
  move->replaced_inputs.emplace_back(1, Tensor::filled(axis->dtype(), axis->constant().dims(), new_axis));
  return move;
}

template <class F>
OpDef cumulative_op(const char* name) {
  return OpDef(name)
      .infer(infer_same_as_first)
      .axes(axes_cumulative)
      .evaluate(cumulative_kernel<F>)
      .widen_half();
}

}  // namespace

OpDefs cumulative_ops() { return {cumulative_op<Sum>("CumSum"), cumulative_op<Product>("CumProd")}; }

}  // namespace modelconv
