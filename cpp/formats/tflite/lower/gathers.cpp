// Elements by index.
#include <algorithm>
#include <numeric>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "formats/tflite/types.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// Indices that may count from the end of an axis, as indices from the front.
Value& wrapped(Translation& t, Value& indices, Value& size) {
  Value& is_negative = t.add("Less", {&indices, &t.scalar_like(indices, 0)});
  return t.add("Where", {&is_negative, &t.add("Add", {&indices, &size}), &indices});
}

bool is_from_the_front(const Value& indices) {
  if (!indices.is_constant()) return false;
  const std::vector<int64_t> values = indices.constant().to_int64();
  return std::all_of(values.begin(), values.end(), [](int64_t i) { return i >= 0; });
}

// Columns of indices, the last axis, of axes with these sizes; one size is for all of them.
Value& constant_from_the_front(Translation& t, const Tensor& indices, const std::vector<int64_t>& sizes) {
  std::vector<int64_t> values = indices.to_int64();
  for (size_t i = 0; i < values.size(); ++i) values[i] += values[i] < 0 ? sizes[i % sizes.size()] : 0;
  return t.constant(Tensor::vector(values).reshaped(indices.dims()));
}

Value& from_the_front(Translation& t, Value& indices, int64_t size) {
  if (is_from_the_front(indices)) return indices;
  if (indices.is_constant()) return constant_from_the_front(t, indices.constant(), {size});
  return wrapped(t, indices, t.scalar_like(indices, static_cast<double>(size)));
}

// The same along an axis of x, whose size may be computed.
Value& from_the_front(Translation& t, Value& indices, Value& x, size_t axis) {
  const Dim& size = x.shape()[axis];
  if (size.is_known()) return from_the_front(t, indices, size.value());
  if (is_from_the_front(indices)) return indices;
  Value& sizes = t.add("Shape", {&x});
  Value& computed = t.add("Gather", {&sizes, &t.scalar(DType::int64, static_cast<double>(axis))});
  return wrapped(t, indices, t.cast(computed, indices.dtype()));
}

void lower_gather(Translation& t) {
  const size_t axis = normalize_axis(int_attr(t.node(), "axis"), t.rank(0));
  Value& indices = from_the_front(t, t.required(1), t.required(0), axis);
  Value& narrow = indices.is_constant() ? as_int32(t, indices) : indices;
  finish(t, "GATHER", {t.input(0), &narrow},
         {{"axis", static_cast<int64_t>(axis)}, {"batch_dims", int64_t{0}}});
}

// How many axes the columns of GatherND's and ScatterND's indices name.
size_t depth_of(Translation& t, const Value& indices) {
  return static_cast<size_t>(static_dim(t, indices, t.rank_of(indices) - 1));
}

// Coordinates along the axes of x from `first` on, one row each.
Value& rows_from_the_front(Translation& t, Value& indices, Value& x, size_t first) {
  if (is_from_the_front(indices)) return indices;
  std::vector<int64_t> sizes;
  const size_t end = first + depth_of(t, indices);
  for (size_t axis = first; axis < end && x.shape()[axis].is_known(); ++axis)
    sizes.push_back(x.shape()[axis].value());
  const bool known = sizes.size() == end - first;
  if (known && indices.is_constant()) return constant_from_the_front(t, indices.constant(), sizes);
  Value& row = known ? t.ints(sizes)
                     : t.add("Shape", {&x},
                             {{"start", static_cast<int64_t>(first)}, {"end", static_cast<int64_t>(end)}});
  return wrapped(t, indices, t.cast(row, indices.dtype()));
}

// Where each element of a tensor lies along one axis: int32, with an axis of 1 behind the tensor's own.
Value& known_places(Translation& t, const Dims& dims, size_t axis) {
  int64_t inner = 1;
  for (size_t i = axis + 1; i < dims.size(); ++i) inner *= dims[i];
  std::vector<int32_t> places(static_cast<size_t>(element_count(dims)));
  for (size_t k = 0; k < places.size(); ++k)
    places[k] = static_cast<int32_t>(static_cast<int64_t>(k) / inner % dims[axis]);
  Dims column = dims;
  column.push_back(1);
  return t.constant(Tensor::of<int32_t>(column, places));
}

Value& computed_places(Translation& t, Value& x, size_t axis) {
  const auto at = static_cast<int64_t>(axis);
  Value& sizes = t.add("Shape", {&x});
  Value& size = t.add("Gather", {&sizes, &t.scalar(DType::int64, static_cast<double>(at))});
  Value& range = t.add("Range", {&int32_scalar(t, 0), &t.cast(size, DType::int32), &int32_scalar(t, 1)});
  std::vector<int64_t> along(t.rank(0) + 1, 1);
  along[axis] = -1;
  Value& column = t.add("Concat", {&sizes, &t.ints({1})}, {{"axis", int64_t{0}}});
  return t.add("Expand", {&reshaped(t, range, along), &column});
}

