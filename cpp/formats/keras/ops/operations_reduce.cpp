// Functions that reduce axes.
#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/operands.h"

namespace modelconv::keras {
namespace {

int64_t keepdims(const Translation& t) { return flag_of(t, "keepdims", false) ? 1 : 0; }

Value& reduce(Translation& t, OpName op, Value& x, int64_t keep) {
  return t.add(op, {&x, &t.ints(reduced_axes(t, x))}, {{"keepdims", keep}});
}

void raise_reduction(Translation& t) { t.set_output(0, reduce(t, t.target(), main_operand(t), keepdims(t))); }

void raise_mean(Translation& t) {
  t.set_output(0, reduce(t, "ReduceMean", to_float(t, main_operand(t)), keepdims(t)));
}

// Of bool: any is the largest, all the smallest.
void raise_bool_reduction(Translation& t) {
  Value& x = t.cast(t.cast(main_operand(t), DType::boolean), DType::int32);
  t.set_output(0, t.cast(reduce(t, t.target(), x, keepdims(t)), DType::boolean));
}

Value& variance(Translation& t) {
  Value& x = to_float(t, main_operand(t));
  Value& centred = t.add("Sub", {&x, &reduce(t, "ReduceMean", x, 1)});
  return reduce(t, "ReduceMean", t.add("Mul", {&centred, &centred}), keepdims(t));
}

void raise_variance(Translation& t) { t.set_output(0, variance(t)); }
void raise_deviation(Translation& t) { t.set_output(0, t.add("Sqrt", {&variance(t)})); }

void raise_arg_extreme(Translation& t) {
  Value& x = main_operand(t);
  if (!has(t, "axis")) t.refuse("it counts over all axes together");
  const int64_t axis = axis_of(t, int_of(t, "axis", 0), t.rank_of(x));
  Value& found = t.add(t.target(), {&x}, {{"axis", axis}, {"keepdims", keepdims(t)}});
  // Keras gives int32, TensorFlow int64 unless told otherwise.
  t.set_output(0, t.cast(found, flag_of(t, "of_tensorflow", false) ? DType::int64 : DType::int32));
}

void raise_cumulative_sum(Translation& t) {
  Value& x = main_operand(t);
  if (!has(t, "axis")) t.refuse("it sums over all axes together");
  const int64_t axis = axis_of(t, int_of(t, "axis", 0), t.rank_of(x));
  t.set_output(0, t.add("CumSum", {&x, &t.scalar(DType::int64, static_cast<double>(axis))}));
}

// x / max(norm, epsilon); TensorFlow: x * rsqrt(max(sum of squares, epsilon)).
void raise_normalize(Translation& t) {
  Value& x = to_float(t, main_operand(t));
  if (int_of(t, "order", 2) != 2) t.refuse("it normalises by the norm of order {}", int_of(t, "order", 2));
  const double epsilon = double{float_of(t, "epsilon", 1e-12F)};
  Value& square = reduce(t, "ReduceSum", t.add("Mul", {&x, &x}), 1);
  const double floor = flag_of(t, "of_tensorflow", false) ? epsilon : epsilon * epsilon;
  Value& norm = floor < 1e-38 ? t.add("Max", {&t.add("Sqrt", {&square}), &t.scalar_like(x, epsilon)})
                              : t.add("Sqrt", {&t.add("Max", {&square, &t.scalar_like(x, floor)})});
  t.set_output(0, t.add("Div", {&x, &norm}));
}

}  // namespace

OpMappings reduce_operations() {
  return {
      {"keras.all", "ReduceMin", raise_bool_reduction, nullptr, ""},
      {"keras.any", "ReduceMax", raise_bool_reduction, nullptr, ""},
      {"keras.argmax", "ArgMax", raise_arg_extreme, nullptr, "along one axis"},
      {"keras.argmin", "ArgMin", raise_arg_extreme, nullptr, "along one axis"},
      {"keras.cumsum", "CumSum", raise_cumulative_sum, nullptr, "along one axis"},
      {"keras.logsumexp", "ReduceLogSumExp", raise_reduction, nullptr, ""},
      {"keras.max", "ReduceMax", raise_reduction, nullptr, ""},
      {"keras.mean", "ReduceMean", raise_mean, nullptr, ""},
      {"keras.min", "ReduceMin", raise_reduction, nullptr, ""},
      {"keras.normalize", "Div", raise_normalize, nullptr, "Euclidean norm"},
      {"keras.prod", "ReduceProd", raise_reduction, nullptr, ""},
      {"keras.std", "Sqrt", raise_deviation, nullptr, ""},
      {"keras.sum", "ReduceSum", raise_reduction, nullptr, ""},
      {"keras.var", "ReduceMean", raise_variance, nullptr, ""},
  };
}

}  // namespace modelconv::keras
