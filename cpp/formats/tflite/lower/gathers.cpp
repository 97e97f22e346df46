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

Value& from_the_front(Translation& t, Value& indices, int64_t size) {
  if (is_from_the_front(indices)) return indices;
  if (indices.is_constant()) {
    std::vector<int64_t> values = indices.constant().to_int64();
    for (int64_t& i : values) i += i < 0 ? size : 0;
    return t.constant(Tensor::vector(values).reshaped(indices.constant().dims()));
  }
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

void lower_gather_nd(Translation& t) {
  if (int_attr(t.node(), "batch_dims") != 0) t.refuse("batch_dims {}", int_attr(t.node(), "batch_dims"));
  Value& indices = t.required(1);
  if (indices.is_constant()) {
    const std::vector<int64_t> values = indices.constant().to_int64();
    const auto depth = static_cast<size_t>(indices.constant().dims().back());
    std::vector<int64_t> positive;
    for (size_t i = 0; i < values.size(); ++i)
      positive.push_back(values[i] < 0 ? values[i] + static_dim(t, t.required(0), i % depth) : values[i]);
    Value& front = t.constant(Tensor::vector(positive).reshaped(indices.constant().dims()));
    return finish(t, "GATHER_ND", {t.input(0), &as_int32(t, front)});
  }
  finish(t, "GATHER_ND", {t.input(0), &as_int32(t, indices)});
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

// An index for every axis, of which all but one are the place itself.
void lower_gather_elements(Translation& t) {
  Value &x = t.required(0), &indices = t.required(1);
  const size_t rank = t.rank(0), axis = normalize_axis(int_attr(t.node(), "axis"), rank);
  Value& along = from_the_front(t, indices, x, axis);
  std::vector<Value*> parts;
  for (size_t i = 0; i < rank; ++i) {
    if (i == axis)
      parts.push_back(&as_int32(t, unsqueezed(t, along, {static_cast<int64_t>(rank)})));
    else
      parts.push_back(&(indices.shape().is_static() ? known_places(t, static_dims(t, indices), i)
                                                    : computed_places(t, indices, i)));
  }
  Value& all = t.add("Concat", parts, {{"axis", static_cast<int64_t>(rank)}});
  t.set_output(0, t.add("GatherND", {&x, &all}));
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

// What is scattered over zeros, and a mask of ones scattered likewise, which says where the data stays.
void lower_scatter_nd(Translation& t) {
  const std::string reduction = string_attr(t.node(), "reduction");
  if (reduction != "none" && reduction != "add") t.refuse("reduction '{}'", reduction);
  Value &data = t.required(0), &updates = t.required(2);
  Value& shape = int32s(t, static_dims(t, data));
  Value& indices = as_int32(t, t.required(1));
  Value& scattered = emit(t, "SCATTER_ND", {&indices, &updates, &shape}, {}, data.type);
  if (reduction == "add") return t.set_output(0, t.add("Add", {&data, &scattered}));
  Value& ones = t.constant(Tensor::filled(DType::int32, static_dims(t, updates), 1));
  Value& hits =
      emit(t, "SCATTER_ND", {&indices, &ones, &shape}, {}, Type::tensor(DType::int32, data.shape()));
  Value& is_hit = t.add("Greater", {&hits, &t.scalar(DType::int32, 0)});
  t.set_output(0, t.add("Where", {&is_hit, &scattered, &data}));
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
      {"tflite.GATHER_ND", "GatherND", nullptr, lower_gather_nd, "without batch_dims"},
      {"tflite.GATHER_ND", "GatherElements", nullptr, lower_gather_elements, ""},
      {"tflite.ONE_HOT", "OneHot", nullptr, lower_one_hot, "a known depth"},
      {"tflite.WHERE", "NonZero", nullptr, lower_non_zero, ""},
      {"tflite.GATHER", "Compress", nullptr, lower_compress, ""},
      {"tflite.REVERSE_SEQUENCE", "ReverseSequence", nullptr, lower_reverse_sequence, ""},
      {"tflite.SCATTER_ND", "ScatterND", nullptr, lower_scatter_nd,
       "reduction none (indices all different) or add"},
  };
}

}  // namespace modelconv::tflite
