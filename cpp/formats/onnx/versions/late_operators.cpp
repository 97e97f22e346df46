// Operators that came late: those that are taken apart, and optionals.
#include "formats/onnx/versions/table.h"
#include "passes/decompose/decompose.h"

namespace modelconv::onnx {
namespace {

void replace(Step& step, Value& value) {
  step.replace_output(0, value);
  step.done();
}

// --- Optional (15, of tensors themselves since 18)
void lower_has_element(Step& step) {
  const Value* value = step.input(0);
  if (value && value->type.kind == Type::Kind::optional) return;
  if (value && value->type.kind == Type::Kind::unknown) step.refuse("the type of its input is not known");
  Value& answer = step.constant(Tensor::boolean(value != nullptr));
  replace(step, step.add("Identity", {&answer}));
}

void lower_get_element(Step& step) {
  Value& value = step.required(0);
  if (value.type.kind == Type::Kind::optional) return;
  if (value.type.kind == Type::Kind::unknown) step.refuse("the type of its input is not known");
  replace(step, step.add("Identity", {&value}));
}

// Before 15 there are no optionals: what is left is refused.
void refuse_optional(Step& step) {
  if (step.node().op().name() == "OptionalHasElement")
    lower_has_element(step);
  else
    lower_get_element(step);
  if (!step.is_done()) step.refuse("it came with opset 15");
}

}  // namespace

Boundaries late_operator_boundaries() {
  Boundaries rows{
      {"Trilu", 14, nullptr, decompose::trilu},
      {"AffineGrid", 20, nullptr, decompose::affine_grid},
      {"HannWindow", 17, nullptr, decompose::hann_window},
      {"HammingWindow", 17, nullptr, decompose::hamming_window},
      {"BlackmanWindow", 17, nullptr, decompose::blackman_window},
      {"CenterCropPad", 18, nullptr, decompose::center_crop_pad},
      {"Bernoulli", 15, nullptr, decompose::bernoulli},
      {"Bernoulli", 22},
      {"CausalConvWithState", 27, nullptr, decompose::causal_conv},
  };
  const std::pair<const char*, Adapter> optionals[] = {{"OptionalHasElement", lower_has_element},
                                                       {"OptionalGetElement", lower_get_element}};
  for (const auto& [op, lower] : optionals) {
    rows.push_back({op, 15, nullptr, refuse_optional});
    rows.push_back({op, 18, nullptr, lower});
    rows.push_back({op, 28});
  }
  return rows;
}

}  // namespace modelconv::onnx
