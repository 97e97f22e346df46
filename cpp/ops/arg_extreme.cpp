// ArgMax and ArgMin.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/reduce_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

std::vector<bool> reduced_axis(const Node& node, size_t rank) {
  return mark_axes({int_attr(node, "axis")}, rank);
}

void infer_arg(InferContext& context) {
  const Node& node = context.node();
  const Shape& x = context.input_shape(0);
  const bool keep = int_attr(node, "keepdims") != 0;
  context.set_output(0, DType::int64,
                     x.has_rank() ? reduced_shape(x, reduced_axis(node, x.rank()), keep) : Shape());
}

template <class T, class Better>
void find_extremes(KernelContext& context, const ReducePlan& plan, const T* x, int64_t* y,
                   const Better& better) {
  const bool last = int_attr(context.node(), "select_last_index") != 0;
  const int64_t grain = 1 + 16384 / plan.length;
  context.threads().parallel_for(plan.outputs, grain, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      const T* line = x + plan.kept_offset(o / plan.inner) + o % plan.inner;
      int64_t best = 0;
      for (int64_t i = 1; i < plan.length; ++i)
        if (better(line[i * plan.step], line[best * plan.step]) ||
            (last && line[i * plan.step] == line[best * plan.step]))
          best = i;
      y[o] = best;
    }
  });
}

template <bool kMaximum>
void run_arg(KernelContext& context) {
  const Tensor& x = context.input(0);
  const Node& node = context.node();
  const ReducePlan plan =
      plan_reduction(x.dims(), reduced_axis(node, x.rank()), int_attr(node, "keepdims") != 0);
  if (plan.length == 0 && plan.outputs > 0) context.fail("no elements to choose from along the axis");
  int64_t* y = context.allocate(0, DType::int64, plan.output).mutable_data<int64_t>().data();
  if (plan.outputs == 0) return;
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        find_extremes(context, plan, x.data<T>().data(), y,
                      [](T a, T b) { return kMaximum ? a > b : a < b; });
      },
      FloatTypes(), WideIntegers(), NarrowIntegers());
}

std::optional<AxisMove> move_arg(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  const size_t axis = normalize_axis(int_attr(node, "axis"), p.size());
  AxisMove move = move_reduction(node, p, reduced_axis(node, p.size()), int_attr(node, "keepdims") != 0);
  move.attrs.set("axis", static_cast<int64_t>(inverse(p)[axis]));
  return move;
}

}  // namespace

OpDefs arg_extreme_ops() {
  return {OpDef("ArgMax").infer(infer_arg).axes(move_arg).evaluate(run_arg<true>).widen_half(),
          OpDef("ArgMin").infer(infer_arg).axes(move_arg).evaluate(run_arg<false>).widen_half()};
}

}  // namespace modelconv
