// Elements chosen and set by indices. TensorFlow's indices count from the front only.
#include <algorithm>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// Indices below 0 count from the end. `length` is added where the indices are not known to be from the front.
Term from_front(const Term& indices, const Term& length) {
  Translation& t = indices.translation();
  if (indices.value().is_constant()) {
    const auto values = indices.value().constant().to_int64();
    if (std::all_of(values.begin(), values.end(), [](int64_t value) { return value >= 0; })) return indices;
  }
  const Term wide = cast(indices, DType::int64);
  return where(wide < number(t, DType::int64, 0), wide + length, wide);
}

Term scalar(const Term& x) { return reshape(x, std::vector<int64_t>{}); }

void lower_gather(Translation& t) {
  const Term x = input(t, 0);
  const int64_t axis = int_attr(t.node(), "axis");
  const auto place =
      static_cast<int64_t>(axis < 0 ? normalize_axis(axis, x.rank()) : static_cast<size_t>(axis));
  const Term indices = from_front(input(t, 1), scalar(size_of(x, place)));
  set_output(t, 0, compute("tf.GatherV2", {x, indices, number(t, DType::int32, static_cast<double>(place))}));
}

// The place of every element of a tensor of this shape: one row of coordinates each, [shape..., rank].
Term coordinates(const Term& shape, size_t rank, const std::vector<std::optional<Term>>& given) {
  std::vector<Term> columns;
  for (size_t axis = 0; axis < rank; ++axis) {
    if (given[axis]) {
      columns.push_back(unsqueeze(*given[axis], {static_cast<int64_t>(rank)}));
      continue;
    }
    const auto place = static_cast<int64_t>(axis);
    std::vector<int64_t> dims(rank, 1);
    dims[axis] = -1;
    const Term numbers_of_axis = reshape(range(slice(shape, 0, place, place + 1)), dims);
    columns.push_back(
        unsqueeze(compute("tf.BroadcastTo", {numbers_of_axis, shape}), {static_cast<int64_t>(rank)}));
  }
  return concat(columns, static_cast<int64_t>(rank));
}

Term element_coordinates(const Term& x, const Term& indices, int64_t axis_attr) {
  const size_t rank = x.rank(), axis = normalize_axis(axis_attr, rank);
  std::vector<std::optional<Term>> given(rank);
  given[axis] = from_front(cast(indices, DType::int64), scalar(size_of(x, static_cast<int64_t>(axis))));
  return coordinates(shape_of(indices), rank, given);
}

void lower_gather_elements(Translation& t) {
  const Term x = input(t, 0);
  const Term places = element_coordinates(x, input(t, 1), int_attr(t.node(), "axis"));
  set_output(t, 0, compute("tf.GatherNd", {x, places}));
}

// With batch axes both sides get one batch axis in front, and its number goes before the indices.
void lower_gather_nd(Translation& t) {
  const Term x = input(t, 0), indices = index_input(t, 1);
  const int64_t batch = int_attr(t.node(), "batch_dims");
  const auto rank = static_cast<int64_t>(indices.rank());
  const Dim depth = indices.value().shape()[static_cast<size_t>(rank - 1)];
  if (!depth.is_known()) t.refuse("how many axes its indices name is not known");
  Term places = from_front(indices, shape_part(x, batch, batch + depth.value()));
  if (batch > 0) {
    std::vector<std::optional<Term>> none(static_cast<size_t>(batch));
    const Term batches = coordinates(shape_part(indices, 0, batch), static_cast<size_t>(batch), none);
    std::vector<int64_t> axes;
    for (int64_t axis = batch; axis + 1 < rank; ++axis) axes.push_back(axis);
    const Term spread = axes.empty() ? batches : unsqueeze(batches, axes);
    const Term shape = concat({shape_part(indices, 0, rank - 1), numbers(t, {batch})}, 0);
    places = concat({compute("tf.BroadcastTo", {spread, shape}), places}, rank - 1);
  }
  set_output(t, 0, compute("tf.GatherNd", {x, places}));
}

// Rows of coordinates -> positions in the flattened tensor.
Term flat_positions(const Term& x, const Term& places, int64_t depth) {
  Translation& t = x.translation();
  const Term shape = shape_part(x, 0, depth);
  const Term strides = compute("CumProd", {shape, number(t, DType::int64, 0)},
                               {{"exclusive", int64_t{1}}, {"reverse", int64_t{1}}});
  return reduce("ReduceSum", places * strides, {-1});
}

