// Tensors from nothing but their sizes: constant ones and arithmetic sequences.
#include <numbers>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

// Python's bool, int and float as elements.
DType type_of_number(const Call& call, std::string_view name) {
  if (call.is_tensor(name)) return call.tensor(name).dtype();
  if (call.raw(name).is_boolean()) return DType::boolean;
  return call.is_integral(name) ? DType::int64 : DType::float32;
}

Term expanded(const Term& shape, const Term& value) {
  const Value& constant = value.value();
  const bool is_plain = constant.is_constant() && constant.shape().rank() == 0;
  if (!is_plain) return expand(value, shape);
  return compute("ConstantOfShape", {shape}, {{"value", constant.constant().reshaped({1})}});
}

// What PyTorch leaves uninitialised is 0 here.
double value_in_name(const Translation& t) {
  return t.node().op().name().find("ones") == std::string::npos ? 0 : 1;
}

void raise_filled(Translation& t) {
  const Call call(t, "size:ints, names:any=None, dtype:dtype=None");
  give(filled(sizes(call, "size"), call.dtype("dtype").value_or(DType::float32), value_in_name(t)));
}

void raise_filled_strided(Translation& t) {
  const Call call(
      t, {"size:ints, stride:ints, dtype:dtype=None", "size:ints, physical_layout:ints, dtype:dtype=None"});
  give(filled(sizes(call, "size"), call.dtype("dtype").value_or(DType::float32), 0));
}

void raise_filled_like(Translation& t) {
  const Call call(t, "self, dtype:dtype=None");
  const Term x = tensor(call, "self");
  give(filled(shape_of(x), call.dtype("dtype").value_or(x.dtype()), value_in_name(t)));
}

void raise_new_filled(Translation& t) {
  const Call call(t, {"self, size:ints, dtype:dtype=None", "self, size:ints, stride:ints, dtype:dtype=None"});
  give(filled(sizes(call, "size"), call.dtype("dtype").value_or(call.tensor("self").dtype()),
              value_in_name(t)));
}

void raise_full(Translation& t) {
  const Call call(t, "size:ints, fill_value:operand, dtype:dtype=None");
  const DType dtype = call.dtype("dtype").value_or(type_of_number(call, "fill_value"));
  give(expanded(sizes(call, "size"), operand(call, "fill_value", dtype)));
}

void raise_full_like(Translation& t) {
  const Call call(t, "self, fill_value:operand, dtype:dtype=None");
  const Term x = tensor(call, "self");
  give(expanded(shape_of(x), operand(call, "fill_value", call.dtype("dtype").value_or(x.dtype()))));
}

void raise_new_full(Translation& t) {
  const Call call(t, "self, size:ints, fill_value:operand, dtype:dtype=None");
  const DType dtype = call.dtype("dtype").value_or(call.tensor("self").dtype());
  give(expanded(sizes(call, "size"), operand(call, "fill_value", dtype)));
}

void raise_scalar_tensor(Translation& t) {
  const Call call(t, "s:operand, dtype:dtype=None");
  give(operand(call, "s", call.dtype("dtype").value_or(DType::float32)));
}

void raise_eye(Translation& t) {
  const Call call(t, {"n:int, m:int, dtype:dtype=None", "n:int, dtype:dtype=None"});
  const DType dtype = call.dtype("dtype").value_or(DType::float32);
  const Term rows = index(call, "n");
  const Term shape = concat({rows, call.form() == 0 ? index(call, "m") : rows}, 0);
  give(compute("EyeLike", {filled(shape, dtype, 0)}));
}

// start + i * step, as PyTorch computes it: not by adding up, and of floats in double.
Term sequence(const Term& start, const Term& step, const Term& count, DType dtype) {
  return cast(start + cast(range(count), start.dtype()) * step, dtype);
}

void raise_arange(Translation& t) {
  const Call call(
      t, {"start:number, end:number, step:number=1, dtype:dtype=None", "end:number, dtype:dtype=None"});
  const auto is_whole = [&](std::string_view name) { return !call.has(name) || call.is_integral(name); };
  const bool whole = is_whole("start") && is_whole("end") && is_whole("step");
  const DType dtype = call.dtype("dtype").value_or(whole ? DType::int64 : DType::float32);
  const DType computed = whole ? DType::int64 : DType::float64;
  const auto value = [&](std::string_view name, double otherwise) {
    return call.has(name) ? operand(call, name, computed) : number(t, computed, otherwise);
  };
  // Source: aten/src/ATen/native/RangeFactories.cpp: of integers, start and step lose their fractions; of int64, so
  // does the end, by which the others count.
  const auto as_made = [&](const Term& x) { return is_float(dtype) ? x : cast(x, DType::int64); };
  const Term start = value("start", 0), end = value("end", 0), step = value("step", 1);
  if (whole || dtype == DType::int64)
    return give(cast(compute("Range", {as_made(start), as_made(end), as_made(step)}), dtype));
  const Term count = cast(compute("Ceil", {(end - start) / step}), DType::int64);
  give(sequence(as_made(start), as_made(step), maximum(unsqueeze(count, {0}), numbers(t, {0})), dtype));
}

