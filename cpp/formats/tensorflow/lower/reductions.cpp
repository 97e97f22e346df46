// Reductions, arg-maximum, running sums, sorting.
#include <numeric>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// Axes are int32: TensorFlow's gradients of reductions know no others.
Term axes_term(Translation& t, const std::vector<int64_t>& axes) {
  return {t, t.constant(Tensor::vector(std::vector<int32_t>(axes.begin(), axes.end())))};
}

// The axes to reduce; nothing when the input stays as it is.
std::optional<Term> axes_of(Translation& t) {
  const bool noop = int_attr(t.node(), "noop_with_empty_axes") != 0;
  if (t.input(1)) {
    const auto known = t.known_ints(1);
    if (known && !known->empty()) return axes_term(t, *known);
    const Shape& count = t.required(1).shape();
    const bool is_empty = count.has_rank() && count.rank() == 1 && count[0].equals(0);
    if (!known && !is_empty) return cast(index_input(t, 1), DType::int32);
  }
  if (noop) return std::nullopt;
  const Term x = input(t, 0);
  if (!x.value().shape().has_rank()) {
    const Term zero = number(t, DType::int32, 0), one = number(t, DType::int32, 1);
    return compute("tf.Range", {zero, compute("tf.Rank", {x}), one});
  }
  std::vector<int64_t> all(x.rank());
  std::iota(all.begin(), all.end(), 0);
  return axes_term(t, all);
}

Term reduced(Translation& t, OpName op, const Term& x) {
  const auto axes = axes_of(t);
  if (!axes) return x;
  return compute(op, {x, *axes}, {{"keep_dims", int_attr(t.node(), "keepdims")}});
}

void lower_reduce(Translation& t) {
  const Term x = input(t, 0);
  if (!axes_of(t)) return set_output(t, 0, compute("Identity", {x}));
  if (x.dtype() == DType::boolean)
    return set_output(t, 0, reduced(t, t.target() == OpName("tf.Max") ? "tf.Any" : "tf.All", x));
  set_output(t, 0, reduced(t, t.target(), x));
}

void lower_l1(Translation& t) { set_output(t, 0, reduced(t, "tf.Sum", compute("Abs", {input(t, 0)}))); }
void lower_sum_square(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, reduced(t, "tf.Sum", x * x));
}
void lower_l2(Translation& t) {
  const Term x = input(t, 0);
  const Term sum = reduced(t, "tf.Sum", x * x);
  if (is_float(x.dtype())) return set_output(t, 0, compute("Sqrt", {sum}));
  set_output(t, 0, cast(compute("Sqrt", {cast(sum, DType::float64)}), x.dtype()));
}

Term log_of(const Term& x) {
  if (is_float(x.dtype())) return compute("Log", {x});
  return cast(compute("Log", {cast(x, DType::float64)}), x.dtype());
}

void lower_log_sum(Translation& t) { set_output(t, 0, log_of(reduced(t, "tf.Sum", input(t, 0)))); }

// The largest element is taken off first, so that nothing overflows; an infinite one stays.
void lower_log_sum_exp(Translation& t) {
  const Term given = input(t, 0);
  const auto axes = axes_of(t);
  const Term x = is_float(given.dtype()) ? given : cast(given, DType::float64);
  if (!axes) return set_output(t, 0, compute("Identity", {given}));
  const Term peak = compute("tf.Max", {x, *axes}, {{"keep_dims", int64_t{1}}});
  const Term shift = where(compute("IsInf", {peak}), number(t, x.dtype(), 0), peak);
  const Term sum = compute("tf.Sum", {compute("Exp", {x - shift}), *axes}, {{"keep_dims", int64_t{1}}});
  Term result = compute("Log", {sum}) + shift;
  if (int_attr(t.node(), "keepdims") == 0)
    result = compute("tf.Sum", {result, *axes}, {{"keep_dims", int64_t{0}}});
  set_output(t, 0, cast(result, given.dtype()));
}

