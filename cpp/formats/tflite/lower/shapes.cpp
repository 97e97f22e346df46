// Shapes: asking for them and changing them.
#include <algorithm>
#include <numeric>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "formats/tflite/types.h"
#include "ops/attributes.h"
#include "ops/axes.h"

namespace modelconv::tflite {
namespace {

// At most one size is unknown: the constant that RESHAPE takes. Nothing otherwise.
std::optional<std::vector<int64_t>> constant_shape(const Shape& shape) {
  if (!shape.has_rank()) return std::nullopt;
  std::vector<int64_t> sizes;
  int64_t unknown = 0;
  bool empty = false;
  for (const Dim& dim : shape.dims()) {
    sizes.push_back(dim.known().value_or(-1));
    unknown += dim.is_known() ? 0 : 1;
    empty = empty || dim.equals(0);
  }
  if (unknown > 1 || (unknown == 1 && empty)) return std::nullopt;
  return sizes;
}

void reshape(Translation& t, const std::vector<int64_t>& sizes) {
  finish(t, "RESHAPE", {t.input(0), &int32s(t, sizes)}, {{"new_shape", sizes}});
}

// Sizes of the result, element by element: known ones, and those of an axis of the input.
Value& computed_shape(Translation& t, const Shape& result) {
  const Shape& from = t.input(0)->shape();
  std::vector<Value*> parts;
  for (size_t i = 0; i < result.rank(); ++i) {
    if (result[i].is_known()) {
      parts.push_back(&t.ints({result[i].value()}));
      continue;
    }
    const auto same = std::find_if(from.dims().begin(), from.dims().end(),
                                   [&](const Dim& dim) { return dim == result[i]; });
    if (same == from.dims().end() || result[i].is_unknown())
      t.refuse("size {} of the result {} is not known", i, result.str());
    const auto axis = static_cast<int64_t>(same - from.dims().begin());
    parts.push_back(&t.add("Shape", {t.input(0)}, {{"start", axis}, {"end", axis + 1}}));
  }
  return t.add("Concat", parts, {{"axis", int64_t{0}}});
}

void reshape_to_own_shape(Translation& t) {
  const Shape& shape = t.node().output()->shape();
  if (const auto sizes = constant_shape(shape)) return reshape(t, *sizes);
  if (!shape.has_rank()) t.refuse("the rank of the result is not known");
  finish(t, "RESHAPE", {t.input(0), &as_int32(t, computed_shape(t, shape))});
}

void lower_reshape(Translation& t) {
  const Shape& shape = t.node().output()->shape();
  if (const auto sizes = constant_shape(shape)) return reshape(t, *sizes);
  if (const auto asked = t.known_ints(1)) {
    const bool copies =
        int_attr(t.node(), "allowzero") == 0 && std::count(asked->begin(), asked->end(), 0) > 0;
    if (!copies) return reshape(t, *asked);
    return reshape_to_own_shape(t);
  }
  finish(t, "RESHAPE", {t.input(0), &as_int32(t, t.required(1))});
}

// More axes than the interpreter moves: neighbours that stay neighbours move as one.
constexpr size_t kMostMovedAxes = 6;

void lower_transpose(Translation& t) {
  Value& x = t.required(0);
  const size_t rank = t.rank(0);
  std::vector<int64_t> perm(rank);
  std::iota(perm.rbegin(), perm.rend(), int64_t{0});
  perm = optional_ints(t.node(), "perm").value_or(perm);
  if (rank == 0) return t.set_output(0, x);
  if (rank > kMostMovedAxes) {
    std::vector<std::vector<int64_t>> groups;  // in the order of the result
    for (const int64_t axis : perm) {
      const bool one = x.shape()[static_cast<size_t>(axis)].equals(1);
      if (!groups.empty() && (groups.back().back() + 1 == axis || one))
        groups.back().push_back(axis);
      else
        groups.push_back({axis});
    }
    if (groups.size() >= rank) t.refuse("{} axes that all move", rank);
    std::vector<size_t> order(groups.size());  // of the groups, in the input
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return groups[a][0] < groups[b][0]; });
    const Dims dims = static_dims(t, x);
    Dims merged;
    std::vector<int64_t> places(groups.size());
    for (size_t i = 0; i < order.size(); ++i) {
      int64_t size = 1;
      for (const int64_t axis : groups[order[i]]) size *= dims[static_cast<size_t>(axis)];
      merged.push_back(size);
      places[order[i]] = static_cast<int64_t>(i);
    }
    Value& moved = t.add("Transpose", {&reshaped(t, x, merged)}, {{"perm", places}});
    return t.set_output(0, reshaped(t, moved, permuted(dims, to_permutation(perm))));
  }
  finish(t, "TRANSPOSE", {&x, &int32s(t, perm)});
}

