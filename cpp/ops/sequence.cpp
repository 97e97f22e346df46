// Sequences of tensors.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/body_types.h"
#include "ops/join_tensors.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// Type of the items; unknown when the input is not known to be a sequence.
Type item_type(const InferContext& context, size_t index) {
  const Type& type = context.input_type(index);
  if (type.kind != Type::Kind::unknown && !type.is_sequence())
    context.fail("input {} is not a sequence", index);
  return type.element ? *type.element : Type();
}

// Place of an item: negative positions count from the end; `limit` is one past the last that is allowed.
size_t item_place(KernelContext& context, size_t index, size_t length, size_t limit) {
  const Tensor& position = context.input(index);
  if (position.size() != 1) context.fail("the position is not a single element");
  const int64_t given = position.to_int64()[0], size = static_cast<int64_t>(length);
  if (given < -size || given >= static_cast<int64_t>(limit))
    context.fail("position {} in a sequence of {}", given, length);
  return static_cast<size_t>(given < 0 ? given + size : given);
}

void infer_sequence_empty(InferContext& context) {
  const auto dtype = optional_int(context.node(), "dtype").value_or(static_cast<int64_t>(DType::float32));
  if (dtype <= 0 || dtype >= kDTypeCount) context.fail("dtype {} does not exist", dtype);
  context.set_output_type(0, Type::sequence(Type::tensor(static_cast<DType>(dtype))));
}

void sequence_empty_kernel(KernelContext& context) { context.set_output(0, RuntimeValue::sequence({})); }

void infer_sequence_construct(InferContext& context) {
  Type item = context.input_type(0);
  for (size_t i = 1; i < context.input_count(); ++i) {
    if (context.input_dtype(i) != item.dtype) context.fail("the items have different types");
    item = generalize(item, context.input_type(i));
  }
  context.set_output_type(0, Type::sequence(item));
}

void sequence_construct_kernel(KernelContext& context) {
  SequenceValue items;
  for (size_t i = 0; i < context.input_count(); ++i) items.push_back(context.value(i));
  context.set_output(0, RuntimeValue::sequence(std::move(items)));
}

void infer_sequence_insert(InferContext& context) {
  const Type item = item_type(context, 0);
  context.set_output_type(0, Type::sequence(generalize(item, context.input_type(1))));
}

void sequence_insert_kernel(KernelContext& context) {
  SequenceValue items = context.value(0).sequence();
  const size_t place =
      context.has_input(2) ? item_place(context, 2, items.size(), items.size() + 1) : items.size();
  items.insert(items.begin() + static_cast<std::ptrdiff_t>(place), context.value(1));
  context.set_output(0, RuntimeValue::sequence(std::move(items)));
}

void sequence_erase_kernel(KernelContext& context) {
  SequenceValue items = context.value(0).sequence();
  if (items.empty()) context.fail("the sequence is empty");
  const size_t place =
      context.has_input(1) ? item_place(context, 1, items.size(), items.size()) : items.size() - 1;
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(place));
  context.set_output(0, RuntimeValue::sequence(std::move(items)));
}

void infer_sequence_at(InferContext& context) { context.set_output_type(0, item_type(context, 0)); }

void sequence_at_kernel(KernelContext& context) {
  const SequenceValue& items = context.value(0).sequence();
  context.set_output(0, items[item_place(context, 1, items.size(), items.size())]);
}

void infer_sequence_length(InferContext& context) {
  item_type(context, 0);
  context.set_output(0, DType::int64, Shape(std::vector<Dim>{}));
}

void sequence_length_kernel(KernelContext& context) {
  context.set_output(0, Tensor::scalar(static_cast<int64_t>(context.value(0).sequence().size())));
}

// --- SplitToSequence

void infer_split_to_sequence(InferContext& context) {
  const Shape& input = context.input_shape(0);
  Shape part = input;
  if (input.has_rank()) {
    const size_t axis = normalize_axis(int_attr(context.node(), "axis"), input.rank());
    part[axis] = context.has_input(1) ? Dim::unknown() : Dim(1);
    const auto lengths = context.has_input(1) ? context.elements(1) : std::nullopt;
    const bool equal = lengths && !lengths->empty() &&
                       std::all_of(lengths->begin(), lengths->end(),
                                   [&](const Dim& length) { return length == lengths->front(); });
    const bool chunks = context.input_shape(1).rank() == 0;  // then the last may be smaller
    if (equal && (!chunks || Dim::divide_exactly(input[axis], lengths->front())))
      part[axis] = lengths->front();
    if (!context.has_input(1) && int_attr(context.node(), "keepdims") == 0) {
      std::vector<Dim> dims = input.dims();
      dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
      part = dims;
    }
  }
  context.set_output_type(0, Type::sequence(Type::tensor(context.input_dtype(0), part)));
}

// Lengths of the parts: given, or chunks of one length of which the last may be smaller.
std::vector<int64_t> part_lengths(KernelContext& context, int64_t length) {
  if (context.has_input(1) && context.input(1).rank() == 1) return context.input(1).to_int64();
  const int64_t chunk = context.has_input(1) ? context.input(1).to_int64()[0] : 1;
  if (chunk <= 0) context.fail("parts of length {}", chunk);
  std::vector<int64_t> lengths;
  for (int64_t left = length; left > 0; left -= lengths.back()) lengths.push_back(std::min(left, chunk));
  return lengths;
}

