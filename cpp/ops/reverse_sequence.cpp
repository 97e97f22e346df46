// ReverseSequence, Trilu.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// --- ReverseSequence

struct SequenceAxes {
  int64_t batch, time;
};

SequenceAxes sequence_axes(const Node& node) {
  const SequenceAxes axes{int_attr(node, "batch_axis"), int_attr(node, "time_axis")};
  ENSURE((axes.batch == 0 && axes.time == 1) || (axes.batch == 1 && axes.time == 0), ShapeError,
         "{}: batch_axis and time_axis must be 0 and 1, they are {} and {}", node.describe(), axes.batch,
         axes.time);
  return axes;
}

void infer_reverse_sequence(InferContext& context) {
  sequence_axes(context.node());
  const Shape& input = context.input_shape(0);
  if (input.has_rank() && input.rank() < 2) context.fail("the input needs a batch and a time axis");
  infer_same_as_first(context);
}

void reverse_sequence_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  if (input.rank() < 2) context.fail("the input needs a batch and a time axis");
  const bool time_first = sequence_axes(context.node()).time == 0;
  const int64_t times = input.dims()[time_first ? 0 : 1], batches = input.dims()[time_first ? 1 : 0];
  const std::vector<int64_t> lengths = context.input(1).to_int64();
  if (static_cast<int64_t>(lengths.size()) != batches)
    context.fail("{} lengths for {} sequences", lengths.size(), batches);
  for (const int64_t length : lengths)
    if (length < 0 || length > times)
      context.fail("a sequence has the length {}, there are {} times", length, times);
  Tensor& output = context.allocate(0, input.dtype(), input.dims());
  if (output.size() == 0) return;
  const int64_t run = input.size() / (times * batches);
  gather_runs(context.threads(), input, output, run, [&](int64_t i) {
    const int64_t time = time_first ? i / batches : i % times, batch = time_first ? i % batches : i / times;
    const int64_t length = lengths[static_cast<size_t>(batch)],
                  from = time < length ? length - 1 - time : time;
    return (time_first ? from * batches + batch : batch * times + from) * run;
  });
}

// The first two axes may change places, the others move as they like.
std::optional<AxisMove> reverse_sequence_axes(const Node& node, size_t index, const Permutation& p) {
  if (index != 0 || p.size() < 2 || p[0] > 1 || p[1] > 1) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  const SequenceAxes axes = sequence_axes(node);
  const bool swapped = p[0] == 1;
  move.attrs.set("batch_axis", swapped ? axes.time : axes.batch);
  move.attrs.set("time_axis", swapped ? axes.batch : axes.time);
  return move;
}

// --- Trilu

void infer_trilu(InferContext& context) {
  const Shape& input = context.input_shape(0);
  if (input.has_rank() && input.rank() < 2) context.fail("the input is not a matrix");
  infer_same_as_first(context);
}

void trilu_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  if (input.rank() < 2) context.fail("the input is not a matrix");
  if (context.has_input(1) && context.input(1).size() != 1) context.fail("k is not a single element");
  const bool upper = int_attr(context.node(), "upper") != 0;
  const int64_t rows = input.dims()[input.rank() - 2], columns = input.dims().back();
  // Beyond the matrix every diagonal does the same.
  const int64_t k =
      std::clamp(context.has_input(1) ? context.input(1).to_int64()[0] : 0, -rows - 1, columns + 1);
  Tensor& output = context.allocate(0, input.dtype(), input.dims(), 0);
  if (output.size() == 0) return;
  visit_word(input.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    const Word* source = words_of<Word>(input);
    Word* target = mutable_words<Word>(output);
    const int64_t grain = std::max<int64_t>(1, 16384 / columns);
    context.threads().parallel_for(output.size() / columns, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t edge = std::clamp<int64_t>(i % rows + k + (upper ? 0 : 1), 0, columns);
        const int64_t first = upper ? edge : 0, last = upper ? columns : edge;
        const Word* from = source + i * columns;
        Word* to = target + i * columns;
        std::fill(to, to + first, Word{});
        if (from != to) std::copy(from + first, from + last, to + first);
        std::fill(to + last, to + columns, Word{});
      }
    });
  });
}

// The matrices stay as they are; the batch axes move as they like.
std::optional<AxisMove> trilu_axes(const Node& node, size_t index, const Permutation& p) {
  const size_t rank = p.size();
  if (index != 0 || rank < 2 || p[rank - 1] != rank - 1 || p[rank - 2] != rank - 2) return std::nullopt;
  return move_first_input(node, p, p);
}

}  // namespace

OpDefs reverse_sequence_ops() {
  return {OpDef("ReverseSequence")
              .infer(infer_reverse_sequence)
              .axes(reverse_sequence_axes)
              .evaluate(reverse_sequence_kernel)
              .unpack(),
          OpDef("Trilu").infer(infer_trilu).axes(trilu_axes).evaluate(trilu_kernel).unpack()};
}

}  // namespace modelconv