void lower_shape(Translation& t) {
  Value& x = t.required(0);
  const auto rank = static_cast<int64_t>(t.rank(0));
  const auto clamp = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const int64_t start = clamp(int_attr(t.node(), "start"));
  const int64_t end = clamp(optional_int(t.node(), "end").value_or(rank));
  Value& shape =
      emit(t, "SHAPE", {&x}, {{"out_type", std::string("INT64")}}, Type::tensor(DType::int64, Shape{rank}));
  if (start == 0 && end == rank) return t.set_output(0, shape);
  t.set_output(0, t.add("Slice", {&shape, &t.ints({start}), &t.ints({std::max(start, end)})}));
}

void lower_size(Translation& t) {
  Value& shape = t.add("Shape", {t.input(0)});
  t.set_output(0, t.add("ReduceProd", {&shape}, {{"keepdims", int64_t{0}}}));
}

// Where the result's shape is not known, BROADCAST_TO would shrink what Expand leaves.
void lower_expand(Translation& t) {
  Value& x = t.required(0);
  const Shape& result = t.node().output()->shape();
  if (const auto dims = result.static_dims()) return finish(t, "BROADCAST_TO", {&x, &int32s(t, *dims)});
  Value& ones = t.add("ConstantOfShape", {t.input(1)}, {{"value", Tensor::filled(x.dtype(), {1}, 1)}});
  if (x.dtype() == DType::boolean) return t.set_output(0, t.add("And", {&x, &ones}));
  t.set_output(0, t.add("Mul", {&x, &ones}));
}

void lower_constant_of_shape(Translation& t) {
  const Tensor* value = t.node().attrs.get<Tensor>("value");
  Value& element = t.constant(value ? value->reshaped({}) : Tensor::scalar(0.0f));
  Value& shape = t.required(0);
  if (const auto dims = t.node().output()->shape().static_dims())
    return finish(t, "FILL", {&int32s(t, *dims), &element});
  finish(t, "FILL", {&shape, &element});
}

void lower_tile(Translation& t) { finish(t, "TILE", {t.input(0), &as_int32(t, t.required(1))}); }

void lower_range(Translation& t) { finish(t, "RANGE", {t.input(0), t.input(1), t.input(2)}); }

}  // namespace

OpMappings lower_shapes() {
  return {
      {"tflite.RESHAPE", "Reshape", nullptr, lower_reshape, ""},
      {"tflite.RESHAPE", "Flatten", nullptr, reshape_to_own_shape, ""},
      {"tflite.RESHAPE", "Squeeze", nullptr, reshape_to_own_shape, ""},
      {"tflite.RESHAPE", "Unsqueeze", nullptr, reshape_to_own_shape, ""},
      {"tflite.TRANSPOSE", "Transpose", nullptr, lower_transpose, ""},
      {"tflite.SHAPE", "Shape", nullptr, lower_shape, ""},
      {"tflite.SHAPE", "Size", nullptr, lower_size, ""},
      {"tflite.BROADCAST_TO", "Expand", nullptr, lower_expand, ""},
      {"tflite.FILL", "ConstantOfShape", nullptr, lower_constant_of_shape, ""},
      {"tflite.TILE", "Tile", nullptr, lower_tile, ""},
      {"tflite.RANGE", "Range", nullptr, lower_range, ""},
  };
}

}  // namespace modelconv::tflite