void split_to_sequence_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), input.rank());
  const bool drop_axis = !context.has_input(1) && int_attr(context.node(), "keepdims") == 0;
  const Dims strides = row_major_strides(input.dims());
  SequenceValue items;
  int64_t offset = 0;
  for (const int64_t length : part_lengths(context, input.dims()[axis])) {
    if (length < 0 || length > input.dims()[axis] - offset)
      context.fail("the parts are longer than axis {}", axis);
    Dims dims = input.dims();
    dims[axis] = length;
    Tensor part = Tensor::allocate(input.dtype(), dims);
    if (part.size() > 0)
      copy_box(context.threads(), input, part,
               {dims, strides, row_major_strides(dims), offset * strides[axis], 0});
    if (drop_axis) dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
    items.emplace_back(part.reshaped(dims));
    offset += length;
  }
  if (offset != input.dims()[axis]) context.fail("the parts leave entries of axis {}", axis);
  context.set_output(0, RuntimeValue::sequence(std::move(items)));
}

// --- ConcatFromSequence

void infer_concat_from_sequence(InferContext& context) {
  const Type item = item_type(context, 0);
  const int64_t axis = int_attr(context.node(), "axis");
  const bool stack = int_attr(context.node(), "new_axis") != 0;
  if (!item.shape.has_rank()) return context.set_output(0, item.dtype, Shape::unranked());
  std::vector<Dim> dims = item.shape.dims();
  const size_t at = normalize_axis(axis, dims.size() + (stack ? 1 : 0));
  if (stack) dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(at), Dim());
  dims[at] = Dim::unknown();
  context.set_output(0, item.dtype, dims);
}

void concat_from_sequence_kernel(KernelContext& context) {
  std::vector<Tensor> parts;
  for (const RuntimeValue& item : context.value(0).sequence()) parts.push_back(item.tensor());
  const int64_t axis = int_attr(context.node(), "axis");
  const bool stack = int_attr(context.node(), "new_axis") != 0;
  context.set_output(0, stack ? stack_tensors(context.threads(), std::move(parts), axis)
                              : concat_tensors(context.threads(), parts, axis));
}

// --- SequenceMap

void infer_sequence_map(InferContext& context) {
  std::vector<Type> inputs;
  for (size_t i = 0; i < context.input_count(); ++i)
    inputs.push_back(i == 0 || context.input_type(i).is_sequence() ? item_type(context, i)
                                                                   : context.input_type(i));
  const std::vector<Type> items = context.infer_subgraph(graph_attr(context.node(), "body"), inputs);
  if (items.size() != context.output_count())
    context.fail("the body has {} outputs, the node {}", items.size(), context.output_count());
  for (size_t i = 0; i < items.size(); ++i) context.set_output_type(i, Type::sequence(items[i]));
}

void sequence_map_kernel(KernelContext& context) {
  const Graph& body = graph_attr(context.node(), "body");
  const size_t length = context.value(0).sequence().size();
  std::vector<SequenceValue> outputs(context.output_count());
  for (size_t item = 0; item < length; ++item) {
    std::vector<RuntimeValue> inputs;
    for (size_t i = 0; i < context.input_count(); ++i) {
      const RuntimeValue& value = context.value(i);
      if (value.is_sequence() && value.sequence().size() != length)
        context.fail("the sequences differ in length");
      inputs.push_back(value.is_sequence() ? value.sequence()[item] : value);
    }
    std::vector<RuntimeValue> results = context.run(body, std::move(inputs));
    if (results.size() != outputs.size()) context.fail("the body has {} outputs", results.size());
    for (size_t i = 0; i < outputs.size(); ++i) outputs[i].push_back(std::move(results[i]));
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    context.set_output(i, RuntimeValue::sequence(std::move(outputs[i])));
}

}  // namespace

OpDefs sequence_ops() {
  return {OpDef("ConcatFromSequence").infer(infer_concat_from_sequence).evaluate(concat_from_sequence_kernel),
          OpDef("SequenceAt").infer(infer_sequence_at).evaluate(sequence_at_kernel),
          OpDef("SequenceConstruct").infer(infer_sequence_construct).evaluate(sequence_construct_kernel),
          OpDef("SequenceEmpty").infer(infer_sequence_empty).evaluate(sequence_empty_kernel),
          OpDef("SequenceErase").infer(infer_same_as_first).evaluate(sequence_erase_kernel),
          OpDef("SequenceInsert").infer(infer_sequence_insert).evaluate(sequence_insert_kernel),
          OpDef("SequenceLength").infer(infer_sequence_length).evaluate(sequence_length_kernel),
          OpDef("SequenceMap").infer(infer_sequence_map).evaluate(sequence_map_kernel),
          OpDef("SplitToSequence").infer(infer_split_to_sequence).evaluate(split_to_sequence_kernel)};
}

}  // namespace modelconv
