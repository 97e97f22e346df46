// Decoding of sequences.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// The best class at each time, repeats and blanks left out, as a sparse tensor; and how unlikely the whole is. Inputs:
// [time, batch, classes], and how long each sequence is.
void raise_ctc_greedy(Translation& t) {
  const Term logits = input(t, 0), lengths = unsqueeze(index_input(t, 1), {1});  // [batch, 1]
  const Term classes = size_of(logits, 2), steps = unsqueeze(range(size_of(logits, 0)), {0});
  const Attrs last_axis = {{"axis", int64_t{2}}, {"keepdims", int64_t{0}}};
  const Term best = transpose(compute("ArgMax", {logits}, last_axis), {1, 0});  // [batch, time]
  const int64_t given = int_of(t, "blank_index", -1);
  const Term blank = given < 0 ? classes + static_cast<double>(given) : numbers(t, {given});
  const Term runs = steps < lengths;
  Term keep = both(runs, negated(equal(best, blank)));
  if (flag_of(t, "merge_repeated", false)) {
    const Term nothing = filled(concat({size_of(best, 0), numbers(t, {1})}, 0), DType::int64, -1);
    const Term before = concat({nothing, slice(best, 1, 0, -1)}, 1);
    keep = both(keep, negated(equal(best, before)));
  }
  const Term flags = cast(keep, DType::int64);
  const Term found = transpose(compute("NonZero", {keep}), {1, 0});  // [found, 2]: batch, time
  const Term place = unsqueeze(gather_nd(cumulative_sum(flags, 1, true), found), {1});
  set_output(t, 0, concat({slice(found, 1, 0, 1), place}, 1));
  set_output(t, 1, gather_nd(best, found));
  const Term longest =
      reduce("ReduceMax", concat({reduce("ReduceSum", flags, {1}), numbers(t, {0})}, 0), {0}, true);
  set_output(t, 2, concat({size_of(best, 0), longest}, 0));
  const Term largest = transpose(reduce("ReduceMax", logits, {2}), {1, 0});
  set_output(t, 3, -reduce("ReduceSum", where(runs, largest, 0.0), {1}, true));
}

}  // namespace

OpMappings decoding_ops() { return {{"tf.CTCGreedyDecoder", "ArgMax", raise_ctc_greedy, nullptr, ""}}; }

}  // namespace modelconv::tensorflow
