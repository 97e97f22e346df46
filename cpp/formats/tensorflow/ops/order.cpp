// Elements in another order: rolled, reversed; indices and shapes computed from others.
#include <algorithm>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void raise_roll(Translation& t) {
  const auto axes = t.constant_ints(2, "the axes");
  const Term shifts = reshape(index_input(t, 1), {-1});
  Term x = input(t, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + static_cast<int64_t>(x.rank()) : axes[i];
    const auto at = static_cast<int64_t>(i);
    const Term size = size_of(x, axis);
    x = gather(x, modulo(range(size) - slice(shifts, 0, at, at + 1), size), axis);
  }
  set_output(t, 0, x);
}

// The old form: one truth value per axis.
void raise_reverse(Translation& t) {
  const auto flags = t.constant_ints(1, "the axes");
  std::vector<int64_t> starts, ends, axes, steps;
  for (size_t axis = 0; axis < flags.size(); ++axis) {
    if (flags[axis] == 0) continue;
    axes.push_back(static_cast<int64_t>(axis));
    starts.push_back(-1);
    ends.push_back(-kEnd);
    steps.push_back(-1);
  }
  const Term x = input(t, 0);
  if (axes.empty()) return set_output(t, 0, x);
  set_output(
      t, 0, compute("Slice", {x, numbers(t, starts), numbers(t, ends), numbers(t, axes), numbers(t, steps)}));
}

// ONNX has the batch and the time in the first two axes.
void raise_reverse_sequence(Translation& t) {
  const size_t rank = t.rank(0);
  const int64_t time = int_of(t, "seq_dim", 0), batch = int_of(t, "batch_dim", 0);
  ENSURE(time >= 0 && batch >= 0 && time != batch && static_cast<size_t>(std::max(time, batch)) < rank,
         MalformedModelError, "seq_dim is {}, batch_dim {}, the rank {}", time, batch, rank);
  std::vector<int64_t> perm = {time, batch}, back(rank);
  if (time < 2 && batch < 2) perm = {0, 1};
  for (int64_t axis = 0; axis < static_cast<int64_t>(rank); ++axis)
    if (axis != perm[0] && axis != perm[1]) perm.push_back(axis);
  for (size_t i = 0; i < rank; ++i) back[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  const bool is_batch_first = perm[0] == batch;
  const Term y = compute("ReverseSequence", {transpose(input(t, 0), perm), index_input(t, 1)},
                         {{"time_axis", int64_t{is_batch_first}}, {"batch_axis", int64_t{!is_batch_first}}});
  set_output(t, 0, transpose(y, back));
}

void raise_lin_space(Translation& t) {
  const Term start = input(t, 0), stop = input(t, 1), count = index_input(t, 2);
  const Term steps = cast(maximum(count - 1.0, number(t, DType::int64, 1)), start.dtype());
  set_output(t, 0, start + cast(range(count), start.dtype()) * ((stop - start) / steps));
}

// Coordinates of flat indices, one row per dimension.
void raise_unravel(Translation& t) {
  const auto count = t.required(1).shape().static_dims();
  if (!count || count->size() != 1) t.refuse("the number of dimensions is not known");
  const Term dims = index_input(t, 1);
  Term rest = index_input(t, 0);
  const auto rank = static_cast<int64_t>((*count)[0]);
  if (rank > 64 || rank < 1) t.refuse("it has {} dimensions", rank);
  std::vector<Term> rows;
  for (int64_t axis = rank - 1; axis >= 0; --axis) {
    const Term size = gather(dims, number(t, DType::int64, static_cast<double>(axis)));
    rows.insert(rows.begin(), unsqueeze(modulo(rest, size), {0}));
    rest = rest / size;
  }
  set_output(t, 0, cast(concat(rows, 0), element_type(t)));
}

// Two shapes broadcast: the shorter one is filled up with ones in front.
void raise_broadcast_args(Translation& t) {
  const Term a = index_input(t, 0), b = index_input(t, 1);
  const Term rank = maximum(shape_of(a), shape_of(b));
  const auto filled_up = [&](const Term& shape) {
    return concat({filled(rank - shape_of(shape), DType::int64, 1), shape}, 0);
  };
  const Term x = filled_up(a), y = filled_up(b);
  set_output(t, 0, cast(where(equal(x, 1.0), y, x), element_type(t)));
}

void raise_invert(Translation& t) {
  const Term perm = index_input(t, 0);
  const Term places = range(size_of(perm, 0));
  set_output(t, 0, cast(scatter_nd(places, unsqueeze(perm, {-1}), places, "none"), element_type(t)));
}

}  // namespace

OpMappings order_ops() {
  return {
      {"tf.BroadcastArgs", "Where", raise_broadcast_args, nullptr, ""},
      {"tf.InvertPermutation", "ScatterND", raise_invert, nullptr, ""},
      {"tf.LinSpace", "Range", raise_lin_space, nullptr, ""},
      {"tf.Reverse", "Slice", raise_reverse, nullptr, "constant axes"},
      {"tf.ReverseSequence", "ReverseSequence", raise_reverse_sequence, nullptr, ""},
      {"tf.Roll", "Gather", raise_roll, nullptr, "constant axes"},
      {"tf.UnravelIndex", "Mod", raise_unravel, nullptr, "known number of dimensions"},
  };
}

}  // namespace modelconv::tensorflow