// Of equal elements the first one, or the last one: then the axis is read backwards.
void lower_arg(Translation& t) {
  Term x = input(t, 0);
  const int64_t axis = int_attr(t.node(), "axis");
  const bool last = int_attr(t.node(), "select_last_index") != 0;
  const Term place = number(t, DType::int32, static_cast<double>(axis));
  if (last) x = compute("tf.ReverseV2", {x, numbers(t, {axis})});
  Term index = compute(t.target(), {x, place}, {{"output_type", Type::tensor(DType::int64)}});
  if (last) index = reshape(size_of(x, axis), std::vector<int64_t>{}) - 1.0 - index;
  if (int_attr(t.node(), "keepdims") != 0) index = compute("tf.ExpandDims", {index, numbers(t, {axis})});
  set_output(t, 0, index);
}

void lower_cumulative(Translation& t) {
  const Term axis = reshape(index_input(t, 1), std::vector<int64_t>{});
  set_output(
      t, 0,
      compute(t.target(), {input(t, 0), axis},
              {{"exclusive", int_attr(t.node(), "exclusive")}, {"reverse", int_attr(t.node(), "reverse")}}));
}

// The smallest are the largest with the order reversed: of floats by the sign, of integers by all bits.
void lower_top_k(Translation& t) {
  const Term x = input(t, 0);
  const size_t rank = x.rank(), axis = normalize_axis(int_attr(t.node(), "axis"), rank);
  const bool largest = int_attr(t.node(), "largest") != 0, turned = axis + 1 != rank;
  std::vector<int64_t> perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[axis], perm[rank - 1]);
  const auto reversed = [&](const Term& y) {
    return compute(is_float(y.dtype()) ? "Neg" : "BitwiseNot", {y});
  };
  const Term ready = turned ? transpose(x, perm) : x;
  const Term ordered = largest ? ready : reversed(ready);
  const Term k = cast(reshape(index_input(t, 1), std::vector<int64_t>{}), DType::int32);
  Node& top = t.add_node("tf.TopKV2", {&ordered.value(), &k.value()},
                         {{"sorted", int64_t{1}}, {"index_type", Type::tensor(DType::int64)}}, 2);
  Term values = {t, *top.output(0)}, places = {t, *top.output(1)};
  if (!largest) values = reversed(values);
  set_output(t, 0, turned ? transpose(values, perm) : values);
  set_output(t, 1, turned ? transpose(places, perm) : places);
}

void lower_non_zero(Translation& t) {
  const Term x = input(t, 0);
  if (x.value().shape().has_rank() && x.rank() == 0) t.refuse("its input is a scalar");
  set_output(t, 0, transpose(compute("tf.Where", {x}), {1, 0}));
}

}  // namespace

OpMappings lower_reductions() {
  return {
      {"tf.Sum", "ReduceSum", nullptr, lower_reduce, ""},
      {"tf.Mean", "ReduceMean", nullptr, lower_reduce, ""},
      {"tf.Max", "ReduceMax", nullptr, lower_reduce, ""},
      {"tf.Min", "ReduceMin", nullptr, lower_reduce, ""},
      {"tf.Prod", "ReduceProd", nullptr, lower_reduce, ""},
      {"tf.Sum", "ReduceL1", nullptr, lower_l1, ""},
      {"tf.Sum", "ReduceL2", nullptr, lower_l2, ""},
      {"tf.Sum", "ReduceSumSquare", nullptr, lower_sum_square, ""},
      {"tf.Sum", "ReduceLogSum", nullptr, lower_log_sum, ""},
      {"tf.Sum", "ReduceLogSumExp", nullptr, lower_log_sum_exp, ""},
      {"tf.ArgMax", "ArgMax", nullptr, lower_arg, ""},
      {"tf.ArgMin", "ArgMin", nullptr, lower_arg, ""},
      {"tf.Cumsum", "CumSum", nullptr, lower_cumulative, ""},
      {"tf.Cumprod", "CumProd", nullptr, lower_cumulative, ""},
      {"tf.TopKV2", "TopK", nullptr, lower_top_k, ""},
      {"tf.Where", "NonZero", nullptr, lower_non_zero, ""},
  };
}

}  // namespace modelconv::tensorflow
