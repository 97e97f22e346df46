// Cast, CastLike, BitCast.
#include "ops/all_ops.h"
#include "ops/convert.h"

namespace modelconv {
namespace {

CastOptions cast_options(const Node& node) {
  const std::string mode = string_attr(node, "round_mode");
  CastOptions options;
  options.saturate = int_attr(node, "saturate") != 0;
  if (mode == "up")
    options.rounding = ScaleRounding::up;
  else if (mode == "down")
    options.rounding = ScaleRounding::down;
  else if (mode == "nearest")
    options.rounding = ScaleRounding::nearest;
  else
    throw MalformedModelError(
        fmt::format("{}: round_mode is '{}', it must be up, down or nearest", node.describe(), mode));
  return options;
}

void cast_to(KernelContext& context, DType dtype) {
  const Tensor& x = context.input(0);
  if (x.dtype() == dtype) return context.set_output(0, context.value(0));
  if (!can_convert(x.dtype(), dtype)) context.fail("elements cannot be cast to {}", name_of(dtype));
  Tensor& y = context.allocate(0, dtype, x.dims());
  convert_elements(x, y, cast_options(context.node()), context.threads());
}

void cast_kernel(KernelContext& context) { cast_to(context, dtype_attr(context.node(), "to")); }

void cast_like_kernel(KernelContext& context) { cast_to(context, context.input(1).dtype()); }

void infer_cast_to(InferContext& context, DType dtype) {
  context.set_output(0, dtype, context.input_shape(0));
  if (dtype != DType::int64 && dtype != DType::int32 && dtype != DType::boolean) return;
  auto elements = context.elements(0);
  if (!elements) return;
  if (dtype == DType::boolean)
    for (Dim& element : *elements) {
      if (element.is_known())
        element = element.value() != 0 ? 1 : 0;
      else
        element = element.lower_bound().value_or(0) > 0 ? Dim(1) : Dim::unknown();
    }
  context.set_elements(0, std::move(*elements));
}

void infer_cast(InferContext& context) { infer_cast_to(context, dtype_attr(context.node(), "to")); }

void infer_cast_like(InferContext& context) { infer_cast_to(context, context.input_dtype(1)); }

void bit_cast_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  const DType dtype = dtype_attr(context.node(), "to");
  const bool possible =
      x.dtype() != DType::string && dtype != DType::string && bit_width(x.dtype()) == bit_width(dtype);
  if (!possible) context.fail("the bits of an element cannot be taken for {}", name_of(dtype));
  context.set_output(0, x.with_dtype(dtype));
}

void infer_bit_cast(InferContext& context) {
  context.set_output(0, dtype_attr(context.node(), "to"), context.input_shape(0));
}

}  // namespace

OpDefs cast_ops() {
  return {
      OpDef("Cast").infer(infer_cast).axes(axes_elementwise).evaluate(cast_kernel).elementwise(),
      OpDef("CastLike").infer(infer_cast_like).axes(axes_follow_first).evaluate(cast_like_kernel),
      OpDef("BitCast").infer(infer_bit_cast).axes(axes_elementwise).evaluate(bit_cast_kernel).elementwise()};
}

}  // namespace modelconv
