// Operators of StableHLO inside of TFLite files (https://openxla.org/stablehlo/spec): element by element, and shapes.
#include <algorithm>

#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/windows.h"

namespace modelconv::tflite {
namespace {

// Results have the shape that the file says, where no input says it.
std::vector<int64_t> result_shape(const Translation& t) {
  const auto dims = t.node().output() ? t.node().output()->shape().static_dims() : std::nullopt;
  if (!dims) t.refuse("the shape of its result is not known");
  return *dims;
}

DType result_type(const Translation& t) {
  const DType dtype = t.node().output() ? t.node().output()->dtype() : DType::undefined;
  if (dtype == DType::undefined) t.refuse("the type of its result is not known");
  return dtype;
}

// On truth values the arithmetic operators are logical ones.
void raise_logical_or_arithmetic(Translation& t, OpName logical) {
  const Term x = input(t, 0);
  set_output(t, 0, compute(x.dtype() == DType::boolean ? logical : t.target(), {x, input(t, 1)}));
}
void raise_add(Translation& t) { raise_logical_or_arithmetic(t, "Or"); }
void raise_multiply(Translation& t) { raise_logical_or_arithmetic(t, "And"); }
void raise_maximum(Translation& t) { raise_logical_or_arithmetic(t, "Or"); }
void raise_minimum(Translation& t) { raise_logical_or_arithmetic(t, "And"); }
void raise_and(Translation& t) { raise_logical_or_arithmetic(t, "And"); }
void raise_or(Translation& t) { raise_logical_or_arithmetic(t, "Or"); }

// The sign of the dividend.
void raise_remainder(Translation& t) {
  set_output(t, 0, compute("Mod", {input(t, 0), input(t, 1)}, {{"fmod", int64_t{1}}}));
}

void raise_cbrt(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0,
             compute("Sign", {x}) * compute("Pow", {compute("Abs", {x}), number(t, x.dtype(), 1.0 / 3)}));
}

void raise_rsqrt(Translation& t) {
  set_output(t, 0, compute("Reciprocal", {compute("Sqrt", {input(t, 0)})}));
}

// Inputs: lowest, x, highest.
void raise_clamp(Translation& t) {
  set_output(t, 0, minimum(maximum(input(t, 1), input(t, 0)), input(t, 2)));
}

// A shift by as many bits as there are, or more, leaves nothing.
void raise_shift_left(Translation& t) {
  const Term x = input(t, 0), count = input(t, 1);
  const int bits = bit_width(x.dtype());
  const DType wide = bits == 8    ? DType::uint8
                     : bits == 16 ? DType::uint16
                     : bits == 32 ? DType::uint32
                                  : DType::uint64;
  const Term fits = both(number(t, count.dtype(), 0) <= count, count < static_cast<double>(bits));
  const Attrs left = {{"direction", std::string("LEFT")}};
  const Term shifted = compute("BitShift", {cast(x, wide), cast(where(fits, count, 0.0), wide)}, left);
  set_output(t, 0, where(fits, cast(shifted, x.dtype()), 0.0));
}

void raise_compare(Translation& t) {
  const std::string direction = string_of(t, "comparison_direction");
  const Term x = input(t, 0), y = input(t, 1);
  if (direction == "EQ") return set_output(t, 0, equal(x, y));
  if (direction == "NE") return set_output(t, 0, negated(equal(x, y)));
  const OpName op = direction == "GE"   ? "GreaterOrEqual"
                    : direction == "GT" ? "Greater"
                    : direction == "LE" ? "LessOrEqual"
                                        : "Less";
  set_output(t, 0, compute(op, {x, y}));
}

void raise_convert(Translation& t) {
  set_output(t, 0, compute("Cast", {input(t, 0)}, {{"to", static_cast<int64_t>(result_type(t))}}));
}

void raise_reshape(Translation& t) { set_output(t, 0, reshape(input(t, 0), numbers(t, result_shape(t)))); }

void raise_transpose(Translation& t) {
  set_output(t, 0, compute("Transpose", {input(t, 0)}, {{"perm", ints_of(t, "permutation")}}));
}

void raise_concatenate(Translation& t) {
  std::vector<Term> parts;
  for (size_t i = 0; i < t.input_count(); ++i) parts.push_back(input(t, i));
  set_output(t, 0, compute("Concat", parts, {{"axis", int_of(t, "dimension")}}));
}

// Axis i of the operand is axis broadcast_dimensions[i] of the result.
void raise_broadcast_in_dim(Translation& t) {
  const auto axes = ints_of(t, "broadcast_dimensions");
  const auto shape = result_shape(t);
  const Term x = input(t, 0);
  ENSURE(axes.size() == x.rank(), MalformedModelError, "it maps {} axes of a tensor of rank {}", axes.size(),
         x.rank());
  std::vector<int64_t> perm(axes.size()), added;
  for (size_t i = 0; i < axes.size(); ++i) perm[i] = static_cast<int64_t>(i);
  std::sort(perm.begin(), perm.end(), [&](int64_t a, int64_t b) {
    return axes[static_cast<size_t>(a)] < axes[static_cast<size_t>(b)];
  });
  for (int64_t axis = 0; axis < static_cast<int64_t>(shape.size()); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) added.push_back(axis);
  const Term in_order = transpose(x, perm);
  set_output(t, 0, expand(added.empty() ? in_order : unsqueeze(in_order, added), numbers(t, shape)));
}

std::vector<int64_t> all_axes(size_t rank) {
  std::vector<int64_t> axes;
  for (size_t axis = 0; axis < rank; ++axis) axes.push_back(static_cast<int64_t>(axis));
  return axes;
}

void raise_slice(Translation& t) {
  const auto starts = ints_of(t, "start_indices");
  set_output(t, 0,
             compute("Slice", {input(t, 0), numbers(t, starts), numbers(t, ints_of(t, "limit_indices")),
                               numbers(t, all_axes(starts.size())), numbers(t, ints_of(t, "strides"))}));
}

// Places come as one scalar per axis, and are moved inside.
Term start_of(Translation& t, size_t first, const Term& room) {
  std::vector<Term> parts;
  for (size_t i = first; i < t.input_count(); ++i) parts.push_back(reshape(index_input(t, i), {-1}));
  if (parts.empty()) t.refuse("it does not say where");
  return minimum(maximum(concat(parts, 0), number(t, DType::int64, 0)), room);
}

void raise_dynamic_slice(Translation& t) {
  const Term x = input(t, 0), sizes = numbers(t, ints_of(t, "slice_sizes"));
  const Term start = start_of(t, 1, shape_of(x) - sizes);
  set_output(t, 0, compute("Slice", {x, start, start + sizes}));
}

void raise_dynamic_update_slice(Translation& t) {
  const Term x = input(t, 0), update = input(t, 1);
  const Term start = start_of(t, 2, shape_of(x) - shape_of(update));
  const Term places = compute("NonZero", {filled(shape_of(update), DType::boolean, 1)});
  set_output(t, 0, scatter_nd(x, transpose(places, {1, 0}) + start, reshape(update, {-1}), "none"));
}

// Negative paddings cut off, in ONNX as well.
void raise_pad(Translation& t) {
  auto pads = ints_of(t, "edge_padding_low");
  const auto high = ints_of(t, "edge_padding_high");
  pads.insert(pads.end(), high.begin(), high.end());
  std::vector<int64_t> dilations = ints_of(t, "interior_padding");
  for (int64_t& gap : dilations) ++gap;
  const Term filler = reshape(input(t, 1), std::vector<int64_t>{});
  set_output(t, 0, compute("Pad", {dilated(input(t, 0), dilations, filler), numbers(t, pads), filler}));
}

void raise_iota(Translation& t) {
  const auto shape = result_shape(t);
  const int64_t axis = int_of(t, "iota_dimension");
  ENSURE(axis >= 0 && static_cast<size_t>(axis) < shape.size(), MalformedModelError, "there is no axis {}",
         axis);
  std::vector<int64_t> line(shape.size(), 1);
  line[static_cast<size_t>(axis)] = -1;
  const Term counted = range(numbers(t, {shape[static_cast<size_t>(axis)]}));
  set_output(t, 0, expand(reshape(cast(counted, result_type(t)), line), numbers(t, shape)));
}

}  // namespace

