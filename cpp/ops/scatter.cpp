// ScatterElements (Scatter is its deprecated name), ScatterND, TensorScatter: a copy with some elements replaced.
#include <algorithm>
#include <complex>

#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/index_checks.h"
#include "ops/move_elements.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

enum class Reduction : uint8_t { none, add, mul, min, max };

Reduction reduction_of(const Node& node) {
  const std::string name = optional_string(node, "reduction").value_or("none");
  if (name == "none") return Reduction::none;
  if (name == "add") return Reduction::add;
  if (name == "mul") return Reduction::mul;
  if (name == "min") return Reduction::min;
  ENSURE(name == "max", ShapeError, "{}: unknown reduction '{}'", node.describe(), name);
  return Reduction::max;
}

template <class T>
T combine(Reduction reduction, T old, T update) {
  if constexpr (std::is_integral_v<T>) {  // modulo 2^width
    using Wide = std::conditional_t<sizeof(T) < 4, uint32_t, std::make_unsigned_t<T>>;
    if (reduction == Reduction::add)
      return static_cast<T>(static_cast<Wide>(old) + static_cast<Wide>(update));
    if (reduction == Reduction::mul)
      return static_cast<T>(static_cast<Wide>(old) * static_cast<Wide>(update));
  } else {
    if (reduction == Reduction::add) return old + update;
    if (reduction == Reduction::mul) return old * update;
  }
  if (update != update || old != old) return update != update ? update : old;  // NaN wins
  return reduction == Reduction::min ? std::min(old, update) : std::max(old, update);
}

// Called with a function (target, update) for one element of the dtype.
template <class Scatter>
void visit_reduction(const KernelContext& context, DType dtype, Reduction reduction, const Scatter& scatter) {
  if (dtype == DType::boolean) {
    const bool either = reduction == Reduction::add || reduction == Reduction::max;
    return scatter([=](uint8_t& old, uint8_t update) {
      old = either ? (old != 0 || update != 0) : (old != 0 && update != 0);
    });
  }
  if (is_complex(dtype)) {
    if (reduction == Reduction::min || reduction == Reduction::max)
      context.fail("complex numbers have no order");
    const auto apply = [=](auto& old, auto update) {
      old = reduction == Reduction::add ? old + update : old * update;
    };
    if (dtype == DType::complex64)
      return scatter([=](std::complex<float>& old, std::complex<float> update) { apply(old, update); });
    return scatter([=](std::complex<double>& old, std::complex<double> update) { apply(old, update); });
  }
  if (dtype == DType::float16)
    return scatter([=](Half& old, Half update) {
      old = Half::from_float(combine(reduction, old.to_float(), update.to_float()));
    });
  if (dtype == DType::bfloat16)
    return scatter([=](BFloat16& old, BFloat16 update) {
      old = BFloat16::from_float(combine(reduction, old.to_float(), update.to_float()));
    });
  visit_types(
      context, dtype,
      [&](auto zero) {
        using T = decltype(zero);
        scatter([=](T& old, T update) { old = combine<T>(reduction, old, update); });
      },
      FloatTypes(), WideIntegers(), NarrowIntegers());
}

template <class T>
struct SecondArgument;
template <class C, class T>
struct SecondArgument<void (C::*)(T&, T) const> {
  using Type = T;
};

// The output as a copy of input 0, in its buffer when no one else needs that.
Tensor& copy_input(KernelContext& context) {
  const Tensor& data = context.input(0);
  Tensor& output = context.allocate(0, data.dtype(), data.dims(), 0);
  if (output.bytes().data() != data.bytes().data())
    copy_box(context.threads(), data, output, {{data.size()}, {1}, {1}});
  return output;
}

// Update number i (a run of `run` elements) goes to offset(i). In order, since places may repeat.
template <class Offset>
void scatter_runs(KernelContext& context, const Tensor& updates, Tensor& output, int64_t run,
                  const Offset& offset) {
  if (updates.size() == 0) return;
  const int64_t count = updates.size() / run;
  const Reduction reduction = reduction_of(context.node());
  if (reduction == Reduction::none) {
    visit_word(output.dtype(), [&](auto tag) {
      using Word = typename decltype(tag)::Type;
      const Word* from = words_of<Word>(updates);
      Word* to = mutable_words<Word>(output);
      for (int64_t i = 0; i < count; ++i) std::copy_n(from + i * run, run, to + offset(i));
    });
    return;
  }
  visit_reduction(context, output.dtype(), reduction, [&](auto apply) {
    using T = typename SecondArgument<decltype(&decltype(apply)::operator())>::Type;
    const T* from = reinterpret_cast<const T*>(updates.bytes().data());
    T* to = reinterpret_cast<T*>(output.mutable_bytes().data());
    for (int64_t i = 0; i < count; ++i)
      for (int64_t k = 0; k < run; ++k) apply(to[offset(i) + k], from[i * run + k]);
  });
}

