#include "passes/fold/evaluate.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/evaluator.h"

namespace modelconv {

Value& fold(Patch& patch, OpName op, const std::vector<Value*>& inputs, const Attrs& attrs) {
  // The node is only a description for the evaluator; nothing uses it, so the driver removes it with the patch.
  const Node& node = patch.add_node(op, inputs, attrs, 1);
  const auto results = evaluate_node(node);
  ENSURE(results, InternalError, "{} cannot be folded", node.describe());
  return patch.constant(results->at(0).tensor());
}

bool all_finite(const Value& constant) {
  const std::vector<double> numbers = constant.constant().to_double();
  return std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); });
}

Value& scalar_like(Patch& patch, const Value& like, double value) {
  return patch.constant(Tensor::filled(like.dtype(), {}, value));
}

}  // namespace modelconv
