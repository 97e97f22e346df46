// x[i, :, mask]: several index tensors and masks at once, read and written.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

// A mask stands for as many axes as it has; the coordinates of what is true are their indices.
void add_mask(const Term& mask, std::vector<Term>& indices) {
  Translation& t = mask.translation();
  const Term places = compute("NonZero", {cast(mask, DType::boolean)});
  for (size_t i = 0; i < mask.rank(); ++i)
    indices.push_back(gather(places, number(t, DType::int64, static_cast<double>(i))));
}

// The axes of x that are indexed, with their indices brought to one shape.
struct Places {
  std::vector<int64_t> axes;
  std::vector<Term> indices;

  // The indexed axes first, then the others in order.
  std::vector<int64_t> order(size_t rank) const {
    std::vector<int64_t> perm = axes;
    for (const int64_t axis : all_axes(rank))
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) perm.push_back(axis);
    return perm;
  }
  bool adjacent() const { return axes.back() - axes.front() + 1 == static_cast<int64_t>(axes.size()); }
  // Where the indices' axes stand in the result: in the place of the indexed ones, in front when these are apart.
  int64_t position() const { return adjacent() ? axes.front() : 0; }
};

Places places_of(const Call& call) {
  Translation& t = call.translation();
  Places places;
  int64_t axis = 0;
  for (Value* value : call.tensors("indices")) {
    if (!value) {
      ++axis;
      continue;
    }
    const Term index(t, *value);
    const bool is_mask = index.dtype() == DType::boolean || index.dtype() == DType::uint8;
    if (is_mask)
      add_mask(index, places.indices);
    else
      places.indices.push_back(cast(index, DType::int64));
    for (size_t i = 0; i < (is_mask ? index.rank() : 1); ++i) places.axes.push_back(axis++);
  }
  return places;
}

void broadcast_indices(Places& places) {
  if (places.indices.size() < 2) return;
  Term all = places.indices[0];
  for (size_t i = 1; i < places.indices.size(); ++i) all = all + places.indices[i];
  for (Term& index : places.indices)
    if (!index.value().shape().equals(all.value().shape()) || !index.value().shape().is_static())
      index = expand(index, shape_of(all));
}

// [..., k]: one coordinate per indexed axis.
Term coordinates(const Places& places) {
  std::vector<Term> parts;
  for (const Term& index : places.indices) parts.push_back(unsqueeze(index, {-1}));
  return concat(parts, -1);
}

// Moves `count` axes from the front to `position`, or back.
std::vector<int64_t> moved(size_t rank, size_t count, int64_t position, bool back) {
  std::vector<int64_t> perm = all_axes(rank);
  const auto n = static_cast<int64_t>(count);
  std::rotate(perm.begin(), perm.begin() + (back ? position : n), perm.begin() + position + n);
  return perm;
}

Term elements_at(const Term& x, Places places) {
  if (places.axes.empty()) return x;
  if (places.axes.size() == 1) return gather(x, places.indices[0], places.axes[0]);
  broadcast_indices(places);
  const Term found = gather_nd(transpose(x, places.order(x.rank())), coordinates(places));
  return transpose(found, moved(found.rank(), places.indices[0].rank(), places.position(), false));
}

void raise_index(Translation& t) {
  const Call call(t, "self, indices:tensors");
  give(elements_at(tensor(call, "self"), places_of(call)));
}

// Where the mask is false, indices may lie outside, and the result is `fill`.
void raise_masked_index(Translation& t) {
  const Call call(t, "self, mask, indices:tensors, fill:operand");
  const Term x = tensor(call, "self"), mask = tensor(call, "mask");
  Places places = places_of(call);
  for (Term& index : places.indices) index = where(mask, index, number(t, index.dtype(), 0));
  give(where(mask, elements_at(x, places), operand(call, "fill", x.dtype())));
}

// x[mask] = value, one value for all.
bool fills_mask(const Call& call, const Term& value) {
  const std::vector<Value*> indices = call.tensors("indices");
  return indices.size() == 1 && indices[0] && indices[0]->dtype() == DType::boolean && value.rank() == 0 &&
         !call.flag("accumulate");
}

void raise_index_put(Translation& t) {
  const Call call(t, "self, indices:tensors, values, accumulate:bool=false, unsafe:any=None");
  const Term x = tensor(call, "self"), value = cast(tensor(call, "values"), x.dtype());
  if (fills_mask(call, value)) {
    Term mask(t, *call.tensors("indices")[0]);
    while (mask.rank() < x.rank()) mask = unsqueeze(mask, {-1});
    return give(where(mask, value, x));
  }
  Places places = places_of(call);
  if (places.axes.empty()) return give(expand(value, shape_of(x)));
  broadcast_indices(places);
  const std::vector<int64_t> order = places.order(x.rank());
  const Term target = transpose(x, order);
  const auto indexed = static_cast<int64_t>(places.axes.size());
  const int64_t position = places.position();
  // The shape of x[indices], in which the values are given.
  std::vector<Term> shape;
  if (position > 0) shape.push_back(shape_part(target, indexed, indexed + position));
  shape.push_back(shape_of(places.indices[0]));
  if (indexed + position < static_cast<int64_t>(x.rank()))
    shape.push_back(shape_from(target, indexed + position));
  const size_t index_rank = places.indices[0].rank();
  const Term full = expand(value, concat(shape, 0));
  const Term updates =
      transpose(full, moved(x.rank() - places.axes.size() + index_rank, index_rank, position, true));
  const Term result =
      scatter_nd(target, coordinates(places), updates, call.flag("accumulate") ? "add" : "none");
  std::vector<int64_t> back(order.size());
  for (size_t i = 0; i < order.size(); ++i) back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  give(transpose(result, back));
}

}  // namespace

OpMappings index_ops() {
  OpMappings rows;
  for (const char* name : {"aten._unsafe_index", "aten.index"})
    rows.push_back({name, "GatherND", raise_index, nullptr, ""});
  rows.push_back({"aten._unsafe_masked_index", "GatherND", raise_masked_index, nullptr, ""});
  for (const char* name : {"aten._index_put_impl", "aten._unsafe_index_put", "aten.index_put"})
    rows.push_back({name, "ScatterND", raise_index_put, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