// The place of each element of `indices` along one of its axes.
Value& places_along(Translation& t, Value& indices, size_t axis) {
  return indices.shape().is_static() ? known_places(t, static_dims(t, indices), axis)
                                     : computed_places(t, indices, axis);
}

// An index for every axis, of which all but one are the place itself: [indices..., rank], int32.
Value& element_coordinates(Translation& t, Value& x, Value& indices, int64_t axis_attr) {
  const size_t rank = t.rank_of(x), axis = normalize_axis(axis_attr, rank);
  Value& along = from_the_front(t, indices, x, axis);
  std::vector<Value*> parts;
  for (size_t i = 0; i < rank; ++i)
    parts.push_back(i == axis ? &as_int32(t, unsqueezed(t, along, {static_cast<int64_t>(rank)}))
                              : &places_along(t, indices, i));
  return t.add("Concat", parts, {{"axis", static_cast<int64_t>(rank)}});
}

void lower_gather_elements(Translation& t) {
  Value& all = element_coordinates(t, t.required(0), t.required(1), int_attr(t.node(), "axis"));
  finish(t, "GATHER_ND", {t.input(0), &all});
}

// Axes that both sides share become columns in front of the others.
void lower_gather_nd(Translation& t) {
  Value &x = t.required(0), &indices = t.required(1);
  const auto batch = static_cast<size_t>(int_attr(t.node(), "batch_dims"));
  Value& rows = as_int32(t, rows_from_the_front(t, indices, x, batch));
  if (batch == 0) return finish(t, "GATHER_ND", {&x, &rows});
  const auto last = static_cast<int64_t>(t.rank_of(indices)) - 1;
  Value& one_column = t.add("Slice", {&rows, &t.ints({0}), &t.ints({1}), &t.ints({last})});
  Value& grid = squeezed(t, one_column, {last});
  std::vector<Value*> columns;
  for (size_t axis = 0; axis < batch; ++axis) columns.push_back(&places_along(t, grid, axis));
  columns.push_back(&rows);
  finish(t, "GATHER_ND", {&x, &t.add("Concat", columns, {{"axis", last}})});
}

void lower_one_hot(Translation& t) {
  const size_t rank = t.rank(0) + 1, axis = normalize_axis(int_attr(t.node(), "axis"), rank);
  const Value& size = t.required(1);
  const auto depth =
      size.is_constant() ? size.constant().to_int64() : t.known_ints(1).value_or(std::vector<int64_t>{});
  if (depth.empty()) t.refuse("a computed depth");
  Value& values = t.required(2);
  const auto element = [&](int64_t at) -> Value& {
    if (values.is_constant()) return constant_part(t, values, 0, at, 1);
    return t.add("Slice", {&values, &t.ints({at}), &t.ints({at + 1})});
  };
  Value &off = reshaped(t, element(0), {}), &on = reshaped(t, element(1), {});
  Value& whole = t.cast(t.required(0), DType::int64);
  Value& front = from_the_front(t, whole, depth.at(0));
  finish(t, "ONE_HOT", {&as_int32(t, front), &int32_scalar(t, depth.at(0)), &on, &off},
         {{"axis", axis + 1 == rank ? int64_t{-1} : static_cast<int64_t>(axis)}});
}

// Coordinates of what is not 0, one column for each.
void lower_non_zero(Translation& t) {
  Value& x = t.required(0);
  Value& flags = x.dtype() == DType::boolean ? x : t.cast(x, DType::boolean);
  Type type = t.node().output()->type;
  if (type.shape.has_rank()) type.shape = Shape{type.shape[1], type.shape[0]};
  Value& rows = emit(t, "WHERE", {&flags}, {}, type);
  t.set_output(0, t.transpose(rows, {1, 0}));
}

void lower_reverse_sequence(Translation& t) {
  finish(t, "REVERSE_SEQUENCE", {t.input(0), &as_int32(t, t.required(1))},
         {{"seq_dim", int_attr(t.node(), "time_axis")}, {"batch_dim", int_attr(t.node(), "batch_axis")}});
}

// --- ScatterND, ScatterElements: rows of coordinates along the first `depth` axes of the data

Value& shape_for(Translation& t, Value& value) {
  return value.shape().is_static() ? int32s(t, static_dims(t, value)) : as_int32(t, t.add("Shape", {&value}));
}

Value& scattered_over_zeros(Translation& t, Value& rows, Value& updates, Value& data) {
  return emit(t, "SCATTER_ND", {&rows, &updates, &shape_for(t, data)}, {},
              Type::tensor(updates.dtype(), data.shape()));
}

