// Diagonals of the last two axes (of any two), and the triangles beside them.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

// Brings two axes to the end, in this order.
std::vector<int64_t> to_the_end(size_t rank, int64_t first, int64_t second) {
  std::vector<int64_t> perm;
  for (const int64_t axis : all_axes(rank))
    if (axis != first && axis != second) perm.push_back(axis);
  perm.push_back(first);
  perm.push_back(second);
  return perm;
}

std::vector<int64_t> inverse(const std::vector<int64_t>& perm) {
  std::vector<int64_t> back(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) back[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return back;
}

// `matrices` [..., n, m]: element i is at row i + max(-offset, 0), column i + max(offset, 0).
Term diagonal(const Term& matrices, int64_t offset) {
  const int64_t first_row = std::max<int64_t>(-offset, 0), first_column = std::max<int64_t>(offset, 0);
  Translation& t = matrices.translation();
  const Term rows = size_of(matrices, -1 + static_cast<int64_t>(matrices.rank()) - 1),
             columns = size_of(matrices, static_cast<int64_t>(matrices.rank()) - 1);
  const Term length =
      maximum(minimum(rows - static_cast<double>(first_row), columns - static_cast<double>(first_column)),
              numbers(t, {0}));
  const Term i = range(length);
  const Term places = (i + static_cast<double>(first_row)) * columns + i + static_cast<double>(first_column);
  const auto rank = static_cast<int64_t>(matrices.rank());
  const Term flat = rank == 2
                        ? reshape(matrices, {-1})
                        : reshape(matrices, concat({shape_part(matrices, 0, rank - 2), numbers(t, {-1})}, 0));
  return gather(flat, places, rank - 2);
}

// Values [..., k] on the diagonal of matrices [..., n, m], and where those are: [n, m].
struct Placed {
  Term values, is_there;
};

Placed placed(const Term& values, const Term& rows, const Term& columns, int64_t offset) {
  Translation& t = values.translation();
  const Term row = unsqueeze(range(rows), {1}), column = range(columns);
  const Term along =
      column - static_cast<double>(std::max<int64_t>(offset, 0));  // which value stands in the column
  const auto last_axis = static_cast<int64_t>(values.rank()) - 1;
  const Term safe = maximum(minimum(along, size_of(values, last_axis) - 1.0), numbers(t, {0}));
  const Term is_there = equal(unsqueeze(column, {0}) - row, static_cast<double>(offset));
  return {unsqueeze(gather(values, safe, last_axis), {-2}), is_there};
}

Term embedded(const Term& values, int64_t offset) {
  const Term size =
      size_of(values, static_cast<int64_t>(values.rank()) - 1) + static_cast<double>(std::abs(offset));
  const Placed at = placed(values, size, size, offset);
  return where(at.is_there, at.values, number(values.translation(), values.dtype(), 0));
}

void raise_diagonal(Translation& t) {
  const Call call(t, {"self, offset:int=0, dim1:int=0, dim2:int=1"});
  const Term x = tensor(call, "self");
  give(diagonal(transpose(x, to_the_end(x.rank(), call.axis("dim1", x.rank()), call.axis("dim2", x.rank()))),
                call.integer("offset")));
}

void raise_linalg_diagonal(Translation& t) {
  const Call call(t, "A, offset:int=0, dim1:int=-2, dim2:int=-1");
  const Term x = tensor(call, "A");
  give(diagonal(transpose(x, to_the_end(x.rank(), call.axis("dim1", x.rank()), call.axis("dim2", x.rank()))),
                call.integer("offset")));
}

void raise_diag(Translation& t) {
  const Call call(t, "self, diagonal:int=0");
  const Term x = tensor(call, "self");
  give(x.rank() == 1 ? embedded(x, call.integer("diagonal")) : diagonal(x, call.integer("diagonal")));
}

void raise_diag_embed(Translation& t) {
  const Call call(t, "self, offset:int=0, dim1:int=-2, dim2:int=-1");
  const Term x = tensor(call, "self");
  const size_t rank = x.rank() + 1;
  give(transpose(embedded(x, call.integer("offset")),
                 inverse(to_the_end(rank, call.axis("dim1", rank), call.axis("dim2", rank)))));
}

void raise_diagflat(Translation& t) {
  const Call call(t, "self, offset:int=0");
  give(embedded(reshape(tensor(call, "self"), {-1}), call.integer("offset")));
}

void raise_diagonal_scatter(Translation& t) {
  const Call call(t, "self, src, offset:int=0, dim1:int=0, dim2:int=1");
  const Term x = tensor(call, "self");
  const std::vector<int64_t> perm =
      to_the_end(x.rank(), call.axis("dim1", x.rank()), call.axis("dim2", x.rank()));
  const Term matrices = transpose(x, perm);
  const auto rank = static_cast<int64_t>(x.rank());
  const Placed at = placed(cast(tensor(call, "src"), x.dtype()), size_of(matrices, rank - 2),
                           size_of(matrices, rank - 1), call.integer("offset"));
  give(transpose(where(at.is_there, at.values, matrices), inverse(perm)));
}

void raise_fill_diagonal(Translation& t) {
  const Call call(t, "self, fill_value:number, wrap:bool=false");
  const Term x = tensor(call, "self");
  if (x.rank() != 2 || call.flag("wrap"))
    t.refuse("it fills the diagonal of {} axes, wrapped or not", x.rank());
  const Term row = unsqueeze(range(size_of(x, 0)), {1}), column = unsqueeze(range(size_of(x, 1)), {0});
  give(where(equal(row, column), operand(call, "fill_value", x.dtype()), x));
}

void raise_triangle(Translation& t) {
  const Call call(t, "self, diagonal:int=0");
  const Term x = tensor(call, "self");
  const bool upper = t.node().op().name() == "triu";
  // ONNX Runtime has the operator for three types.
  const bool is_common =
      x.dtype() == DType::float32 || x.dtype() == DType::float64 || x.dtype() == DType::int64;
  const Term y = is_common ? x : cast(x, is_float(x.dtype()) ? DType::float32 : DType::int64);
  const Term k = operand(call, "diagonal", DType::int64);
  give(cast(compute("Trilu", {y, k}, {{"upper", int64_t{upper}}}), x.dtype()));
}

// Rows and columns of the elements of a triangle: [2, n].
void raise_triangle_indices(Translation& t) {
  const Call call(t, "row:int, col:int, offset:int=0, dtype:dtype=None");
  const bool upper = t.node().op().name() == "triu_indices";
  const Term row = unsqueeze(range(index(call, "row")), {1}), column = range(index(call, "col"));
  const Term edge = row + index(call, "offset");
  const Term is_inside = upper ? edge <= unsqueeze(column, {0}) : unsqueeze(column, {0}) <= edge;
  give(cast(compute("NonZero", {is_inside}), call.dtype("dtype").value_or(DType::int64)));
}

}  // namespace

OpMappings diagonal_ops() {
  return {
      {"aten.diag", "Gather", raise_diag, nullptr, ""},
      {"aten.diag_embed", "Where", raise_diag_embed, nullptr, ""},
      {"aten.diagflat", "Where", raise_diagflat, nullptr, ""},
      {"aten.diagonal", "Gather", raise_diagonal, nullptr, ""},
      {"aten.diagonal_copy", "Gather", raise_diagonal, nullptr, ""},
      {"aten.diagonal_scatter", "Where", raise_diagonal_scatter, nullptr, ""},
      {"aten.fill_diagonal", "Where", raise_fill_diagonal, nullptr, "matrices"},
      {"aten.linalg_diagonal", "Gather", raise_linalg_diagonal, nullptr, ""},
      {"aten.tril", "Trilu", raise_triangle, nullptr, ""},
      {"aten.tril_indices", "NonZero", raise_triangle_indices, nullptr, ""},
      {"aten.triu", "Trilu", raise_triangle, nullptr, ""},
      {"aten.triu_indices", "NonZero", raise_triangle_indices, nullptr, ""},
  };
}

}  // namespace modelconv::torch
