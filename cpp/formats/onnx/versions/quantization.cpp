// QuantizeLinear and DequantizeLinear: one scale until 13, one per slice of an axis until 21, blocks since then.
#include <cmath>
#include <limits>

#include "formats/onnx/versions/table.h"
#include "ops/axes.h"

namespace modelconv::onnx {
namespace {

using Ints = std::vector<int64_t>;

bool is_quantizing(const Step& step) { return step.node().op().name() == "QuantizeLinear"; }

bool has_one_scale(const Step& step) {
  const Shape& shape = step.required(1).shape();
  return shape.has_rank() && shape.element_count().equals(1);
}

// A scale or zero point per block, per slice of an axis, or one for all, so that it broadcasts to x.
Value& spread(Step& step, Value& value) {
  const size_t rank = step.rank_of(0);
  if (!value.shape().has_rank()) step.refuse("the rank of its scale is not known");
  if (value.shape().rank() == 0) return value;
  if (value.shape().element_count().equals(1)) return step.add("Reshape", {&value, &step.ints({})});
  const size_t axis = normalize_axis(step.int_or("axis", 1), rank);
  if (value.shape().rank() == 1) {
    Ints dims(rank, 1);
    dims[axis] = -1;
    return step.add("Reshape", {&value, &step.ints(dims)});
  }
  const auto dims = value.shape().static_dims();
  const Dim& length = step.required(0).shape()[axis];
  const int64_t block = step.int_or("block_size", 0);
  if (!dims || dims->size() != rank || !length.is_known() || block < 1)
    step.refuse("it quantises in blocks, and its shapes are not known");
  Ints times(rank + 1, 1), whole = *dims;
  times[axis + 1] = block;
  if ((*dims)[axis] > std::numeric_limits<int64_t>::max() / block) step.refuse("its blocks are too large");
  whole[axis] *= block;
  Value& column = step.add("Unsqueeze", {&value, &step.ints({static_cast<int64_t>(axis) + 1})});
  Value& all = step.add("Reshape", {&step.add("Expand", {&column, &step.ints(times)}), &step.ints(whole)});
  if (length.equals(whole[axis])) return all;
  return step.add("Slice", {&all, &step.ints({0}), &step.ints({length.value()}),
                            &step.ints({static_cast<int64_t>(axis)})});
}

// (x - zero point) * scale
void dequantize_by_arithmetic(Step& step) {
  const DType dtype = step.required(1).dtype();
  if (dtype == DType::undefined) step.refuse("the element type of its scale is not known");
  Value* y = &step.cast(step.required(0), dtype);
  if (step.input(2)) y = &step.add("Sub", {y, &step.cast(spread(step, step.required(2)), dtype)});
  step.replace_output(0, step.add("Mul", {y, &spread(step, step.required(1))}));
  step.done();
}

// round(x / scale) + zero point, within the limits of the type
void quantize_by_arithmetic(Step& step, DType target) {
  const DType dtype = step.required(0).dtype();
  if (dtype != DType::float32 || step.required(1).dtype() != dtype) step.refuse("its input is not float32");
  if (!is_integer(target) || bit_width(target) > 16) step.refuse("it quantises to {}", name_of(target));
  Value* y = &step.add("Round", {&step.add("Div", {&step.required(0), &spread(step, step.required(1))})});
  if (step.input(2)) y = &step.add("Add", {y, &step.cast(spread(step, step.required(2)), dtype)});
  const int bits = bit_width(target);
  const double low = is_signed(target) ? -std::ldexp(1, bits - 1) : 0, high = low + std::ldexp(1, bits) - 1;
  Value& limited = step.add("Clip", {y, &step.scalar(*y, low), &step.scalar(*y, high)});
  step.replace_output(0, step.cast(limited, target));
  step.done();
}

void lower_by_arithmetic(Step& step) {
  if (!is_quantizing(step)) return dequantize_by_arithmetic(step);
  quantize_by_arithmetic(step, step.input(2) ? step.required(2).dtype() : DType::uint8);
}

void lower_to_one_scale(Step& step) {
  if (!has_one_scale(step)) return lower_by_arithmetic(step);
  step.attrs().remove("axis");
  if (step.required(1).shape().rank() == 0) return;
  for (const size_t index : {size_t{1}, size_t{2}})
    if (Value* value = step.input(index))
      step.set_input(index, &step.add("Reshape", {value, &step.ints({})}));
}

bool is_16_bit(DType dtype) { return dtype == DType::int16 || dtype == DType::uint16; }

// Before 21 no blocks, and no integers of 16 bits.
void lower_dequantized_blocks(Step& step) {
  if (step.int_or("block_size", 0) != 0 || is_16_bit(step.required(0).dtype()))
    dequantize_by_arithmetic(step);
}

// The type of the result: since 21 an attribute can say it, before the zero point does.
void lower_quantized_type(Step& step) {
  auto type = static_cast<DType>(step.int_or("output_dtype", 0));
  if (step.input(2)) type = step.required(2).dtype();
  if (step.int_or("block_size", 0) != 0 || is_16_bit(type))
    return quantize_by_arithmetic(step, type == DType::undefined ? DType::uint8 : type);
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
      {"DequantizeLinear", 21, nullptr, lower_dequantized_blocks},
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
    rows.push_back({op, 10, nullptr, lower_by_arithmetic});
    for (const int64_t since : {19, 24, 25, 28}) rows.push_back({op, since});
  }
  return rows;
}

}  // namespace modelconv::onnx
