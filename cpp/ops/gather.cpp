// Gather, GatherElements, GatherND.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/index_checks.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// --- Gather

void infer_gather(InferContext& context) {
  const Shape &data = context.input_shape(0), &indices = context.input_shape(1);
  if (!data.has_rank()) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), data.rank());
  if (!indices.has_rank()) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  std::vector<Dim> dims(data.dims().begin(), data.dims().begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), data.dims().begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.dims().end());
  context.set_output(0, context.input_dtype(0), dims);
  const auto elements = context.elements(0);
  const auto taken = context.known_ints(1);
  if (!elements || !taken || data.rank() != 1 || indices.rank() > 1) return;
  const auto length = static_cast<int64_t>(elements->size());
  std::vector<Dim> result;
  for (const int64_t index : *taken) {
    if (index < -length || index >= length)
      context.fail("index {} is outside [-{}, {}]", index, length, length - 1);
    result.push_back((*elements)[static_cast<size_t>(index < 0 ? index + length : index)]);
  }
  context.set_elements(0, result);
}

void gather_kernel(KernelContext& context) {
  const Tensor &data = context.input(0), &indices = context.input(1);
  if (data.rank() == 0) context.fail("a scalar has no axis");
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), data.rank());
  const AxisSplit split = split_at(data.dims(), axis);
  const std::vector<int64_t> taken = read_indices(context, indices, split.length);
  Dims dims(data.dims().begin(), data.dims().begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), data.dims().begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.dims().end());
  Tensor& output = context.allocate(0, data.dtype(), dims);
  const auto count = static_cast<int64_t>(taken.size());
  gather_runs(context.threads(), data, output, split.inner, [&](int64_t i) {
    return ((i / count) * split.length + taken[static_cast<size_t>(i % count)]) * split.inner;
  });
}

// The indices' axes stand where the gathered axis was.
std::optional<AxisMove> gather_axes(const Node& node, size_t index, const Permutation& p) {
  const Shape& indices = node.input(1)->shape();
  const auto axis = renumber_axes({int_attr(node, "axis")}, p);
  if (index != 0 || !axis || !indices.has_rank()) return std::nullopt;
  const size_t old_axis = p[static_cast<size_t>(axis->front())];
  Permutation out;
  for (const size_t source : p) {
    if (source != old_axis)
      out.push_back(source < old_axis ? source : source + indices.rank() - 1);
    else
      for (size_t i = 0; i < indices.rank(); ++i) out.push_back(old_axis + i);
  }
  AxisMove move = move_first_input(node, p, out);
  move.attrs.set("axis", axis->front());
  return move;
}

// --- GatherElements

void infer_gather_elements(InferContext& context) {
  const Shape &data = context.input_shape(0), &indices = context.input_shape(1);
  if (data.has_rank() && indices.has_rank() && data.rank() != indices.rank())
    context.fail("data and indices have different ranks");
  if (data.has_rank()) normalize_axis(int_attr(context.node(), "axis"), data.rank());
  context.set_output(0, context.input_dtype(0),
                     indices.has_rank() || !data.has_rank() ? indices : Shape::of_rank(data.rank()));
}

void gather_elements_kernel(KernelContext& context) {
  const Tensor &data = context.input(0), &indices = context.input(1);
  if (data.rank() != indices.rank() || data.rank() == 0)
    context.fail("data and indices need the same rank, at least 1");
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), data.rank());
  for (size_t i = 0; i < data.rank(); ++i)
    if (i != axis && indices.dims()[i] > data.dims()[i])
      context.fail("the indices are longer than data along axis {}", i);
  const std::vector<int64_t> taken = read_indices(context, indices, data.dims()[axis]);
  Tensor& output = context.allocate(0, data.dtype(), indices.dims());
  Dims strides = row_major_strides(data.dims());
  const int64_t step = strides[axis];
  strides[axis] = 0;
  visit_word(data.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    const Word* from = words_of<Word>(data);
    Word* to = mutable_words<Word>(output);
    context.threads().parallel_for(output.size(), 16384, [&](int64_t begin, int64_t end) {
      Walk walk(indices.dims(), strides, begin);
      for (int64_t i = begin; i < end; ++i, walk.next())
        to[i] = from[walk.offset() + taken[static_cast<size_t>(i)] * step];
    });
  });
}

