// One of two values, element by element, and values kept within bounds.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

// Indices of what is not zero, one tensor per axis.
void give_places(const Term& condition) {
  Translation& t = condition.translation();
  const Term places = compute("NonZero", {condition});
  for (size_t i = 0; i < t.node().output_count(); ++i)
    give(gather(places, number(t, DType::int64, static_cast<double>(i))), i);
}

void raise_where(Translation& t) {
  const Call call(t, {"condition, self:operand, other:operand", "condition"});
  const Term condition = cast(tensor(call, "condition"), DType::boolean);
  if (call.form() == 1) return give_places(condition);
  const auto [first, second] = promoted(call, "self", "other");
  give(where(condition, {t, *first}, {t, *second}));
}

void raise_nonzero_numpy(Translation& t) { give_places(tensor(Call(t, "self"), "self")); }

void raise_masked_fill(Translation& t) {
  const Call call(t, "self, mask, value:operand");
  const Term x = tensor(call, "self");
  give(where(cast(tensor(call, "mask"), DType::boolean), operand(call, "value", x.dtype()), x));
}

// A bound that is a number does not change the type of a tensor, unless it is a float and the tensor is not.
void raise_clamp(Translation& t) {
  const Call call(t, "self, min:operand=None, max:operand=None");
  const bool has_min = call.has("min"), has_max = call.has("max");
  DType dtype = result_type(call, {"self"});
  if (has_min && has_max)
    dtype = result_type(call, {"self", "min", "max"});
  else if (has_min || has_max)
    dtype = result_type(call, {"self", has_min ? "min" : "max"});
  Term y = cast(tensor(call, "self"), dtype);
  const auto is_scalar = [&](std::string_view name) { return !call.has(name) || !call.is_tensor(name); };
  if (is_scalar("min") && is_scalar("max"))
    return give({t, t.add("Clip", {&y.value(), has_min ? &call.operand("min", dtype) : nullptr,
                                   has_max ? &call.operand("max", dtype) : nullptr})});
  if (has_min) y = maximum(y, operand(call, "min", dtype));
  if (has_max) y = minimum(y, operand(call, "max", dtype));
  give(y);
}

void raise_clamp_min(Translation& t) {
  const Call call(t, "self, min:operand");
  const auto [x, bound] = promoted(call, "self", "min");
  give(cast(maximum(in_numbers({t, *x}), in_numbers({t, *bound})), x->dtype()));
}

void raise_clamp_max(Translation& t) {
  const Call call(t, "self, max:operand");
  const auto [x, bound] = promoted(call, "self", "max");
  give(cast(minimum(in_numbers({t, *x}), in_numbers({t, *bound})), x->dtype()));
}

// Of the shape and type of `self`.
void raise_copy(Translation& t) {
  const Call call(t, "self, src:operand, non_blocking:any=None");
  const Term x = tensor(call, "self");
  give(expand(operand(call, "src", x.dtype()), shape_of(x)));
}

void raise_fill(Translation& t) {
  const Call call(t, "self, value:operand");
  const Term x = tensor(call, "self");
  give(expand(operand(call, "value", x.dtype()), shape_of(x)));
}

}  // namespace

OpMappings choose_ops() {
  return {
      {"aten.clamp", "Clip", raise_clamp, nullptr, ""},
      {"aten.clamp_max", "Min", raise_clamp_max, nullptr, ""},
      {"aten.clamp_min", "Max", raise_clamp_min, nullptr, ""},
      {"aten.clip", "Clip", raise_clamp, nullptr, ""},
      {"aten.copy", "Expand", raise_copy, nullptr, ""},
      {"aten.fill", "Expand", raise_fill, nullptr, ""},
      {"aten.masked_fill", "Where", raise_masked_fill, nullptr, ""},
      {"aten.nonzero_numpy", "NonZero", raise_nonzero_numpy, nullptr, ""},
      {"aten.where", "Where", raise_where, nullptr, ""},
  };
}

}  // namespace modelconv::torch
