#include <algorithm>

#include "passes/eliminate/eliminate.h"

namespace modelconv {
namespace {

// What a node of one operator makes of values that another one has made: nothing.
struct Absorbed {
  OpName outer;
  std::vector<OpName> inner;  // the outer changes nothing after any of these
};

const std::vector<Absorbed>& absorbed_pairs() {
  static const std::vector<OpName> integral = {"Ceil", "Floor", "Round"};
  static const std::vector<Absorbed> pairs = {
      {"Relu", {"Relu", "Sigmoid", "Softmax", "Exp", "HardSigmoid", "Softplus", "Abs"}},
      {"Abs", {"Abs", "Sigmoid", "Softmax", "Exp", "HardSigmoid", "Softplus"}},
      {"Ceil", integral},
      {"Floor", integral},
      {"Round", integral},
      {"Sign", {"Sign"}},
  };
  return pairs;
}

Outcome eliminate_repeated(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  if (!inner) return no_match();
  for (const Absorbed& pair : absorbed_pairs()) {
    if (pair.outer != node.op()) continue;
    if (std::find(pair.inner.begin(), pair.inner.end(), inner->op()) == pair.inner.end()) continue;
    patch.replace(*node.output(), *node.input(0));
    return Outcome::applied();
  }
  return no_match();
}

}  // namespace

Rules eliminate_idempotent_rules() {
  return {
      Rule("eliminate_repeated")
          .describe(
              "an operator that changes nothing after the one before it goes: Relu(Relu(x)), Floor(Ceil(x))")
          .on({"Relu", "Abs", "Ceil", "Floor", "Round", "Sign"}, eliminate_repeated)};
}

}  // namespace modelconv