// There is no TensorScatterMul: the updates of each place are multiplied first.
Term scatter_products(const Term& x, const Term& places, const Term& updates, int64_t depth) {
  Translation& t = x.translation();
  const Term count = scalar(reduce("ReduceProd", shape_part(x, 0, depth), {0}, true));
  const Term factors = compute("tf.UnsortedSegmentProd", {updates, flat_positions(x, places, depth), count});
  (void)t;
  return x * reshape(factors, shape_of(x));
}

Term scatter(const Term& x, const Term& places, const Term& updates, int64_t depth) {
  Translation& t = x.translation();
  const std::string reduction = string_attr(t.node(), "reduction");
  if (reduction == "mul") return scatter_products(x, places, updates, depth);
  const char* op = reduction == "add"   ? "tf.TensorScatterAdd"
                   : reduction == "max" ? "tf.TensorScatterMax"
                   : reduction == "min" ? "tf.TensorScatterMin"
                                        : "tf.TensorScatterUpdate";
  if (x.dtype() == DType::boolean && reduction != "none") t.refuse("it combines booleans");
  return compute(op, {x, places, updates});
}

void lower_scatter_elements(Translation& t) {
  const Term x = input(t, 0);
  const Term places = element_coordinates(x, input(t, 1), int_attr(t.node(), "axis"));
  set_output(t, 0, scatter(x, places, input(t, 2), static_cast<int64_t>(x.rank())));
}

void lower_scatter_nd(Translation& t) {
  const Term x = input(t, 0), indices = index_input(t, 1);
  const Dim depth = indices.value().shape().has_rank() ? indices.value().shape()[indices.rank() - 1] : Dim();
  if (!depth.is_known()) t.refuse("how many axes its indices name is not known");
  const Term places = from_front(indices, shape_part(x, 0, depth.value()));
  set_output(t, 0, scatter(x, places, input(t, 2), depth.value()));
}

void lower_one_hot(Translation& t) {
  const Term indices = cast(input(t, 0), DType::int64), values = input(t, 2);
  const Term depth = scalar(cast(input(t, 1), DType::int64));
  const Term on = scalar(slice(values, 0, 1, 2)), off = scalar(slice(values, 0, 0, 1));
  int64_t axis = int_attr(t.node(), "axis");
  if (axis < -1) axis = static_cast<int64_t>(normalize_axis(axis, indices.rank() + 1));
  set_output(t, 0,
             compute("tf.OneHot", {from_front(indices, depth), cast(depth, DType::int32), on, off},
                     {{"axis", axis}}));
}

// Elements (or parts along the axis) at which the condition, which may be shorter, holds.
void lower_compress(Translation& t) {
  Term x = input(t, 0);
  const auto axis = optional_int(t.node(), "axis");
  if (!axis) x = reshape(x, {-1});
  const auto place = static_cast<int64_t>(axis ? normalize_axis(*axis, x.rank()) : 0);
  const Term chosen = squeeze(compute("tf.Where", {input(t, 1)}), {1});
  set_output(t, 0, compute("tf.GatherV2", {x, chosen, number(t, DType::int32, static_cast<double>(place))}));
}

void lower_reverse_sequence(Translation& t) {
  set_output(t, 0,
             compute("tf.ReverseSequence", {input(t, 0), input(t, 1)},
                     {{"seq_dim", int_attr(t.node(), "time_axis")},
                      {"batch_dim", int_attr(t.node(), "batch_axis")}}));
}

}  // namespace

OpMappings lower_gathers() {
  return {
      {"tf.GatherV2", "Gather", nullptr, lower_gather, ""},
      {"tf.GatherNd", "GatherElements", nullptr, lower_gather_elements, ""},
      {"tf.GatherNd", "GatherND", nullptr, lower_gather_nd, ""},
      {"tf.TensorScatterUpdate", "ScatterElements", nullptr, lower_scatter_elements, ""},
      {"tf.TensorScatterUpdate", "ScatterND", nullptr, lower_scatter_nd, ""},
      {"tf.OneHot", "OneHot", nullptr, lower_one_hot, ""},
      {"tf.GatherV2", "Compress", nullptr, lower_compress, ""},
      {"tf.ReverseSequence", "ReverseSequence", nullptr, lower_reverse_sequence, ""},
  };
}

}  // namespace modelconv::tensorflow
