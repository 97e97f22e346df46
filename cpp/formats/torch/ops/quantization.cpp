// Quantisation: PT2E's quantized_decomposed operators and fake quantisation. Where the range is that of an ONNX type, they are
// QuantizeLinear and DequantizeLinear.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/quantization_range.h"

namespace modelconv::torch {
namespace {

std::optional<Range> full_range(DType dtype) {
  switch (dtype) {
    case DType::int8: return Range{-128, 127};
    case DType::uint8: return Range{0, 255};
    case DType::int16: return Range{-32768, 32767};
    case DType::uint16: return Range{0, 65535};
    default: return std::nullopt;
  }
}

DType stored_type(const Call& call) {
  const std::optional<DType> dtype = call.dtype("dtype");
  if (!dtype) call.translation().refuse("its 'dtype' is not known");
  return *dtype;
}

// How real numbers become whole ones. `axis`: of scales and zero points that are vectors; none: they broadcast.
struct Scaling {
  Term scale, zero_point;
  std::optional<int64_t> axis;
};

Attrs attributes_of(const Scaling& scaling) {
  return scaling.axis ? Attrs{{"axis", *scaling.axis}} : Attrs{};
}

// A vector beside a tensor of `rank` axes.
Term beside(const Term& vector, const Scaling& scaling, size_t rank) {
  if (!scaling.axis) return vector;
  std::vector<int64_t> shape(rank, 1);
  shape.at(static_cast<size_t>(*scaling.axis)) = -1;
  return reshape(vector, shape);
}

// Whole numbers, still as floats. PyTorch rounds to even, before it adds the zero point or (`round_last`) after.
Term quantized_by_formula(const Term& x, const Scaling& scaling, const Range& range,
                          bool round_last = false) {
  const size_t rank = scaling.axis ? x.rank() : 0;
  const Term scale = cast(beside(scaling.scale, scaling, rank), x.dtype());
  const Term shift = cast(beside(scaling.zero_point, scaling, rank), x.dtype());
  const Term scaled = x * compute("Reciprocal", {scale});
  const Term whole = round_last ? compute("Round", {scaled + shift}) : compute("Round", {scaled}) + shift;
  return clip(whole, range);
}

bool is_linear(const Scaling& scaling) {
  const Shape& shape = scaling.scale.value().shape();
  return scaling.axis ||
         (shape.has_rank() && (shape.rank() == 0 || (shape.rank() == 1 && shape[0].equals(1))));
}

// One number may be a vector of one element.
Term as_scalar(const Term& x, const Scaling& scaling) {
  const Shape& shape = x.value().shape();
  return !scaling.axis && shape.has_rank() && shape.rank() == 1 ? squeeze(x, {0}) : x;
}

Term quantize(const Term& x, const Scaling& scaling, const Range& range, DType dtype) {
  const auto full = full_range(dtype);
  if (!full || !is_linear(scaling)) return cast(quantized_by_formula(x, scaling, range), dtype);
  const Term q = compute("QuantizeLinear",
                         {x, as_scalar(cast(scaling.scale, x.dtype()), scaling),
                          as_scalar(cast(scaling.zero_point, dtype), scaling)},
                         attributes_of(scaling));
  if (range.low <= full->low && range.high >= full->high) return q;
  return clip(q, range);
}

Term dequantize(const Term& q, const Scaling& scaling, DType dtype) {
  if (full_range(q.dtype()) && is_linear(scaling))
    return compute("DequantizeLinear",
                   {q, as_scalar(cast(scaling.scale, dtype), scaling),
                    as_scalar(cast(scaling.zero_point, q.dtype()), scaling)},
                   attributes_of(scaling));
  const size_t rank = scaling.axis ? q.rank() : 0;
  const Term shift = cast(beside(scaling.zero_point, scaling, rank), dtype);
  return (cast(q, dtype) - shift) * cast(beside(scaling.scale, scaling, rank), dtype);
}

// --- quantized_decomposed; source: torch/ao/quantization/fx/_decomposed.py

Term zero_point(const Call& call, const char* name, const Term& scale) {
  if (call.has(name)) return operand(call, name, DType::int64);
  return filled(shape_of(scale), DType::int64, 0);
}

Scaling per_tensor(const Call& call) {
  const Term scale = operand(call, "scale", DType::float32);
  return {scale, zero_point(call, "zero_point", scale), std::nullopt};
}

Scaling per_channel(const Call& call) {
  const Term scale = tensor(call, "scales");
  return {scale, zero_point(call, "zero_points", scale), call.axis("axis", tensor(call, "input").rank())};
}

Scaling per_token(const Call& call) {
  const Term scale = tensor(call, "scales");
  return {scale, zero_point(call, "zero_points", scale), std::nullopt};
}

#define MODELCONV_RANGE "quant_min:any, quant_max:any, dtype:dtype"
constexpr const char* kPerTensor =
    "input, scale:operand, zero_point:operand, " MODELCONV_RANGE ", out_dtype:dtype=None";
constexpr const char* kPerChannel =
    "input, scales, zero_points=None, axis:int, " MODELCONV_RANGE ", out_dtype:dtype=None";
constexpr const char* kPerToken =
    "input, scales, zero_points=None, " MODELCONV_RANGE ", output_dtype:dtype=None";
#undef MODELCONV_RANGE

// Limits that are not given are those of the type.
Range limits(const Call& call, DType dtype) {
  const auto full = full_range(dtype);
  const auto limit = [&](const char* name, bool low) {
    if (const auto known = call.known_integer(name)) return *known;
    if (full) return low ? full->low : full->high;
    call.translation().refuse("its '{}' is not known before the model runs", name);
  };
  return {limit("quant_min", true), limit("quant_max", false)};
}

template <Scaling (*kind)(const Call&)>
void quantize_as(Translation& t, const char* form) {
  const Call call(t, form);
  const DType dtype = stored_type(call);
  give(quantize(tensor(call, "input"), kind(call), limits(call, dtype), dtype));
}

template <Scaling (*kind)(const Call&)>
void dequantize_as(Translation& t, const char* form, const char* type_name) {
  const Call call(t, form);
  give(dequantize(tensor(call, "input"), kind(call), call.dtype(type_name).value_or(DType::float32)));
}

void raise_quantize_per_tensor(Translation& t) { quantize_as<per_tensor>(t, kPerTensor); }
void raise_quantize_per_channel(Translation& t) { quantize_as<per_channel>(t, kPerChannel); }

void raise_quantize_per_token(Translation& t) {
  const Call call(t, kPerToken);
  const DType dtype = stored_type(call);
  const Term x = tensor(call, "input");
  give(cast(quantized_by_formula(x, per_token(call), limits(call, dtype), true), dtype));
}

void raise_dequantize_per_tensor(Translation& t) { dequantize_as<per_tensor>(t, kPerTensor, "out_dtype"); }
void raise_dequantize_per_channel(Translation& t) { dequantize_as<per_channel>(t, kPerChannel, "out_dtype"); }
void raise_dequantize_per_token(Translation& t) { dequantize_as<per_token>(t, kPerToken, "output_dtype"); }

// --- groups: each row is cut into pieces of `group_size`, which have a scale each

Term in_groups(const Call& call, const Term& x) { return reshape(x, {-1, call.integer("group_size")}); }

Scaling per_group(const Call& call) {
  const Term scale = reshape(tensor(call, "scales"), {-1, 1});
  const bool has_shift = call.has("zero_points");
  const Term shift =
      has_shift ? reshape(tensor(call, "zero_points"), {-1, 1}) : number(call.translation(), DType::int64, 0);
  return {scale, shift, std::nullopt};
}

void raise_quantize_per_group(Translation& t) {
  const Call call(
      t, "input, scales, zero_points, quant_min:int, quant_max:int, dtype:dtype, group_size:int=128");
  const Term x = tensor(call, "input");
  const Term q = quantized_by_formula(in_groups(call, x), per_group(call), range_of(call), true);
  give(cast(reshape(q, shape_of(x)), stored_type(call)));
}

void raise_dequantize_per_group(Translation& t) {
  const Call call(t,
                  "input, scales, zero_points=None, quant_min:int, quant_max:int, dtype:dtype, "
                  "group_size:int=128, output_dtype:dtype=None");
  const Term q = tensor(call, "input");
  const DType dtype = call.dtype("output_dtype").value_or(DType::float32);
  give(reshape(dequantize(in_groups(call, q), per_group(call), dtype), shape_of(q)));
}

// --- fake quantisation: there and back

std::optional<DType> type_of(const Range& range) {
  for (const DType dtype : {DType::int8, DType::uint8, DType::int16, DType::uint16})
    if (const auto full = full_range(dtype); full->low == range.low && full->high == range.high) return dtype;
  return std::nullopt;
}

void fake_quantize(const Call& call, const Scaling& scaling) {
  Translation& t = call.translation();
  const Term x = tensor(call, "self");
  const Range range = range_of(call);
  if (t.wants_output(1)) t.refuse("its mask is used, which only gradients need");
  if (const auto dtype = type_of(range))
    return give(dequantize(quantize(x, scaling, range, *dtype), scaling, x.dtype()));
  const Term q = quantized_by_formula(x, scaling, range);
  const size_t rank = scaling.axis ? x.rank() : 0;
  give((q - cast(beside(scaling.zero_point, scaling, rank), x.dtype())) *
       cast(beside(scaling.scale, scaling, rank), x.dtype()));
}

void raise_fake_per_tensor(Translation& t) {
  const Call call(t, {"self, scale:operand, zero_point:operand, quant_min:int, quant_max:int",
                      "self, scale, zero_point, fake_quant_enabled, quant_min:int, quant_max:int"});
  fake_quantize(call, {operand(call, "scale", call.tensor("self").dtype()),
                       operand(call, "zero_point", DType::int64), std::nullopt});
}

void raise_fake_per_channel(Translation& t) {
  const Call call(t, "self, scale, zero_point, axis:int, quant_min:int, quant_max:int");
  fake_quantize(call, {tensor(call, "scale"), tensor(call, "zero_point"),
                       call.axis("axis", tensor(call, "self").rank())});
}

}  // namespace

OpMappings quantization_ops() {
  return {
      {"aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams", "QuantizeLinear",
       raise_fake_per_tensor, nullptr, "first result"},
      {"aten.fake_quantize_per_channel_affine", "QuantizeLinear", raise_fake_per_channel, nullptr, ""},
      {"aten.fake_quantize_per_channel_affine_cachemask", "QuantizeLinear", raise_fake_per_channel, nullptr,
       "first result"},
      {"aten.fake_quantize_per_tensor_affine", "QuantizeLinear", raise_fake_per_tensor, nullptr, ""},
      {"aten.fake_quantize_per_tensor_affine_cachemask", "QuantizeLinear", raise_fake_per_tensor, nullptr,
       "first result"},
      {"quantized_decomposed.dequantize_per_channel", "DequantizeLinear", raise_dequantize_per_channel,
       nullptr, ""},
      {"quantized_decomposed.dequantize_per_channel_group", "Mul", raise_dequantize_per_group, nullptr, ""},
      {"quantized_decomposed.dequantize_per_tensor", "DequantizeLinear", raise_dequantize_per_tensor, nullptr,
       ""},
      {"quantized_decomposed.dequantize_per_token", "DequantizeLinear", raise_dequantize_per_token, nullptr,
       ""},
      {"quantized_decomposed.quantize_per_channel", "QuantizeLinear", raise_quantize_per_channel, nullptr,
       ""},
      {"quantized_decomposed.quantize_per_channel_group", "Round", raise_quantize_per_group, nullptr, ""},
      {"quantized_decomposed.quantize_per_tensor", "QuantizeLinear", raise_quantize_per_tensor, nullptr, ""},
      {"quantized_decomposed.quantize_per_token", "QuantizeLinear", raise_quantize_per_token, nullptr, ""},
  };
}

}  // namespace modelconv::torch
