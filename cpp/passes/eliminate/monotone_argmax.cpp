#include "ops/attributes.h"
#include "passes/eliminate/eliminate.h"

namespace modelconv {
namespace {

// Counted from the front where the rank is known.
int64_t axis_of(const Node& node, const Shape& shape) {
  const int64_t axis = int_attr(node, "axis");
  return axis < 0 && shape.has_rank() ? axis + static_cast<int64_t>(shape.rank()) : axis;
}

Outcome eliminate_monotone(const Match& match, Patch& patch) {
  const Node &argmax = match.root(), &softmax = match.node("s");
  const Shape& shape = match["x"]->shape();
  const int64_t searched = axis_of(argmax, shape), normalized = axis_of(softmax, shape);
  if (searched != normalized)
    return refuse("{} divides along axis {}, the largest element is searched along axis {}",
                  softmax.op().str(), normalized, searched);
  return replace_root(patch, patch.add("ArgMax", {match["x"]}, argmax.attrs));
}

}  // namespace

// Other monotone functions are not here: where Exp overflows or Sigmoid and Tanh reach 1, they make equal what was not,
// and ArgMax takes the first of equals.
Rules eliminate_monotone_argmax_rules() {
  return {
      Rule("eliminate_nop_monotone_argmax")
          .describe("Softmax and LogSoftmax along the axis of the ArgMax behind them go: they keep the order")
          .match("y = ArgMax(s = Softmax|LogSoftmax(x))")
          .require(single_use("s"))
          .replace(eliminate_monotone)};
}

}  // namespace modelconv