// A bound of a sequence: of integers it loses its fraction first.
Term bound(const Call& call, std::string_view name, DType dtype) {
  const Term x = operand(call, name, DType::float64);
  return is_float(dtype) ? x : cast(cast(x, DType::int64), DType::float64);
}

void raise_linspace(Translation& t) {
  const Call call(t, "start:operand, end:operand, steps:int, dtype:dtype=None");
  const DType dtype = call.dtype("dtype").value_or(DType::float32);
  const Term start = bound(call, "start", dtype), end = bound(call, "end", dtype);
  const Term count = index(call, "steps");
  const Term gaps = cast(squeeze(maximum(count - 1.0, numbers(t, {1})), {0}), DType::float64);
  give(sequence(start, (end - start) / gaps, count, dtype));
}

// start, ... end as exponents.
void raise_logspace(Translation& t) {
  const Call call(t, "start:operand, end:operand, steps:int, base:number=10.0, dtype:dtype=None");
  const DType dtype = call.dtype("dtype").value_or(DType::float32);
  const Term start = bound(call, "start", dtype), end = bound(call, "end", dtype);
  const Term count = index(call, "steps");
  const Term gaps = cast(squeeze(maximum(count - 1.0, numbers(t, {1})), {0}), DType::float64);
  const Term exponents = sequence(start, (end - start) / gaps, count, DType::float64);
  give(cast(compute("Pow", {operand(call, "base", DType::float64), exponents}), dtype));
}

// Sums of cosines of the place in the window. A periodic one is that of one element more, without its last.
void raise_window(Translation& t) {
  const Call call(
      t, {"window_length:int, periodic:flag=true, alpha:number=0.54, beta:number=0.46, dtype:dtype=None"});
  const std::string name = t.node().op().name();
  const DType dtype = call.dtype("dtype").value_or(DType::float32);
  const Term count = index(call, "window_length");
  const Term gaps =
      call.has("periodic") && !call.flag("periodic") ? maximum(count - 1.0, numbers(t, {1})) : count;
  const Term place = cast(range(count), DType::float64) / cast(gaps, DType::float64);
  const auto wave = [&](double turns) { return compute("Cos", {place * (2 * std::numbers::pi * turns)}); };
  if (name == "hann_window") return give(cast(0.5 - wave(1) * 0.5, dtype));
  if (name == "hamming_window")
    return give(cast(call.number("alpha") - wave(1) * call.number("beta"), dtype));
  if (name == "blackman_window") return give(cast(0.42 - wave(1) * 0.5 + wave(2) * 0.08, dtype));
  give(cast(1.0 - compute("Abs", {place * 2.0 - 1.0}), dtype));
}

}  // namespace

OpMappings create_ops() {
  OpMappings rows;
  const auto add = [&](std::initializer_list<const char*> names, const char* canonical, TranslateFn raise) {
    for (const char* name : names) rows.push_back({OpName("aten", name), canonical, raise, nullptr, ""});
  };
  add({"arange"}, "Range", raise_arange);
  add({"empty", "ones", "zeros"}, "ConstantOfShape", raise_filled);
  add({"empty_permuted", "empty_strided"}, "ConstantOfShape", raise_filled_strided);
  add({"empty_like", "ones_like", "zeros_like", "zero"}, "ConstantOfShape", raise_filled_like);
  add({"eye"}, "EyeLike", raise_eye);
  add({"full"}, "ConstantOfShape", raise_full);
  add({"full_like"}, "ConstantOfShape", raise_full_like);
  add({"bartlett_window", "blackman_window", "hamming_window", "hann_window"}, "Cos", raise_window);
  add({"linspace"}, "Range", raise_linspace);
  add({"logspace"}, "Range", raise_logspace);
  add({"new_empty", "new_empty_strided", "new_ones", "new_zeros"}, "ConstantOfShape", raise_new_filled);
  add({"new_full"}, "ConstantOfShape", raise_new_full);
  add({"scalar_tensor"}, "Cast", raise_scalar_tensor);
  return rows;
}

}  // namespace modelconv::torch