OpMappings stablehlo_ops() {
  const std::string shape = "result of known shape";
  return {
      {"tflite.STABLEHLO_ABS", "Abs", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_ADD", "Add", raise_add, nullptr, ""},
      {"tflite.STABLEHLO_AND", "BitwiseAnd", raise_and, nullptr, ""},
      {"tflite.STABLEHLO_BROADCAST_IN_DIM", "Expand", raise_broadcast_in_dim, nullptr, shape},
      {"tflite.STABLEHLO_CBRT", "Pow", raise_cbrt, nullptr, ""},
      {"tflite.STABLEHLO_CLAMP", "Min", raise_clamp, nullptr, ""},
      {"tflite.STABLEHLO_COMPARE", "Equal", raise_compare, nullptr, ""},
      {"tflite.STABLEHLO_CONCATENATE", "Concat", raise_concatenate, nullptr, ""},
      {"tflite.STABLEHLO_CONVERT", "Cast", raise_convert, nullptr, ""},
      {"tflite.STABLEHLO_COSINE", "Cos", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_DIVIDE", "Div", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_DYNAMIC_SLICE", "Slice", raise_dynamic_slice, nullptr, ""},
      {"tflite.STABLEHLO_DYNAMIC_UPDATE_SLICE", "ScatterND", raise_dynamic_update_slice, nullptr, ""},
      {"tflite.STABLEHLO_EXPONENTIAL", "Exp", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_FLOOR", "Floor", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_IOTA", "Range", raise_iota, nullptr, shape},
      {"tflite.STABLEHLO_LOG", "Log", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_LOGISTIC", "Sigmoid", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_MAXIMUM", "Max", raise_maximum, nullptr, ""},
      {"tflite.STABLEHLO_MINIMUM", "Min", raise_minimum, nullptr, ""},
      {"tflite.STABLEHLO_MULTIPLY", "Mul", raise_multiply, nullptr, ""},
      {"tflite.STABLEHLO_NEGATE", "Neg", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_OR", "BitwiseOr", raise_or, nullptr, ""},
      {"tflite.STABLEHLO_PAD", "Pad", raise_pad, nullptr, ""},
      {"tflite.STABLEHLO_POWER", "Pow", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_REMAINDER", "Mod", raise_remainder, nullptr, ""},
      {"tflite.STABLEHLO_RESHAPE", "Reshape", raise_reshape, nullptr, shape},
      {"tflite.STABLEHLO_RSQRT", "Reciprocal", raise_rsqrt, nullptr, ""},
      {"tflite.STABLEHLO_SELECT", "Where", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_SHIFT_LEFT", "BitShift", raise_shift_left, nullptr, ""},
      {"tflite.STABLEHLO_SLICE", "Slice", raise_slice, nullptr, ""},
      {"tflite.STABLEHLO_SUBTRACT", "Sub", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_TANH", "Tanh", translate_name, nullptr, ""},
      {"tflite.STABLEHLO_TRANSPOSE", "Transpose", raise_transpose, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
