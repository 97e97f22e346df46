// Activations. Source of the formulas: activations.h of github.com/AlexeyAB/darknet.
#include <map>

#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

Term leaky(const Term& x, float slope) { return compute("LeakyRelu", {x}, {{"alpha", slope}}); }
Term logistic(const Term& x) { return compute("Sigmoid", {x}); }

// Steps of slope 0 and 1 in turn.
Term stair(const Term& x) {
  const Term floor = compute("Floor", {x}), half = compute("Floor", {x * 0.5});
  const Term is_odd = floor - half * 2;
  return half + is_odd * (x - floor);
}

// Lines of slope .01 outside of -4 ... 4 and of .125 within.
Term plse(const Term& x) {
  const Term outside = where(x < 0, (x + 4) * .01, (x - 4) * .01 + 1);
  return where(compute("Abs", {x}) <= 4.0, x * .125 + .5, outside);
}

Term lhtan(const Term& x) { return where(x < 0, x * .001, where(x <= 1.0, x, (x - 1) * .001 + 1)); }

// The tanh form of Gelu with the numbers that Darknet has.
Term gelu(const Term& x) {
  const Term cube = x * x * x;
  return x * (compute("Tanh", {x * 0.797885 + cube * 0.035677}) + 1) * 0.5;
}

Term hard_mish(const Term& x) { return where(x < 0, where(x <= -2.0, x * 0.0, x * x * 0.5 + x), x); }

constexpr double kChannelsEpsilon = 0.0001;

Term normalize_channels(const Term& x) {
  const Term positive = compute("Relu", {x});
  return positive / (reduce("ReduceSum", positive, {1}, true) + kChannelsEpsilon);
}

Term softmax_channels(const Term& x, bool subtract_largest) {
  const Term e = compute("Exp", {subtract_largest ? x - reduce("ReduceMax", x, {1}, true) : x});
  return e / (reduce("ReduceSum", e, {1}, true) + kChannelsEpsilon);
}

using Function = Term (*)(const Term&);

const std::map<std::string, Function, std::less<>>& functions() {
  static const std::map<std::string, Function, std::less<>> table = {
      {"elu", [](const Term& x) { return compute("Elu", {x}); }},
      {"gelu", gelu},
      {"hard_mish", hard_mish},
      {"hardtan", [](const Term& x) { return clip(x, -1, 1); }},
      {"leaky", [](const Term& x) { return leaky(x, .1F); }},
      {"lhtan", lhtan},
      {"linear", [](const Term& x) { return x; }},
      {"loggy", [](const Term& x) { return logistic(x) * 2 - 1; }},
      {"logistic", logistic},
      {"mish", [](const Term& x) { return compute("Mish", {x}); }},
      {"normalize_channels", normalize_channels},
      {"normalize_channels_softmax", [](const Term& x) { return softmax_channels(x, false); }},
      {"normalize_channels_softmax_maxval", [](const Term& x) { return softmax_channels(x, true); }},
      {"plse", plse},
      {"ramp", [](const Term& x) { return compute("Relu", {x}) + x * .1; }},
      {"relie", [](const Term& x) { return leaky(x, .01F); }},
      {"relu", [](const Term& x) { return compute("Relu", {x}); }},
      {"relu6", [](const Term& x) { return clip(x, 0, 6); }},
      {"revleaky", [](const Term& x) { return leaky(x, .1F); }},
      {"selu", [](const Term& x) { return compute("Selu", {x}, {{"alpha", 1.6732F}, {"gamma", 1.0507F}}); }},
      {"stair", stair},
      {"swish", [](const Term& x) { return x * logistic(x); }},
      {"tanh", [](const Term& x) { return compute("Tanh", {x}); }},
  };
  return table;
}

void raise_activation(Translation& t) {
  const Term x = input(t, 0), y = activate(x, text_of(t, "activation"));
  set_output(t, 0, &y.value() == &x.value() ? compute("Identity", {x}) : y);
}

}  // namespace

Term activate(const Term& x, const std::string& name) {
  const auto found = functions().find(name);
  if (found != functions().end()) return found->second(x);
  std::vector<std::string> names;
  for (const auto& [known, function] : functions()) names.push_back(known);
  const auto near = nearest_names(name, names, 1);
  x.translation().refuse("activation={} is not known{}", name,
                         near.empty() ? "" : "; did you mean " + near[0] + "?");
}

OpMappings activation_ops() {
  return {{"darknet.activation", "LeakyRelu", raise_activation, nullptr, "each of the 23 activations"}};
}

}  // namespace modelconv::darknet
