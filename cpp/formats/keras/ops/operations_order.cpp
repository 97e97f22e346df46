// Functions that sort, move along an axis, or measure along one.
#include <algorithm>
#include <limits>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/operands.h"

namespace modelconv::keras {
namespace {

// The axis that the function works along; all of them together, which Keras means by None, only of a single one.
int64_t one_axis(const Translation& t, const Value& x, int64_t fallback) {
  const auto rank = static_cast<int64_t>(t.rank_of(x));
  if (!has(t, "axis") && fallback == std::numeric_limits<int64_t>::max() && rank != 1)
    t.refuse("it works along all axes together");
  return axis_of(t, has(t, "axis") || rank != 1 ? int_of(t, "axis", fallback) : 0, t.rank_of(x));
}
constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

// How many elements lie along an axis, as a tensor of one.
Value& count_along(Translation& t, Value& x, int64_t axis) {
  return t.add("Gather", {&t.shape_of(x), &t.ints({axis})}, {{"axis", int64_t{0}}});
}

struct Sorted {
  Value *values, *places;
};

Sorted sort(Translation& t, Value& x, int64_t axis, Value& count, bool descending) {
  const Node& top = t.add_node("TopK", {&x, &count},
                               {{"axis", axis}, {"largest", int64_t{descending}}, {"sorted", int64_t{1}}}, 2);
  return {top.output(0), top.output(1)};
}

void raise_sort(Translation& t) {
  Value& x = main_operand(t);
  const int64_t axis = one_axis(t, x, -1);
  t.set_output(0, *sort(t, x, axis, count_along(t, x, axis), false).values);
}

// Equal elements keep their order, in Keras and in ONNX.
void raise_argsort(Translation& t) {
  Value& x = main_operand(t);
  const int64_t axis = one_axis(t, x, -1);
  t.set_output(0, t.cast(*sort(t, x, axis, count_along(t, x, axis), false).places, DType::int32));
}

void raise_top_k(Translation& t) {
  Value& x = main_operand(t);
  const int64_t count = sizes_of(t, "k", 1, 1)[0];
  const Sorted top = sort(t, x, static_cast<int64_t>(t.rank_of(x)) - 1, t.ints({count}), true);
  t.set_output(0, *top.values);
  t.set_output(1, t.cast(*top.places, DType::int32));
}

void raise_take_along_axis(Translation& t) {
  Value& x = main_operand(t);
  Value& places = need_argument(t, "indices");
  const int64_t axis = one_axis(t, x, kNone);
  if (t.rank_of(x) != t.rank_of(places)) t.refuse("its indices have another rank than what they index");
  // NumPy spreads both along the other axes, GatherElements neither.
  for (size_t i = 0; i < t.rank_of(x); ++i)
    if (i != static_cast<size_t>(axis) && x.type.shape[i] != places.type.shape[i])
      t.refuse("the sizes of axis {} are {} and {}: spreading one is not done", i, x.type.shape[i].str(),
               places.type.shape[i].str());
  t.set_output(0, t.add("GatherElements", {&x, &t.cast(places, DType::int64)}, {{"axis", axis}}));
}

void raise_triangle(Translation& t, bool upper) {
  Value& x = main_operand(t);
  t.set_output(0, t.add("Trilu", {&x, &t.scalar(DType::int64, static_cast<double>(int_of(t, "k", 0)))},
                        {{"upper", int64_t{upper}}}));
}
void raise_tril(Translation& t) { raise_triangle(t, false); }
void raise_triu(Translation& t) { raise_triangle(t, true); }

// The two parts that change places.
void raise_roll(Translation& t) {
  Value& x = main_operand(t);
  const int64_t axis = one_axis(t, x, kNone), shift = int_of(t, "shift", 0);
  const auto part = [&](int64_t start, int64_t end) -> Value& {
    return t.add("Slice", {&x, &t.ints({start}), &t.ints({end}), &t.ints({axis})});
  };
  if (shift == 0) return t.set_output(0, x);
  const Dim size = x.type.shape[static_cast<size_t>(axis)];
  if (!size.is_known()) t.refuse("the size of axis {} is not known", axis);
  const int64_t length = std::max<int64_t>(size.value(), 1),
                cut = length - ((shift % length) + length) % length;
  t.set_output(0, t.add("Concat", {&part(cut, kNone), &part(0, cut)}, {{"axis", axis}}));
}

// Differences of neighbours.
void raise_diff(Translation& t) {
  if (int_of(t, "n", 1) != 1) t.refuse("it takes differences {} times", int_of(t, "n", 1));
  Value& x = main_operand(t);
  Value& axis = t.ints({one_axis(t, x, -1)});
  Value& later = t.add("Slice", {&x, &t.ints({1}), &t.ints({kNone}), &axis});
  t.set_output(0, t.add("Sub", {&later, &t.add("Slice", {&x, &t.ints({0}), &t.ints({-1}), &axis})}));
}

// Vectors only: with two axes, or none, it can be the norm of a matrix.
void raise_norm(Translation& t) {
  Value& x = to_float(t, main_operand(t));
  const auto axes = has(t, "axis") ? ints_of(t, "axis") : std::vector<int64_t>{};
  if (axes.size() != 1 && (!axes.empty() || has(t, "ord"))) t.refuse("it is the norm of a matrix");
  const Attribute* named = t.node().attrs.find("ord");
  if (named && std::holds_alternative<std::string>(*named))
    t.refuse("its order is '{}'", string_of(t, "ord", ""));
  const int64_t order = int_of(t, "ord", 2);
  if (order != 1 && order != 2) t.refuse("its order is {}", order);
  t.set_output(0, t.add(order == 1 ? "ReduceL1" : "ReduceL2", {&x, &t.ints(reduced_axes(t, x))},
                        {{"keepdims", int64_t{flag_of(t, "keepdims", false)}}}));
}

// Rows by columns: the last axis of the first with the last but one of the second.
void raise_dot(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  if (t.rank_of(*a) == 0 || t.rank_of(*b) == 0 || t.rank_of(*b) > 2)
    t.refuse("its second factor is no matrix");
  t.set_output(0, t.add("MatMul", {a, b}));
}

void raise_hypot(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  Value& x = to_float(t, *a);
  Value& y = to_float(t, *b);
  t.set_output(0, t.add("Sqrt", {&t.add("Add", {&t.add("Mul", {&x, &x}), &t.add("Mul", {&y, &y})})}));
}

// max + log1p(exp(-|a - b|)), which cannot overflow.
void raise_logaddexp(Translation& t) {
  const auto [a, b] = common_operands(t, "x1", "x2");
  Value& x = to_float(t, *a);
  Value& y = to_float(t, *b);
  Value& apart = t.add("Neg", {&t.add("Abs", {&t.add("Sub", {&x, &y})})});
  t.set_output(0, t.add("Add", {&t.add("Max", {&x, &y}), &t.add("Softplus", {&apart})}));
}

void raise_exp2(Translation& t) {
  Value& x = to_float(t, main_operand(t));
  t.set_output(0, t.add("Pow", {&t.scalar_like(x, 2), &x}));
}

void raise_trunc(Translation& t) {
  Value& x = main_operand(t);
  if (!is_float(element_type(t, x))) return t.set_output(0, x);
  Value& size = t.add("Floor", {&t.add("Abs", {&x})});
  t.set_output(0, t.add("Mul", {&t.add("Sign", {&x}), &size}));
}

void raise_ravel(Translation& t) { t.set_output(0, t.add("Reshape", {&main_operand(t), &t.ints({-1})})); }

void raise_move_axis(Translation& t) {
  Value& x = main_operand(t);
  const size_t rank = t.rank_of(x);
  std::vector<int64_t> from = ints_of(t, "source"), to = ints_of(t, "destination"), perm(rank, -1);
  if (from.size() != to.size()) t.refuse("it moves {} axes to {} places", from.size(), to.size());
  for (size_t i = 0; i < from.size(); ++i) {
    from[i] = axis_of(t, from[i], rank);
    perm[static_cast<size_t>(axis_of(t, to[i], rank))] = from[i];
  }
  int64_t next = 0;  // the others keep their order in the places that are left
  for (int64_t& axis : perm) {
    if (axis >= 0) continue;
    while (std::find(from.begin(), from.end(), next) != from.end()) ++next;
    axis = next++;
  }
  t.set_output(0, t.transpose(x, perm));
}

}  // namespace

OpMappings order_operations() {
  return {
      {"keras.argsort", "TopK", raise_argsort, nullptr, "along one axis"},
      {"keras.diff", "Sub", raise_diff, nullptr, "once"},
      {"keras.dot", "MatMul", raise_dot, nullptr, "second factor: vector or matrix"},
      {"keras.exp2", "Pow", raise_exp2, nullptr, ""},
      {"keras.hypot", "Sqrt", raise_hypot, nullptr, ""},
      {"keras.logaddexp", "Softplus", raise_logaddexp, nullptr, ""},
      {"keras.moveaxis", "Transpose", raise_move_axis, nullptr, ""},
      {"keras.norm", "ReduceL2", raise_norm, nullptr, "of vectors, order 1 or 2"},
      {"keras.ravel", "Reshape", raise_ravel, nullptr, ""},
      {"keras.roll", "Concat", raise_roll, nullptr, "along one axis of known size"},
      {"keras.sort", "TopK", raise_sort, nullptr, "along one axis"},
      {"keras.take_along_axis", "GatherElements", raise_take_along_axis, nullptr, "other axes of equal size"},
      {"keras.top_k", "TopK", raise_top_k, nullptr, ""},
      {"keras.tril", "Trilu", raise_tril, nullptr, ""},
      {"keras.triu", "Trilu", raise_triu, nullptr, ""},
      {"keras.trunc", "Floor", raise_trunc, nullptr, ""},
  };
}

}  // namespace modelconv::keras
