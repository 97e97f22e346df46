// QuantizeLinear and DequantizeLinear: one scale until 13, one per slice of an axis until 21, blocks since then.
#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {
namespace {

void lower_to_one_scale(Step& step) {
  const Value& scale = step.required(1);
  const bool one = scale.shape().has_rank() && scale.shape().element_count().equals(1);
  if (!one)
    step.refuse("its scale '{}' has more than one element, or is not known to have one", scale.name());
  step.attrs().remove("axis");
  if (scale.shape().rank() == 0) return;
  for (const size_t index : {size_t{1}, size_t{2}})
    if (Value* value = step.input(index))
      step.set_input(index, &step.add("Reshape", {value, &step.ints({})}));
}

void lower_blocks(Step& step) {
  if (step.int_or("block_size", 0) != 0) step.refuse("it quantises in blocks");
}

// The type of the result: since 21 an attribute can say it, before the zero point does.
void lower_quantized_type(Step& step) {
  lower_blocks(step);
  const auto type = static_cast<DType>(step.int_or("output_dtype", 0));
  step.attrs().remove("output_dtype");
  if (step.input(2) || type == DType::undefined || type == DType::uint8) return;
  const auto dims = step.required(1).shape().static_dims();
  if (!dims) step.refuse("the shape of its scale is not known");
  step.set_input(2, &step.constant(Tensor::filled(type, *dims, 0)));
}

void lower_precision(Step& step) {
  const Value &x = step.required(0), &scale = step.required(1);
  if (is_float(x.dtype()) && scale.dtype() != DType::undefined && x.dtype() != scale.dtype())
    step.set_input(1, &step.cast(step.required(1), x.dtype()));
}

// Since 23 the type of the result need not be the scale's.
void lower_dequantized_type(Step& step) {
  const auto type = static_cast<DType>(step.int_or("output_dtype", 0));
  const DType scale = step.required(1).dtype();
  step.attrs().remove("output_dtype");
  if (type != DType::undefined && type != scale)
    step.wrap_output(0, "Cast", {}, {{"to", static_cast<int64_t>(type)}});
}

}  // namespace

Boundaries quantization_boundaries() {
  Boundaries rows{
      {"QuantizeLinear", 21, nullptr, lower_quantized_type},
      {"QuantizeLinear", 23, nullptr, lower_precision},
      {"DequantizeLinear", 21, nullptr, lower_blocks},
      {"DequantizeLinear", 23, nullptr, lower_dequantized_type},
      {"QLinearConv", 10},
      {"QLinearMatMul", 10},
      {"QLinearMatMul", 21},
      {"ConvInteger", 10},
      {"MatMulInteger", 10},
      {"DynamicQuantizeLinear", 11},
  };
  for (const char* op : {"QuantizeLinear", "DequantizeLinear"}) {
    rows.push_back({op, 13, nullptr, lower_to_one_scale});
    for (const int64_t since : {10, 19, 24, 25, 28}) rows.push_back({op, since});
  }
  return rows;
}

}  // namespace modelconv::onnx