// A mask of ones scattered likewise says where the data stays.
Value& replaced(Translation& t, Value& data, Value& rows, Value& updates) {
  Value& ones = updates.shape().is_static()
                    ? t.constant(Tensor::filled(DType::int32, static_dims(t, updates), 1))
                    : t.add("Expand", {&int32_scalar(t, 1), &t.add("Shape", {&updates})});
  Value& hits = scattered_over_zeros(t, rows, ones, data);
  Value& is_hit = t.add("Greater", {&hits, &int32_scalar(t, 0)});
  return t.add("Where", {&is_hit, &scattered_over_zeros(t, rows, updates, data), &data});
}

// What meets at one place is combined first, then with the data: the first axes of both are one axis of segments.
Value& combined(Translation& t, Value& data, Value& rows, Value& updates, const std::string& reduction) {
  if (data.dtype() != DType::float32 && data.dtype() != DType::int32)
    t.refuse("reduction '{}' of elements of type {}", reduction, name_of(data.dtype()));
  const size_t depth = depth_of(t, rows);
  const Dims dims = static_dims(t, data);
  std::vector<int64_t> strides(depth, 1), segments{1};
  for (size_t i = depth; i-- > 0; segments[0] *= dims[i]) strides[i] = segments[0];
  segments.insert(segments.end(), dims.begin() + static_cast<int64_t>(depth), dims.end());
  Value& weighted = t.add("Mul", {&rows, &int32s(t, strides)});
  Value& places = t.add("ReduceSum", {&weighted, &t.ints({-1})}, {{"keepdims", int64_t{0}}});
  std::vector<int64_t> lines = segments;
  lines[0] = -1;
  const char* name = reduction == "mul"   ? "UNSORTED_SEGMENT_PROD"
                     : reduction == "max" ? "UNSORTED_SEGMENT_MAX"
                                          : "UNSORTED_SEGMENT_MIN";
  Value& met =
      emit(t, name, {&reshaped(t, updates, lines), &reshaped(t, places, {-1}), &int32_scalar(t, segments[0])},
           {}, Type::tensor(data.dtype(), Shape::of(segments)));
  return t.add(reduction == "mul"   ? "Mul"
               : reduction == "max" ? "Max"
                                    : "Min",
               {&data, &reshaped(t, met, dims)});
}

void scatter(Translation& t, Value& rows) {
  const std::string reduction = string_attr(t.node(), "reduction");
  Value &data = t.required(0), &updates = t.required(2);
  if (reduction == "none") return t.set_output(0, replaced(t, data, rows, updates));
  if (reduction == "add")
    return t.set_output(0, t.add("Add", {&data, &scattered_over_zeros(t, rows, updates, data)}));
  t.set_output(0, combined(t, data, rows, updates, reduction));
}

void lower_scatter_nd(Translation& t) {
  scatter(t, as_int32(t, rows_from_the_front(t, t.required(1), t.required(0), 0)));
}

void lower_scatter_elements(Translation& t) {
  scatter(t, element_coordinates(t, t.required(0), t.required(1), int_attr(t.node(), "axis")));
}

// By the places where the condition holds.
void lower_compress(Translation& t) {
  Value *x = &t.required(0), &places = squeezed(t, t.add("NonZero", {t.input(1)}), {0});
  const auto axis = optional_int(t.node(), "axis");
  if (!axis) x = &reshaped(t, *x, {-1});
  t.set_output(0, t.add("Gather", {x, &places}, {{"axis", axis.value_or(0)}}));
}

}  // namespace

OpMappings lower_gathers() {
  return {
      {"tflite.GATHER", "Gather", nullptr, lower_gather, ""},
      {"tflite.GATHER_ND", "GatherND", nullptr, lower_gather_nd, ""},
      {"tflite.GATHER_ND", "GatherElements", nullptr, lower_gather_elements, ""},
      {"tflite.ONE_HOT", "OneHot", nullptr, lower_one_hot, "a known depth"},
      {"tflite.WHERE", "NonZero", nullptr, lower_non_zero, ""},
      {"tflite.GATHER", "Compress", nullptr, lower_compress, ""},
      {"tflite.REVERSE_SEQUENCE", "ReverseSequence", nullptr, lower_reverse_sequence, ""},
      {"tflite.SCATTER_ND", "ScatterND", nullptr, lower_scatter_nd, "also UNSORTED_SEGMENT_MAX, _MIN, _PROD"},
      {"tflite.SCATTER_ND", "ScatterElements", nullptr, lower_scatter_elements, "likewise"},
  };
}

}  // namespace modelconv::tflite
