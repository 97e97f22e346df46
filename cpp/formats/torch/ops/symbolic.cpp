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

// Sizes, numbers of elements, and what is computed of such without taking anything off.
// `depth` limits the search: a program may add the same number to itself over and over.
bool is_not_negative(const Value& number, int depth = 8) {
  if (number.is_constant())
    return is_integer(number.dtype()) && number.constant().size() == 1 &&
           number.constant().to_int64()[0] >= 0;
  const Node* producer = number.producer();
  if (!producer || depth == 0) return false;
  const std::string& op = producer->op().name();
  if (op == "Size") return true;
  if (op == "Gather")
    return producer->input(0)->producer() && producer->input(0)->producer()->op() == OpName("Shape");
  if (op != "Add" && op != "Mul" && op != "Div" && op != "Max" && op != "Min") return false;
  return is_not_negative(*producer->input(0), depth - 1) && is_not_negative(*producer->input(1), depth - 1);
}

// Of memory without gaps: how many elements one step along the axis passes.
void raise_sym_stride(Translation& t) {
  const Call call(t, "self, dim:int");
  Value& x = call.tensor("self");
  const int64_t axis = call.axis("dim", t.rank_of(x));
  Value& later = t.add("Slice", {&t.shape_of(x), &t.ints({axis + 1}), &t.ints({INT64_MAX})});
  t.set_output(0, t.add("ReduceProd", {&later}, {{"keepdims", int64_t{0}}}));
}

void raise_sym_storage_offset(Translation& t) { t.set_output(0, t.scalar(DType::int64, 0)); }

// The one element of a tensor.
void raise_item(Translation& t) {
  const Call call(t, "self");
  Value& x = call.tensor("self");
  const bool is_scalar = x.shape().has_rank() && x.shape().rank() == 0;
  const DType dtype = x.dtype() == DType::boolean ? DType::boolean
                      : is_float(x.dtype())       ? DType::float64
                                                  : DType::int64;
  Value& number = t.cast(is_scalar ? x : t.add("Reshape", {&x, &t.ints({})}), dtype);
  t.set_output(0, &number == &x ? t.add("Identity", {&x}) : number);
}

void raise_is_nonzero(Translation& t) {
  const Call call(t, "self");
  Value& truth = t.cast(call.tensor("self"), DType::boolean);
  t.set_output(0, t.add("Reshape", {&truth, &t.ints({})}));
}

void raise_shape_as_tensor(Translation& t) {
  const Call call(t, "self");
  t.set_output(0, t.shape_of(call.tensor("self")));
}

void raise_choice(Translation& t) {
  const Call call(t, "b:number, t:number, f:number");
  const DType dtype = call.is_integral("t") && call.is_integral("f") ? DType::int64 : DType::float64;
  t.set_output(0, t.add("Where", {&call.operand("b", DType::boolean), &call.operand("t", dtype),
                                  &call.operand("f", dtype)}));
}

// int and int stay int; anything with a float is a float.
DType meeting_type(const Call& call, std::string_view a, std::string_view b) {
  return call.is_integral(a) && call.is_integral(b) ? DType::int64 : DType::float64;
}

void raise_arithmetic(Translation& t) {
  const Call call(t, "a:number, b:number");
  const DType dtype = meeting_type(call, "a", "b");
  Value &a = call.operand("a", dtype), &b = call.operand("b", dtype);
  if (t.target() != OpName("Mod") || dtype == DType::int64)
    return t.set_output(0, t.add(t.target(), {&a, &b}));
  // ONNX's Mod of floats has the dividend's sign, Python's the divisor's.
  Value& whole = t.add("Floor", {&t.add("Div", {&a, &b})});
  t.set_output(0, t.add("Sub", {&a, &t.add("Mul", {&whole, &b})}));
}

// Python rounds down, ONNX's integers towards zero: the same where nothing is negative.
void raise_floor_division(Translation& t) {
  const Call call(t, "a:number, b:number");
  const DType dtype = meeting_type(call, "a", "b");
  Value &a = call.operand("a", dtype), &b = call.operand("b", dtype);
  if (dtype != DType::int64) return t.set_output(0, t.add("Floor", {&t.add("Div", {&a, &b})}));
  if (is_not_negative(a) && is_not_negative(b)) return t.set_output(0, t.add("Div", {&a, &b}));
  t.set_output(0, t.add("Div", {&t.add("Sub", {&a, &t.add("Mod", {&a, &b})}), &b}));
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
      {"aten._local_scalar_dense", "Reshape", raise_item, nullptr, ""},
      {"aten._shape_as_tensor", "Shape", raise_shape_as_tensor, nullptr, ""},
      {"aten.is_nonzero", "Cast", raise_is_nonzero, nullptr, ""},
      {"aten.item", "Reshape", raise_item, nullptr, ""},
      {"aten.numel", "Size", raise_sym_numel, nullptr, ""},
      {"aten.sym_numel", "Size", raise_sym_numel, nullptr, ""},
      {"aten.sym_size", "Shape", raise_sym_size, nullptr, ""},
      {"aten.sym_storage_offset", "Constant", raise_sym_storage_offset, nullptr, "of memory without gaps"},
      {"aten.sym_stride", "ReduceProd", raise_sym_stride, nullptr, "of memory without gaps"},
      {"py.add", "Add", raise_arithmetic, nullptr, ""},
      {"py.and", "And", raise_logic, nullptr, ""},
      {"py.bool", "Cast", raise_to_bool, nullptr, ""},
      {"py.ceil", "Ceil", raise_to_int, nullptr, ""},
      {"py.eq", "Equal", raise_arithmetic, nullptr, ""},
      {"py.float", "Cast", raise_to_float, nullptr, ""},
      {"py.floor", "Floor", raise_to_int, nullptr, ""},
      {"py.floordiv", "Div", raise_floor_division, nullptr, ""},
      {"py.ge", "GreaterOrEqual", raise_arithmetic, nullptr, ""},
      {"py.gt", "Greater", raise_arithmetic, nullptr, ""},
      {"py.int", "Cast", raise_to_int, nullptr, ""},
      {"py.ite", "Where", raise_choice, nullptr, ""},
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