// Elements of a rank 1 tensor after a scatter that replaces some, when every place is known.
void scatter_elements(InferContext& context) {
  auto elements = context.elements(0);
  const auto places = context.known_ints(1);
  const auto updates = context.elements(2);
  if (!elements || !places || !updates || places->size() != updates->size() ||
      context.input_shape(0).rank() != 1 || reduction_of(context.node()) != Reduction::none)
    return;
  const auto length = static_cast<int64_t>(elements->size());
  for (size_t i = 0; i < places->size(); ++i) {
    const int64_t place = (*places)[i];
    if (place < -length || place >= length)
      context.fail("index {} is outside [-{}, {}]", place, length, length - 1);
    (*elements)[static_cast<size_t>(place < 0 ? place + length : place)] = (*updates)[i];
  }
  context.set_elements(0, *elements);
}

// --- ScatterElements

void infer_scatter_elements(InferContext& context) {
  const Shape& data = context.input_shape(0);
  if (data.has_rank()) normalize_axis(int_attr(context.node(), "axis"), data.rank());
  for (const size_t i : {1, 2})
    if (data.has_rank() && context.input_shape(i).has_rank() && context.input_shape(i).rank() != data.rank())
      context.fail("data, indices and updates have different ranks");
  infer_same_as_first(context);
  scatter_elements(context);
}

void scatter_elements_kernel(KernelContext& context) {
  const Tensor &data = context.input(0), &indices = context.input(1), &updates = context.input(2);
  if (indices.rank() != data.rank() || data.rank() == 0)
    context.fail("data and indices need the same rank, at least 1");
  if (updates.dims() != indices.dims()) context.fail("indices and updates have different shapes");
  const size_t axis = normalize_axis(int_attr(context.node(), "axis"), data.rank());
  for (size_t i = 0; i < data.rank(); ++i)
    if (i != axis && indices.dims()[i] > data.dims()[i])
      context.fail("the indices are longer than data along axis {}", i);
  const std::vector<int64_t> places = read_indices(context, indices, data.dims()[axis]);
  Dims strides = row_major_strides(data.dims());
  const int64_t step = strides[axis];
  strides[axis] = 0;
  std::vector<int64_t> offsets(places.size());
  if (!places.empty()) {
    Walk walk(indices.dims(), strides);
    for (size_t i = 0; i < places.size(); ++i, walk.next()) offsets[i] = walk.offset() + places[i] * step;
  }
  Tensor& output = copy_input(context);
  scatter_runs(context, updates, output, 1, [&](int64_t i) { return offsets[static_cast<size_t>(i)]; });
}

std::optional<AxisMove> scatter_elements_axes(const Node& node, size_t, const Permutation& p) {
  const auto axis = renumber_axes({int_attr(node, "axis")}, p);
  if (!axis) return std::nullopt;
  AxisMove move = move_first_input(node, p, p);
  move.inputs = {p, p, p};
  move.attrs.set("axis", axis->front());
  return move;
}

// --- ScatterND

void infer_scatter_nd(InferContext& context) {
  const Shape &data = context.input_shape(0), &indices = context.input_shape(1);
  if (indices.has_rank() && indices.rank() == 0) context.fail("the indices need at least one axis");
  const Dim depth = indices.has_rank() ? indices[indices.rank() - 1] : Dim::unknown();
  if (data.has_rank() && depth.is_known() && depth.value() > static_cast<int64_t>(data.rank()))
    context.fail("the indices name {} axes, data has {}", depth.value(), data.rank());
  infer_same_as_first(context);
  if (depth.equals(1)) scatter_elements(context);
}

