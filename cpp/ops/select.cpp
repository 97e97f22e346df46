// NonZero, Compress: how much they give depends on the data.
#include <algorithm>
#include <numeric>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// --- NonZero

void infer_non_zero(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const Dim rank = input.has_rank() ? Dim(static_cast<int64_t>(input.rank())) : Dim::unknown();
  context.set_output(0, DType::int64, {rank, context.data_dependent(0, 1)});
}

// Bits that make a word differ from zero: not the sign of a float, since -0.0 is zero.
uint64_t value_bits(DType dtype) {
  switch (dtype) {
    case DType::float16:
    case DType::bfloat16: return 0x7FFF;
    case DType::float32: return 0x7FFFFFFF;
    case DType::complex64: return 0x7FFFFFFF7FFFFFFF;
    case DType::float64:
    case DType::complex128: return 0x7FFFFFFFFFFFFFFF;
    default: return ~uint64_t{0};
  }
}

bool is_set(const std::string& text, uint64_t) { return !text.empty(); }
bool is_set(Word16 word, uint64_t mask) { return ((word.low | word.high) & mask) != 0; }
template <class Word>
bool is_set(Word word, uint64_t mask) {
  return (word.bits & mask) != 0;
}

void non_zero_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const uint64_t mask = value_bits(input.dtype());
  std::vector<int64_t> places;
  visit_word(input.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    const Word* words = words_of<Word>(input);
    for (int64_t i = 0; i < input.size(); ++i)
      if (is_set(words[i], mask)) places.push_back(i);
  });
  const auto count = static_cast<int64_t>(places.size());
  Tensor& output = context.allocate(0, DType::int64, {static_cast<int64_t>(input.rank()), count});
  int64_t* target = output.mutable_data<int64_t>().data();
  if (count == 0) return;
  const Dims strides = row_major_strides(input.dims());
  for (size_t axis = 0; axis < input.rank(); ++axis)
    for (const int64_t place : places) *target++ = place / strides[axis] % input.dims()[axis];
}

// --- Compress

void infer_compress(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto axis = optional_int(context.node(), "axis");
  const Tensor* condition = context.constant(1);
  if (!axis) {
    Dim count = context.data_dependent(0, 0);
    if (condition && input.element_count().is_known()) {
      const auto flags = condition->to_int64();
      const auto looked_at = std::min(static_cast<int64_t>(flags.size()), input.element_count().value());
      count = looked_at - std::count(flags.begin(), flags.begin() + looked_at, 0);
    }
    return context.set_output(0, context.input_dtype(0), {count});
  }
  if (!input.has_rank()) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  const size_t at = normalize_axis(*axis, input.rank());
  Shape output = input;
  output[at] = context.data_dependent(0, at);
  context.set_output(0, context.input_dtype(0), output);
}

void compress_kernel(KernelContext& context) {
  const Tensor& condition = context.input(1);
  if (condition.dtype() != DType::boolean || condition.rank() != 1)
    context.fail("the condition must be bool, of rank 1");
  const auto axis = optional_int(context.node(), "axis");
  const Tensor input = axis ? context.input(0) : context.input(0).reshaped({context.input(0).size()});
  const size_t at = axis ? normalize_axis(*axis, input.rank()) : 0;
  const auto flags = condition.data<uint8_t>();
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < std::min(condition.size(), input.dims()[at]); ++i)
    if (flags[static_cast<size_t>(i)] != 0) kept.push_back(i);
  Dims dims = input.dims();
  dims[at] = static_cast<int64_t>(kept.size());
  Tensor& output = context.allocate(0, input.dtype(), dims);
  if (output.size() == 0) return;
  std::vector<std::vector<int64_t>> maps;
  for (const int64_t dim : dims) {
    maps.emplace_back(static_cast<size_t>(dim));
    std::iota(maps.back().begin(), maps.back().end(), int64_t{0});
  }
  maps[at] = std::move(kept);
  copy_mapped(context.threads(), input, maps, output);
}

std::optional<AxisMove> compress_axes(const Node& node, size_t index, const Permutation& p) {
  const auto axis = optional_int(node, "axis");
  const auto renumbered = axis ? renumber_axes({*axis}, p) : std::nullopt;
  if (index != 0 || !renumbered) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  move.attrs.set("axis", renumbered->front());
  return move;
}

}  // namespace

OpDefs select_ops() {
  return {OpDef("Compress").infer(infer_compress).axes(compress_axes).evaluate(compress_kernel).unpack(),
          OpDef("NonZero").infer(infer_non_zero).evaluate(non_zero_kernel)};
}

}  // namespace modelconv
