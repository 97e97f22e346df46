// Identity, and Constant, whose attributes become a tensor.
#include "ops/all_ops.h"

namespace modelconv {
namespace {

void identity_kernel(KernelContext& context) { context.set_output(0, context.value(0)); }

void infer_identity(InferContext& context) {
  infer_same_as_first(context);
  if (auto elements = context.elements(0)) context.set_elements(0, std::move(*elements));
}

// The one of the attributes value, value_int, ... that the node has.
Tensor constant_value(const Node& node) {
  const Attrs& attrs = node.attrs;
  if (const auto* tensor = attrs.get<Tensor>("value")) return *tensor;
  if (const auto* number = attrs.get<int64_t>("value_int")) return Tensor::scalar(*number);
  if (const auto* numbers = attrs.get<std::vector<int64_t>>("value_ints")) return Tensor::vector(*numbers);
  if (const auto* number = attrs.get<float>("value_float")) return Tensor::scalar(*number);
  if (const auto* numbers = attrs.get<std::vector<float>>("value_floats")) return Tensor::vector(*numbers);
  if (const auto* text = attrs.get<std::string>("value_string")) return Tensor::scalar(*text);
  if (const auto* texts = attrs.get<std::vector<std::string>>("value_strings")) return Tensor::vector(*texts);
  throw MalformedModelError(fmt::format("{}: none of the attributes holds a value", node.describe()))
      .because(
          "one of value, value_int, value_ints, value_float, value_floats, value_string, value_strings must "
          "be set");
}

void constant_kernel(KernelContext& context) { context.set_output(0, constant_value(context.node())); }

void infer_constant(InferContext& context) {
  const Tensor value = constant_value(context.node());
  context.set_output(0, value.dtype(), Shape::of(value.dims()));
  constexpr int64_t kMostElements = 64;
  if (value.dtype() != DType::int64 || value.rank() > 1 || value.size() > kMostElements) return;
  std::vector<Dim> elements;
  for (const int64_t element : value.to_int64()) elements.emplace_back(element);
  context.set_elements(0, std::move(elements));
}

}  // namespace

OpDefs identity_ops() {
  return {
      OpDef("Identity").infer(infer_identity).axes(axes_elementwise).evaluate(identity_kernel).elementwise(),
      OpDef("Constant").infer(infer_constant).evaluate(constant_kernel)};
}

}  // namespace modelconv
