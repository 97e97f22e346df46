// Optional values: at run time an optional is its element, or nothing.
#include "ops/all_ops.h"

namespace modelconv {
namespace {

void infer_optional(InferContext& context) {
  if (context.has_input(0)) return context.set_output_type(0, Type::optional(context.input_type(0)));
  const Type* element = context.node().attrs.get<Type>("type");
  if (!element) context.fail("neither an element nor its type is given");
  context.set_output_type(0, Type::optional(*element));
}

void optional_kernel(KernelContext& context) {
  context.set_output(0, context.has_input(0) ? context.value(0) : RuntimeValue());
}

void infer_has_element(InferContext& context) {
  context.set_output(0, DType::boolean, Shape(std::vector<Dim>{}));
}

void has_element_kernel(KernelContext& context) {
  context.set_output(0, Tensor::boolean(context.has_input(0) && !context.value(0).empty()));
}

void infer_get_element(InferContext& context) {
  const Type& type = context.input_type(0);
  if (!type.is_optional()) return context.set_output_type(0, type);
  if (type.element) context.set_output_type(0, *type.element);
}

void get_element_kernel(KernelContext& context) {
  if (!context.has_input(0) || context.value(0).empty()) context.fail("the optional is empty");
  context.set_output(0, context.value(0));
}

}  // namespace

OpDefs optional_ops() {
  return {OpDef("Optional").infer(infer_optional).evaluate(optional_kernel),
          OpDef("OptionalGetElement").infer(infer_get_element).evaluate(get_element_kernel),
          OpDef("OptionalHasElement").infer(infer_has_element).evaluate(has_element_kernel)};
}

}  // namespace modelconv