void scatter_nd_kernel(KernelContext& context) {
  const Tensor &data = context.input(0), &indices = context.input(1), &updates = context.input(2);
  if (indices.rank() == 0) context.fail("the indices need at least one axis");
  const int64_t depth = indices.dims().back();
  if (depth > static_cast<int64_t>(data.rank()))
    context.fail("the indices name {} axes, data has {}", depth, data.rank());
  const Dims rest(data.dims().begin() + depth, data.dims().end());
  Dims wanted(indices.dims().begin(), indices.dims().end() - 1);
  wanted.insert(wanted.end(), rest.begin(), rest.end());
  if (updates.dims() != wanted) context.fail("updates must have the shape {}", to_string(wanted));
  const std::vector<int64_t> offsets =
      read_positions(context, indices, data.dims(), row_major_strides(data.dims()), 0);
  Tensor& output = copy_input(context);
  scatter_runs(context, updates, output, element_count(rest),
               [&](int64_t i) { return offsets[static_cast<size_t>(i)]; });
}

// --- TensorScatter

size_t sequence_axis(const Node& node, size_t rank) {
  const size_t axis = normalize_axis(int_attr(node, "axis"), rank);
  ENSURE(axis != 0, ShapeError, "{}: axis 0 is the batch", node.describe());
  return axis;
}

void infer_tensor_scatter(InferContext& context) {
  const Shape &cache = context.input_shape(0), &update = context.input_shape(1);
  if (cache.has_rank()) sequence_axis(context.node(), cache.rank());
  if (cache.has_rank() && update.has_rank() && cache.rank() != update.rank())
    context.fail("cache and update have different ranks");
  infer_same_as_first(context);
}

void tensor_scatter_kernel(KernelContext& context) {
  const Tensor &cache = context.input(0), &update = context.input(1);
  if (cache.rank() != update.rank()) context.fail("cache and update have different ranks");
  const size_t axis = sequence_axis(context.node(), cache.rank());
  Dims expected = cache.dims();
  expected[axis] = update.dims()[axis];
  if (update.dims() != expected || expected[axis] > cache.dims()[axis])
    context.fail("the update does not fit the cache");
  const int64_t batches = cache.dims()[0], length = cache.dims()[axis], added = expected[axis];
  std::vector<int64_t> first(static_cast<size_t>(batches), 0);
  if (context.has_input(2)) {
    first = context.input(2).to_int64();
    if (static_cast<int64_t>(first.size()) != batches)
      context.fail("{} write indices for {} batches", first.size(), batches);
  }
  const bool circular = string_attr(context.node(), "mode") == "circular";
  for (int64_t& place : first) {
    if (!circular && (place < 0 || place > length - added))
      context.fail("write index {} does not fit", place);
    if (circular && length > 0) place = ((place % length) + length) % length;
  }
  Tensor& output = copy_input(context);
  const AxisSplit split = split_at(cache.dims(), axis);
  const int64_t prefixes = batches > 0 ? split.outer / batches : 0;
  scatter_runs(context, update, output, split.inner, [&](int64_t i) {
    const int64_t prefix = i / added, place = first[static_cast<size_t>(prefix / prefixes)] + i % added;
    return (prefix * length + (place < length ? place : place - length)) * split.inner;
  });
}

std::optional<AxisMove> tensor_scatter_axes(const Node& node, size_t index, const Permutation& p) {
  const auto axis = renumber_axes({int_attr(node, "axis")}, p);
  if (index > 1 || !axis || p[0] != 0) return std::nullopt;
  // Written place by place in front of the axis, which is sound wherever the axis stands behind the batch.
  AxisMove move = move_first_input(node, p, p);
  move.inputs[1] = p;
  move.attrs.set("axis", axis->front());
  return move;
}

}  // namespace

OpDefs scatter_ops() {
  const auto by_axis = [](const char* name) {
    return OpDef(name)
        .infer(infer_scatter_elements)
        .axes(scatter_elements_axes)
        .evaluate(scatter_elements_kernel)
        .unpack();
  };
  return {by_axis("Scatter"), by_axis("ScatterElements"),
          OpDef("ScatterND").infer(infer_scatter_nd).evaluate(scatter_nd_kernel).unpack(),
          OpDef("TensorScatter")
              .infer(infer_tensor_scatter)
              .axes(tensor_scatter_axes)
              .evaluate(tensor_scatter_kernel)
              .unpack()};
}

}  // namespace modelconv
