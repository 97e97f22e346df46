// Numbers that depend on sizes: "aten.sym_size" and Python's own arithmetic ("py.add", ...). Each is a tensor of rank 0, of
// int64, float64 or bool.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/call.h"

namespace modelconv::torch {
namespace {

void raise_sym_size(Translation& t) {
  const Call call(t, "self, dim:int");
  Value& x = call.tensor("self");
  const int64_t axis = call.axis("dim", t.rank_of(x));
  t.set_output(0, t.add("Gather", {&t.shape_of(x), &t.scalar(DType::int64, static_cast<double>(axis))}));
}

void raise_sym_numel(Translation& t) {
  const Call call(t, "self");
  t.set_output(0, t.add("Size", {&call.tensor("self")}));
}

// int and int stay int; anything with a float is a float.
DType meeting_type(const Call& call, std::string_view a, std::string_view b) {
  return call.is_integral(a) && call.is_integral(b) ? DType::int64 : DType::float64;
}

void raise_arithmetic(Translation& t) {
  const Call call(t, "a:number, b:number");
  const DType dtype = meeting_type(call, "a", "b");
  t.set_output(0, t.add(t.target(), {&call.operand("a", dtype), &call.operand("b", dtype)}));
}

// Sizes are not negative, so truncation is floor wherever the divisor is positive.
void raise_floor_division(Translation& t) {
  const Call call(t, "a:number, b:number");
  const DType dtype = meeting_type(call, "a", "b");
  Value& quotient = t.add("Div", {&call.operand("a", dtype), &call.operand("b", dtype)});
  t.set_output(0, dtype == DType::int64 ? quotient : t.add("Floor", {&quotient}));
}

void raise_true_division(Translation& t) {
  const Call call(t, "a:number, b:number");
  t.set_output(0, t.add("Div", {&call.operand("a", DType::float64), &call.operand("b", DType::float64)}));
}

void raise_not_equal(Translation& t) {
  const Call call(t, "a:number, b:number");
  const DType dtype = meeting_type(call, "a", "b");
  t.set_output(0, t.add("Not", {&t.add("Equal", {&call.operand("a", dtype), &call.operand("b", dtype)})}));
}

void raise_logic(Translation& t) {
  const Call call(t, "a:number, b:number");
  t.set_output(0,
               t.add(t.target(), {&call.operand("a", DType::boolean), &call.operand("b", DType::boolean)}));
}

void raise_not(Translation& t) {
  const Call call(t, "a:number");
  t.set_output(0, t.add("Not", {&call.operand("a", DType::boolean)}));
}

void raise_negative(Translation& t) {
  const Call call(t, "a:number");
  t.set_output(0, t.add("Neg", {&call.operand("a", call.is_integral("a") ? DType::int64 : DType::float64)}));
}

// Rounded, and an int again.
void raise_to_int(Translation& t) {
  const Call call(t, "a:number");
  if (call.is_integral("a")) return t.set_output(0, call.operand("a", DType::int64));
  Value& x = call.operand("a", DType::float64);
  Value& whole = t.target() == OpName("Cast") ? x : t.add(t.target(), {&x});
  t.set_output(0, t.cast(whole, DType::int64));
}

void raise_to_bool(Translation& t) {
  const Call call(t, "a:number");
  t.set_output(0, call.operand("a", DType::boolean));
}

void raise_to_float(Translation& t) {
  const Call call(t, "a:number");
  t.set_output(0, call.operand("a", DType::float64));
}

void raise_square_root(Translation& t) {
  const Call call(t, "a:number");
  t.set_output(0, t.add("Sqrt", {&call.operand("a", DType::float64)}));
}

}  // namespace

OpMappings symbolic_ops() {
  return {
      {"aten.sym_numel", "Size", raise_sym_numel, nullptr, ""},
      {"aten.sym_size", "Shape", raise_sym_size, nullptr, ""},
      {"py.add", "Add", raise_arithmetic, nullptr, ""},
      {"py.and", "And", raise_logic, nullptr, ""},
      {"py.bool", "Cast", raise_to_bool, nullptr, ""},
      {"py.ceil", "Ceil", raise_to_int, nullptr, ""},
      {"py.eq", "Equal", raise_arithmetic, nullptr, ""},
      {"py.float", "Cast", raise_to_float, nullptr, ""},
      {"py.floor", "Floor", raise_to_int, nullptr, ""},
      {"py.floordiv", "Div", raise_floor_division, nullptr, "of sizes"},
      {"py.ge", "GreaterOrEqual", raise_arithmetic, nullptr, ""},
      {"py.gt", "Greater", raise_arithmetic, nullptr, ""},
      {"py.int", "Cast", raise_to_int, nullptr, ""},
      {"py.le", "LessOrEqual", raise_arithmetic, nullptr, ""},
      {"py.lt", "Less", raise_arithmetic, nullptr, ""},
      {"py.max", "Max", raise_arithmetic, nullptr, ""},
      {"py.min", "Min", raise_arithmetic, nullptr, ""},
      {"py.mod", "Mod", raise_arithmetic, nullptr, ""},
      {"py.mul", "Mul", raise_arithmetic, nullptr, ""},
      {"py.ne", "Equal", raise_not_equal, nullptr, ""},
      {"py.neg", "Neg", raise_negative, nullptr, ""},
      {"py.not", "Not", raise_not, nullptr, ""},
      {"py.or", "Or", raise_logic, nullptr, ""},
      {"py.pow", "Pow", raise_arithmetic, nullptr, ""},
      {"py.round", "Round", raise_to_int, nullptr, ""},
      {"py.sqrt", "Sqrt", raise_square_root, nullptr, ""},
      {"py.sub", "Sub", raise_arithmetic, nullptr, ""},
      {"py.truediv", "Div", raise_true_division, nullptr, ""},
      {"py.trunc", "Cast", raise_to_int, nullptr, ""},
  };
}

}  // namespace modelconv::torch
