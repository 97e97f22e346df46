#include <cmath>
#include <numbers>

#include "ops/attributes.h"
#include "passes/recover/polynomial.h"
#include "passes/recover/recover.h"

namespace modelconv {
namespace {

// A product taken apart: Mul, and Div by a number, as deep as nobody else reads what is in between, within limits: a
// chain of a million products must not exhaust the stack.
constexpr int kDeepestProduct = 8;
struct Product {
  double number = 1;
  std::vector<Value*> factors;  // not numbers
};

void take_apart(Value& value, int depth, Product& product) {
  const Node* node = value.producer();
  if (const auto number = number_in(&value)) {
    product.number *= *number;
    return;
  }
  const bool multiplies = node && node->op() == OpName("Mul");
  const bool divides = node && node->op() == OpName("Div") && number_in(node->input(1));
  if (!(multiplies || divides) || depth == kDeepestProduct || !(depth == 0 || value.has_one_use())) {
    product.factors.push_back(&value);
    return;
  }
  take_apart(*node->input(0), depth + 1, product);
  if (multiplies)
    take_apart(*node->input(1), depth + 1, product);
  else
    product.number /= *number_in(node->input(1));
}

// number * x * g, with g the result of one of `ops`.
struct Gated {
  double number;
  Value* x;
  const Node* gate;
};

std::optional<Gated> gated_product(Node& root, std::initializer_list<OpName> ops) {
  Product product;
  take_apart(*root.output(), 0, product);
  if (product.factors.size() != 2) return std::nullopt;
  for (size_t i = 0; i < 2; ++i) {
    const Node* gate = product.factors[i]->producer();
    if (!gate || product.factors[i] == product.factors[1 - i] || !product.factors[i]->has_one_use()) continue;
    if (&gate->graph() != &root.graph()) continue;
    if (std::find(ops.begin(), ops.end(), gate->op()) != ops.end())
      return Gated{product.number, product.factors[1 - i], gate};
  }
  return std::nullopt;
}

// The operand of a commutative node next to the number `wanted`.
const Value* beside(const Node& node, double wanted) {
  for (size_t i = 0; i < 2; ++i)
    if (const auto number = number_in(node.input(i)); number && nearly(*number, wanted))
      return node.input(1 - i);
  return nullptr;
}

bool is_shape_of(const Value& x, const Node& root) {
  // Numbers of one element and of no higher rank than x do not change its shape; polynomial_in() has checked those below.
  return x.shape().has_rank() && root.output()->shape().has_rank() &&
         x.shape().rank() == root.output()->shape().rank() && x.dtype() == root.output()->dtype();
}

// 1 + f(x), or 1 - f(-x) for f = erf: TensorFlow writes GELU with erfc.
Outcome recover_gelu(Node& root, Patch& patch) {
  const auto gated = gated_product(root, {"Add", "Sub"});
  if (!gated || !nearly(gated->number, 0.5)) return no_match();
  const bool subtracts = gated->gate->op() == OpName("Sub");
  const Value* inner = beside(*gated->gate, 1);
  if (subtracts && inner != gated->gate->input(1)) return no_match();
  const Node* function = inner ? inner->producer() : nullptr;
  if (!function || !(function->op() == OpName("Erf") || function->op() == OpName("Tanh"))) return no_match();
  const auto argument = polynomial_in(*function->input(0), *gated->x);
  if (!argument) return no_match();
  const bool by_tanh = function->op() == OpName("Tanh");
  const double slope =
      (subtracts ? -1 : 1) * (by_tanh ? std::sqrt(2 / std::numbers::pi) : std::numbers::sqrt2 / 2);
  if (!nearly(*argument, {0, slope, 0, by_tanh ? 0.044715 * slope : 0}))
    return refuse("its constants are not those of Gelu");
  if (!inner->has_one_use()) return refuse("'{}' has other uses", inner->name());
  if (!is_shape_of(*gated->x, root)) return refuse("a constant may broadcast '{}'", gated->x->name());
  Attrs attrs;
  if (by_tanh) attrs.set("approximate", std::string("tanh"));
  return replace_root(patch, patch.add("Gelu", {gated->x}, std::move(attrs)));
}

// erf is odd, and so is rounding: the same bits. Runtimes know 1 + erf(..) as a part of GELU, 1 - erf(-..) not.
Outcome turn_negated_erf(const Match& match, Patch& patch) {
  Value& argument = patch.add("Mul", {match["x"], match["k"]});
  return replace_root(patch, patch.add("Add", {match["a"], &patch.add("Erf", {&argument})}));
}

// A Clip between two numbers.
bool clips_between(const Node& node, double low, double high) {
  return number_in(node.input(1)) == low && number_in(node.input(2)) == high;
}

// a, when `value` is a multiplied by a number.
Value* without_factor(const Value& value) {
  const Node* mul = value.producer();
  if (!mul || mul->op() != OpName("Mul")) return nullptr;
  for (size_t i = 0; i < 2; ++i)
    if (number_in(mul->input(i))) return mul->input(1 - i);
  return nullptr;
}

// Clip(a x + b, 0, h) / h = HardSigmoid(x, a / h, b / h), seen from the product with 1 / h.
Outcome recover_hard_sigmoid(Node& root, Patch& patch) {
  Product product;
  take_apart(*root.output(), 0, product);
  if (product.factors.size() != 1) return no_match();
  const Value& clipped = *product.factors[0];
  const Node* clip = clipped.producer();
  if (!clip || clip->op() != OpName("Clip") || !clipped.has_one_use()) return no_match();
  const double high = 1 / product.number;
  if (!std::isfinite(high) || number_in(clip->input(1)) != 0.0) return no_match();
  const auto bound = number_in(clip->input(2));
  if (!bound || !nearly(*bound, high)) return no_match();
  const Node* add = clip->input(0)->producer();
  if (!add || add->op() != OpName("Add")) return no_match();
  for (size_t i = 0; i < 2; ++i) {
    if (add->input(i)->is_constant()) continue;
    Value* unscaled = without_factor(*add->input(i));
    Value& x = unscaled ? *unscaled : *add->input(i);
    const auto line = polynomial_in(*clip->input(0), x);
    if (!line || !is_shape_of(x, root)) continue;
    if (x.dtype() != DType::float32 && x.dtype() != DType::float64)
      return refuse("its dtype rounds in between");
    return replace_root(patch, patch.add("HardSigmoid", {&x},
                                         {{"alpha", static_cast<float>((*line)[1] / high)},
                                          {"beta", static_cast<float>((*line)[0] / high)}}));
  }
  return no_match();
}

bool is_hard_swish_gate(const Node& gate) {
  return nearly(float_attr(gate, "alpha"), 1.0 / 6) && nearly(float_attr(gate, "beta"), 0.5);
}

// x * Clip(x + 3, 0, 6) / 6, or x * HardSigmoid(x) with the slope of a sixth.
Outcome recover_hard_swish(Node& root, Patch& patch) {
  const auto gated = gated_product(root, {"Clip", "HardSigmoid"});
  if (!gated) return no_match();
  const Node& gate = *gated->gate;
  if (gate.op() == OpName("HardSigmoid")) {
    if (gate.input(0) != gated->x || !nearly(gated->number, 1)) return no_match();
    if (!is_hard_swish_gate(gate)) return refuse("alpha and beta of {} are not 1/6 and 1/2", gate.describe());
  } else {
    if (!nearly(gated->number, 1.0 / 6)) return no_match();
    const auto line = polynomial_in(*gate.input(0), *gated->x);
    if (!line || !nearly(*line, {3, 1, 0, 0}) || !clips_between(gate, 0, 6)) return no_match();
  }
  if (!is_shape_of(*gated->x, root)) return refuse("a constant may broadcast '{}'", gated->x->name());
  return replace_root(patch, patch.add("HardSwish", {gated->x}));
}

// Log(1 + Exp(x)) is infinite where Softplus(x) is not, but its Tanh is 1 all the same.
const Value* argument_of_softplus(const Node& node) {
  if (node.op() == OpName("Softplus")) return node.input(0);
  if (node.op() != OpName("Log")) return nullptr;
  const Node* sum = node.input(0)->producer();
  const Value* exponential = sum && sum->op() == OpName("Add") ? beside(*sum, 1) : nullptr;
  const Node* exp = exponential ? exponential->producer() : nullptr;
  return exp && exp->op() == OpName("Exp") ? exp->input(0) : nullptr;
}

Outcome recover_mish(Node& root, Patch& patch) {
  const auto gated = gated_product(root, {"Tanh"});
  if (!gated || !nearly(gated->number, 1)) return no_match();
  const Node* softplus = gated->gate->input(0)->producer();
  if (!softplus || argument_of_softplus(*softplus) != gated->x) return no_match();
  if (!is_shape_of(*gated->x, root)) return refuse("a constant may broadcast '{}'", gated->x->name());
  return replace_root(patch, patch.add("Mish", {gated->x}));
}

Outcome recover_swish(Node& root, Patch& patch) {
  const auto gated = gated_product(root, {"Sigmoid"});
  if (!gated || !nearly(gated->number, 1)) return no_match();
  const auto line = polynomial_in(*gated->gate->input(0), *gated->x);
  if (!line || (*line)[0] != 0 || (*line)[1] == 0 || (*line)[2] != 0 || (*line)[3] != 0) return no_match();
  if (!is_shape_of(*gated->x, root)) return refuse("a constant may broadcast '{}'", gated->x->name());
  return replace_root(patch, patch.add("Swish", {gated->x}, {{"alpha", static_cast<float>((*line)[1])}}));
}

Outcome recover_softsign(Node& root, Patch& patch) {
  Value& x = *root.input(0);
  const Node* sum = root.input(1)->producer();
  const Value* magnitude = sum && sum->op() == OpName("Add") ? beside(*sum, 1) : nullptr;
  const Node* abs = magnitude ? magnitude->producer() : nullptr;
  if (!abs || abs->op() != OpName("Abs") || abs->input(0) != &x) return no_match();
  if (!is_float(x.dtype()) || !is_shape_of(x, root)) return refuse("a constant may broadcast '{}'", x.name());
  return replace_root(patch, patch.add("Softsign", {&x}));
}

}  // namespace

std::vector<RecoveryRule> recover_activation_rules() {
  return {
      {20, Rule("recover_gelu")
               .describe("x/2 (1 + erf(x / sqrt 2)), and its forms with erfc and tanh, are Gelu")
               .on({"Mul", "Div"}, recover_gelu)},
      {14, Rule("recover_hard_swish")
               .describe("x Clip(x + 3, 0, 6) / 6, or x HardSigmoid(x), is HardSwish")
               .on({"Mul", "Div"}, recover_hard_swish)},
      {1, Rule("recover_hard_sigmoid")
              .describe("Clip(a x + b, 0, h) / h is HardSigmoid")
              .on({"Mul", "Div"}, recover_hard_sigmoid)},
      {18, Rule("recover_mish").describe("x Tanh(Softplus(x)) is Mish").on({"Mul"}, recover_mish)},
      {9, Rule("turn_negated_erf")
              .describe("a - erf(-x k) is a + erf(x k)")
              .match("y = Sub(a, e = Erf(p = Mul(n = Neg(x), k)))")
              .require(single_use("e"))
              .require(single_use("p"))
              .replace(turn_negated_erf)},
      {1, Rule("recover_softsign").describe("x / (1 + |x|) is Softsign").on({"Div"}, recover_softsign)},
  };
}

std::vector<RecoveryRule> recover_function_rules() {
  return {{24, Rule("recover_swish").describe("x Sigmoid(a x) is Swish").on({"Mul"}, recover_swish)},
          recover_group_norm_rule()};
}

}  // namespace modelconv
