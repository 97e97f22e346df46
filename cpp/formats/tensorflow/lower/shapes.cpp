// Shapes: asking for them and changing them; tensors made of one value or of a range.
#include <algorithm>
#include <numeric>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

const Attrs kShapeType = {{"out_type", Type::tensor(DType::int64)}};

// The shape of the result as a constant: at most one size is unknown, and no size is 0, which -1 could not tell.
std::optional<std::vector<int64_t>> constant_shape(const Value& result) {
  if (!result.shape().has_rank()) return std::nullopt;
  std::vector<int64_t> sizes;
  size_t unknown = 0;
  for (const Dim& dim : result.shape().dims()) {
    sizes.push_back(dim.is_known() ? dim.value() : -1);
    unknown += dim.is_known() ? 0 : 1;
    if (dim.equals(0)) return std::nullopt;
  }
  if (unknown > 1) return std::nullopt;
  return sizes;
}

void reshape_to(Translation& t, const Term& shape) {
  set_output(t, 0, compute("tf.Reshape", {input(t, 0), shape}));
}

// 0 means "as in the input" in ONNX unless allowzero is set; in TensorFlow it is a size.
void lower_reshape(Translation& t) {
  if (const auto known = constant_shape(*t.node().output())) return reshape_to(t, numbers(t, *known));
  const Term x = input(t, 0), wanted = index_input(t, 1);
  const auto known = t.known_ints(1);
  const bool has_no_zero = known && std::find(known->begin(), known->end(), 0) == known->end();
  if (int_attr(t.node(), "allowzero") != 0 || has_no_zero) return reshape_to(t, wanted);
  // Axes beyond the input's have no size to take over.
  const Term count = size_of(wanted, 0);
  const Term sizes = concat({shape_of(x), filled(count, DType::int64, 1)}, 0);
  reshape_to(t, where(equal(wanted, 0.0), slice(sizes, 0, numbers(t, {0}), count), wanted));
}

void lower_flatten(Translation& t) {
  if (const auto known = constant_shape(*t.node().output())) return reshape_to(t, numbers(t, *known));
  const Term x = input(t, 0);
  const auto rank = static_cast<int64_t>(x.rank()), axis = int_attr(t.node(), "axis");
  const int64_t at = axis < 0 ? axis + rank : axis;
  const Term rows = reduce("ReduceProd", shape_part(x, 0, at), {0}, true);
  const Term columns = reduce("ReduceProd", shape_part(x, at, rank), {0}, true);
  reshape_to(t, concat({rows, columns}, 0));
}

void lower_shape(Translation& t) {
  const Term whole = compute("tf.Shape", {input(t, 0)}, kShapeType);
  const int64_t start = int_attr(t.node(), "start"), end = optional_int(t.node(), "end").value_or(kEnd);
  set_output(t, 0, start == 0 && end == kEnd ? whole : slice(whole, 0, start, end));
}

void lower_size(Translation& t) { set_output(t, 0, compute("tf.Size", {input(t, 0)}, kShapeType)); }

void lower_squeeze(Translation& t) {
  Attrs attrs;
  if (t.input(1)) attrs.set("squeeze_dims", t.constant_ints(1, "axes"));
  const auto* axes = attrs.get<std::vector<int64_t>>("squeeze_dims");
  // No axes at all are all axes in TensorFlow.
  if (axes && axes->empty()) return set_output(t, 0, compute("Identity", {input(t, 0)}));
  set_output(t, 0, compute("tf.Squeeze", {input(t, 0)}, attrs));
}

void lower_unsqueeze(Translation& t) {
  const Shape& count = t.required(1).shape();
  if (!t.known_ints(1) && count.has_rank() && count.rank() == 1 && count[0].equals(1))
    return set_output(t, 0, compute("tf.ExpandDims", {input(t, 0), index_input(t, 1)}));
  std::vector<int64_t> axes = t.constant_ints(1, "axes");
  Term x = input(t, 0);
  if (axes.size() > 1) {
    if (const auto known = constant_shape(*t.node().output())) return reshape_to(t, numbers(t, *known));
    const size_t rank = x.rank() + axes.size();
    for (int64_t& axis : axes) axis = static_cast<int64_t>(normalize_axis(axis, rank));
    std::sort(axes.begin(), axes.end());
  }
  if (axes.empty()) x = compute("Identity", {x});
  for (const int64_t axis : axes) x = compute("tf.ExpandDims", {x, numbers(t, {axis})});
  set_output(t, 0, x);
}

