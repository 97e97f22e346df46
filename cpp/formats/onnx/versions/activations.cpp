// Activations that came late, as what they are made of.
#include <cmath>
#include <numbers>

#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

void replace(Step& step, Value& value) {
  step.replace_output(0, value);
  step.done();
}

void lower_celu(Step& step) {
  Value& alpha = step.scalar(step.required(0), step.attrs().get_or<float>("alpha", 1.0F));
  Value& elu = step.add("Elu", {&step.add("Div", {&step.required(0), &alpha})}, {{"alpha", 1.0F}});
  replace(step, step.add("Mul", {&alpha, &elu}));
}

// Before 28 float alone.
void lower_celu_types(Step& step) {
  if (step.required(0).dtype() != DType::float32) lower_celu(step);
}

void lower_hard_swish(Step& step) {
  Value& gate = step.add("HardSigmoid", {&step.required(0)}, {{"alpha", 1.0F / 6.0F}, {"beta", 0.5F}});
  replace(step, step.add("Mul", {&step.required(0), &gate}));
}

void lower_mish(Step& step) {
  Value& x = step.required(0);
  replace(step, step.add("Mul", {&x, &step.add("Tanh", {&step.add("Softplus", {&x})})}));
}

void lower_swish(Step& step) {
  Value& x = step.required(0);
  const float alpha = step.attrs().get_or<float>("alpha", 1.0F);
  Value& inner = alpha == 1.0F ? x : step.add("Mul", {&step.scalar(x, alpha), &x});
  replace(step, step.add("Mul", {&x, &step.add("Sigmoid", {&inner})}));
}

// x/2 * (1 + erf(x / sqrt 2)), or with tanh(sqrt(2 / pi) * (x + 0.044715 x^3)) in place of the error function.
void lower_gelu(Step& step) {
  Value& x = step.required(0);
  const bool by_tanh = step.attrs().get_or<std::string>("approximate", "none") == "tanh";
  Value* inner = nullptr;
  if (by_tanh) {
    Value& cube = step.add("Mul", {&step.add("Mul", {&x, &x}), &x});
    Value& sum = step.add("Add", {&x, &step.add("Mul", {&step.scalar(x, 0.044715), &cube})});
    inner = &step.add("Tanh", {&step.add("Mul", {&step.scalar(x, std::sqrt(2.0 / std::numbers::pi)), &sum})});
  } else {
    inner = &step.add("Erf", {&step.add("Div", {&x, &step.scalar(x, std::numbers::sqrt2)})});
  }
  Value& half = step.add("Mul", {&x, &step.scalar(x, 0.5)});
  replace(step, step.add("Mul", {&half, &step.add("Add", {inner, &step.scalar(x, 1.0)})}));
}

}  // namespace

Boundaries activation_boundaries() {
  return {
      {"Celu", 12, nullptr, lower_celu},
      {"Celu", 28, nullptr, lower_celu_types},
      {"HardSwish", 14, nullptr, lower_hard_swish},
      {"HardSwish", 22},
      {"Mish", 18, nullptr, lower_mish},
      {"Mish", 22},
      {"Swish", 24, nullptr, lower_swish},
      {"Gelu", 20, nullptr, lower_gelu},
  };
}

}  // namespace modelconv::onnx