std::optional<AxisMove> gather_elements_axes(const Node& node, size_t, const Permutation& p) {
  const auto axis = renumber_axes({int_attr(node, "axis")}, p);
  if (!axis) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  move.inputs[1] = p;
  move.attrs.set("axis", axis->front());
  return move;
}

// --- GatherND

// The rank that the last axis of the indices and batch_dims leave of data, checked.
size_t checked_depth(const Node& node, int64_t batch_dims, int64_t depth, size_t data_rank,
                     size_t indices_rank) {
  ENSURE(batch_dims >= 0 && static_cast<size_t>(batch_dims) < std::min(data_rank, indices_rank), ShapeError,
         "{}: batch_dims is {} for ranks {} and {}", node.describe(), batch_dims, data_rank, indices_rank);
  ENSURE(depth >= 0 && static_cast<size_t>(depth) + static_cast<size_t>(batch_dims) <= data_rank, ShapeError,
         "{}: the indices name {} axes after {} batch axes, data has rank {}", node.describe(), depth,
         batch_dims, data_rank);
  return static_cast<size_t>(depth);
}

void infer_gather_nd(InferContext& context) {
  const Shape &data = context.input_shape(0), &indices = context.input_shape(1);
  if (!data.has_rank() || !indices.has_rank() || indices.rank() == 0 ||
      !indices[indices.rank() - 1].is_known())
    return context.set_output(0, context.input_dtype(0), Shape::unranked());
  const int64_t batch_dims = int_attr(context.node(), "batch_dims");
  const size_t depth = checked_depth(context.node(), batch_dims, indices[indices.rank() - 1].value(),
                                     data.rank(), indices.rank());
  std::vector<Dim> dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), data.dims().begin() + batch_dims + static_cast<std::ptrdiff_t>(depth),
              data.dims().end());
  context.set_output(0, context.input_dtype(0), dims);
  const auto elements = context.elements(0);
  const auto taken = context.known_ints(1);
  if (!elements || !taken || data.rank() != 1 || depth != 1 || dims.size() > 1) return;
  const auto length = static_cast<int64_t>(elements->size());
  std::vector<Dim> result;
  for (const int64_t index : *taken) {
    if (index < -length || index >= length)
      context.fail("index {} is outside [-{}, {}]", index, length, length - 1);
    result.push_back((*elements)[static_cast<size_t>(index < 0 ? index + length : index)]);
  }
  context.set_elements(0, result);
}

void gather_nd_kernel(KernelContext& context) {
  const Tensor &data = context.input(0), &indices = context.input(1);
  if (data.rank() == 0 || indices.rank() == 0) context.fail("data and indices need at least rank 1");
  const int64_t batch_dims = int_attr(context.node(), "batch_dims");
  const size_t depth =
      checked_depth(context.node(), batch_dims, indices.dims().back(), data.rank(), indices.rank());
  const auto batch_rank = static_cast<size_t>(batch_dims);
  int64_t batches = 1;
  for (size_t i = 0; i < batch_rank; ++i) {
    if (data.dims()[i] != indices.dims()[i]) context.fail("data and indices differ along batch axis {}", i);
    batches *= data.dims()[i];
  }
  Dims dims(indices.dims().begin(), indices.dims().end() - 1);
  const auto rest = data.dims().begin() + static_cast<std::ptrdiff_t>(batch_rank + depth);
  dims.insert(dims.end(), rest, data.dims().end());
  const std::vector<int64_t> offsets =
      read_positions(context, indices, data.dims(), row_major_strides(data.dims()), batch_rank);
  Tensor& output = context.allocate(0, data.dtype(), dims);
  if (output.size() == 0) return;
  const int64_t run = element_count(Dims(rest, data.dims().end()));
  const int64_t per_batch = static_cast<int64_t>(offsets.size()) / batches,
                batch_size = data.size() / batches;
  gather_runs(context.threads(), data, output, run,
              [&](int64_t i) { return (i / per_batch) * batch_size + offsets[static_cast<size_t>(i)]; });
}

}  // namespace

OpDefs gather_ops() {
  return {OpDef("Gather").infer(infer_gather).axes(gather_axes).evaluate(gather_kernel).unpack(),
          OpDef("GatherElements")
              .infer(infer_gather_elements)
              .axes(gather_elements_axes)
              .evaluate(gather_elements_kernel)
              .unpack(),
          OpDef("GatherND").infer(infer_gather_nd).evaluate(gather_nd_kernel).unpack()};
}

}  // namespace modelconv