void lower_transpose(Translation& t) {
  std::vector<int64_t> perm(optional_ints(t.node(), "perm").value_or(std::vector<int64_t>()));
  if (!t.node().attrs.has("perm")) {
    perm.resize(t.rank(0));
    std::iota(perm.rbegin(), perm.rend(), 0);
  }
  set_output(t, 0, compute("tf.Transpose", {input(t, 0), numbers(t, perm)}));
}

// Both the input and the wanted shape may have sizes of 1 that the other one replaces.
void lower_expand(Translation& t) {
  const Term x = input(t, 0), wanted = index_input(t, 1);
  const auto known = t.node().output()->shape().static_dims();
  const Term shape = known ? numbers(t, *known) : compute("tf.BroadcastArgs", {shape_of(x), wanted});
  set_output(t, 0, compute("tf.BroadcastTo", {x, shape}));
}

void lower_tile(Translation& t) { set_output(t, 0, compute("tf.Tile", {input(t, 0), index_input(t, 1)})); }

void lower_constant_of_shape(Translation& t) {
  const Tensor* value = t.node().attrs.get<Tensor>("value");
  const Tensor scalar = value ? value->reshaped({}) : Tensor::scalar(0.0F);
  set_output(t, 0, compute("tf.Fill", {index_input(t, 0), {t, t.constant(scalar)}}));
}

void lower_constant(Translation& t) {
  for (const auto& [name, attribute] : t.node().attrs)
    if (const Tensor* tensor = std::get_if<Tensor>(&attribute))
      return set_output(t, 0, compute("Identity", {{t, t.constant(*tensor)}}));
  t.refuse("it holds no dense tensor");
}

void lower_range(Translation& t) {
  set_output(t, 0, compute("tf.Range", {input(t, 0), input(t, 1), input(t, 2)}));
}

// Ones where the column is the row's number and `k` more.
void lower_eye_like(Translation& t) {
  const Term x = input(t, 0);
  const DType dtype = optional_dtype(t.node(), "dtype").value_or(x.dtype());
  const Term rows = unsqueeze(range(size_of(x, 0)), {1}), columns = unsqueeze(range(size_of(x, 1)), {0});
  set_output(t, 0, cast(equal(columns, rows + static_cast<double>(int_attr(t.node(), "k"))), dtype));
}

void lower_trilu(Translation& t) {
  const Term x = input(t, 0);
  const bool upper = int_attr(t.node(), "upper") != 0;
  const Term k = t.input(1) ? reshape(index_input(t, 1), std::vector<int64_t>{}) : number(t, DType::int64, 0);
  const Term rows = unsqueeze(range(size_of(x, -2)), {1}), columns = unsqueeze(range(size_of(x, -1)), {0});
  const Term limit = rows + k;
  const Term inside = upper ? limit <= columns : columns <= limit;
  if (x.dtype() == DType::boolean) return set_output(t, 0, both(x, inside));
  set_output(t, 0, where(inside, x, 0.0));
}

}  // namespace

OpMappings lower_shapes() {
  return {
      {"tf.Reshape", "Reshape", nullptr, lower_reshape, ""},
      {"tf.Reshape", "Flatten", nullptr, lower_flatten, ""},
      {"tf.Shape", "Shape", nullptr, lower_shape, ""},
      {"tf.Size", "Size", nullptr, lower_size, ""},
      {"tf.Squeeze", "Squeeze", nullptr, lower_squeeze, "constant axes"},
      {"tf.ExpandDims", "Unsqueeze", nullptr, lower_unsqueeze, "constant axes"},
      {"tf.Transpose", "Transpose", nullptr, lower_transpose, ""},
      {"tf.BroadcastTo", "Expand", nullptr, lower_expand, ""},
      {"tf.Tile", "Tile", nullptr, lower_tile, ""},
      {"tf.Fill", "ConstantOfShape", nullptr, lower_constant_of_shape, ""},
      {"tf.Const", "Constant", nullptr, lower_constant, ""},
      {"tf.Range", "Range", nullptr, lower_range, ""},
      {"tf.Equal", "EyeLike", nullptr, lower_eye_like, ""},
      {"tf.SelectV2", "Trilu", nullptr, lower_trilu, ""},
  };
}

}  // namespace modelconv::tensorflow
