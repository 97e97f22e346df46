// Elements put at indices along one axis.
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

// The index may be smaller than the source: then only the source's first elements are used.
Term as_large_as(const Term& source, const Term& index) {
  const Shape &from = source.value().shape(), &to = index.value().shape();
  if (from.is_static() && from.equals(to)) return source;
  Translation& t = source.translation();
  const std::vector<int64_t> zeros(index.rank(), 0);
  return compute("Slice", {source, numbers(t, zeros), shape_of(index)});
}

Term scattered(const Term& x, int64_t axis, const Term& index, const Term& source,
               const std::string& reduction) {
  if (x.rank() == 0) {
    const Term flat = scattered(reshape(x, {1}), 0, reshape(index, {-1}), reshape(source, {-1}), reduction);
    return reshape(flat, std::vector<int64_t>{});
  }
  if (x.dtype() == DType::boolean && reduction != "none")
    return cast(scattered(in_numbers(x), axis, index, in_numbers(source), reduction), x.dtype());
  return compute("ScatterElements", {x, index, source}, {{"axis", axis}, {"reduction", reduction}});
}

// PyTorch's names of reductions, old and new, as ONNX's.
std::string reduction_named(const Translation& t, const std::string& name) {
  if (name == "add" || name == "sum" || name == "mean") return "add";
  if (name == "multiply" || name == "prod") return "mul";
  if (name == "amax") return "max";
  if (name == "amin") return "min";
  t.refuse("there is no reduction '{}'", name);
}

void raise_scatter(Translation& t) {
  const Call call(t, {"self, dim:int, index, src, reduce:text=None",
                      "self, dim:int, index, value:number, reduce:text=None"});
  const Term x = tensor(call, "self"), place = tensor(call, "index");
  const Term source = call.form() == 0 ? as_large_as(cast(tensor(call, "src"), x.dtype()), place)
                                       : expand(operand(call, "value", x.dtype()), shape_of(place));
  const std::string reduction = call.has("reduce") ? reduction_named(t, call.text("reduce")) : "none";
  give(scattered(x, call.axis("dim", x.rank()), place, source, reduction));
}

void raise_scatter_add(Translation& t) {
  const Call call(t, "self, dim:int, index, src");
  const Term x = tensor(call, "self"), place = tensor(call, "index");
  give(scattered(x, call.axis("dim", x.rank()), place, as_large_as(tensor(call, "src"), place), "add"));
}

// What a reduction begins with where the tensor's own elements do not count.
double neutral(const std::string& reduction, DType dtype) {
  if (reduction == "add") return 0;
  if (reduction == "mul") return 1;
  const double infinity = std::numeric_limits<double>::infinity();
  const double far =
      is_float(dtype) ? infinity : static_cast<double>(int64_t{1} << (std::min(bit_width(dtype), 54) - 2));
  return reduction == "max" ? -far : far;
}

Term reduced_into(const Call& call, const Term& x, const Term& place, const Term& source) {
  Translation& t = call.translation();
  const int64_t axis = call.axis("dim", x.rank());
  const std::string reduction = reduction_named(t, call.text("reduce"));
  const auto same = [&](double value) { return expand(number(t, x.dtype(), value), shape_of(place)); };
  const bool with_self = call.flag("include_self");
  const Term start = with_self ? x : scattered(x, axis, place, same(neutral(reduction, x.dtype())), "none");
  const Term result = scattered(start, axis, place, source, reduction);
  if (call.text("reduce") != "mean") return result;
  const Term ones = filled(shape_of(x), x.dtype(), 1);
  const Term none = with_self ? ones : scattered(ones, axis, place, same(0), "none");
  const Term count = scattered(none, axis, place, same(1), "add");
  return (is_float(x.dtype()) ? result : result - modulo(result, count)) / count;  // of integers the floor
}

void raise_scatter_reduce(Translation& t) {
  const Call call(t, "self, dim:int, index, src, reduce:text, include_self:bool=true");
  const Term x = tensor(call, "self"), place = tensor(call, "index");
  const Term source = as_large_as(tensor(call, "src"), place);
  give(cast(reduced_into(call, in_numbers(x), place, in_numbers(source)), x.dtype()));
}

// One index for a whole part of the source.
void raise_index_reduce(Translation& t) {
  const Call call(t, "self, dim:int, index, source, reduce:text, include_self:bool=true");
  const Term x = tensor(call, "self"), source = with_an_axis(tensor(call, "source"));
  std::vector<int64_t> along(source.rank(), 1);
  along[static_cast<size_t>(call.axis("dim", source.rank()))] = -1;
  const Term place = expand(reshape(tensor(call, "index"), along), shape_of(source));
  const Term y = reduced_into(call, in_numbers(with_an_axis(x)), place, in_numbers(source));
  give(without_that_axis(cast(y, x.dtype()), x));
}

void raise_index_add(Translation& t) {
  const Call call(t, "self, dim:int, index, source, alpha:number=1");
  const Term self = tensor(call, "self"), place = reshape(tensor(call, "index"), {-1});
  const Term x = in_numbers(with_an_axis(self));
  Term source = in_numbers(with_an_axis(tensor(call, "source")));
  if (call.has("alpha")) source = source * operand(call, "alpha", x.dtype());
  const Term y = put(x, call.axis("dim", x.rank()), place, source, "add");
  give(without_that_axis(cast(y, self.dtype()), self));
}

void raise_index_copy(Translation& t) {
  const Call call(t, "self, dim:int, index, source");
  const Term self = tensor(call, "self"), x = with_an_axis(self);
  const Term place = reshape(tensor(call, "index"), {-1}), source = with_an_axis(tensor(call, "source"));
  give(without_that_axis(put(x, call.axis("dim", x.rank()), place, source, "none"), self));
}

void raise_index_fill(Translation& t) {
  const Call call(t, "self, dim:int, index, value:operand");
  const Term self = tensor(call, "self"), x = with_an_axis(self);
  const Term place = reshape(tensor(call, "index"), {-1});
  const int64_t axis = call.axis("dim", x.rank());
  const Term part = gather(x, place, axis);
  const Term filling = expand(operand(call, "value", x.dtype()), shape_of(part));
  give(without_that_axis(put(x, axis, place, filling, "none"), self));
}

// Indices into the tensor as if it had one axis.
void raise_take(Translation& t) {
  const Call call(t, "self, index");
  give(gather(reshape(tensor(call, "self"), {-1}), tensor(call, "index")));
}

void raise_put(Translation& t) {
  const Call call(t, "self, index, source, accumulate:bool=false");
  const Term x = tensor(call, "self");
  const Term flat = put(reshape(x, {-1}), 0, reshape(tensor(call, "index"), {-1}),
                        reshape(tensor(call, "source"), {-1}), call.flag("accumulate") ? "add" : "none");
  give(reshape(flat, shape_of(x)));
}

// The other axes are broadcast.
void raise_take_along_dim(Translation& t) {
  const Call call(t, "self, indices, dim:int=None");
  const Term x = tensor(call, "self"), place = tensor(call, "indices");
  if (!call.has("dim")) return give(gather(reshape(x, {-1}), reshape(place, {-1})));
  const int64_t axis = call.axis("dim", x.rank());
  const auto one = [&](const Term& y) { return gather(y, numbers(t, {0}), axis); };  // size 1 along the axis
  const Term common = shape_of(cast(one(x), DType::int64) + one(place));
  const auto with_axis = [&](const Term& y) {
    std::vector<Term> parts;
    if (axis > 0) parts.push_back(formula::slice(common, 0, 0, axis));
    parts.push_back(size_of(y, axis));
    if (axis + 1 < static_cast<int64_t>(x.rank())) parts.push_back(formula::slice(common, 0, axis + 1, kEnd));
    return expand(y, concat(parts, 0));
  };
  give(compute("GatherElements", {with_axis(x), with_axis(place)}, {{"axis", axis}}));
}

// A tensor without axes has an empty one, if it is true.
Term coordinates(const Term& truth) {
  const Term places = transpose(compute("NonZero", {with_an_axis(truth)}), {1, 0});
  return truth.rank() == 0 ? formula::slice(places, 1, 0, 0) : places;
}

void raise_nonzero(Translation& t) { give(coordinates(tensor(Call(t, "self"), "self"))); }

// The first `size` coordinates, missing ones filled up.
void raise_nonzero_static(Translation& t) {
  const Call call(t, "self, size:int, fill_value:int=-1");
  const Term x = tensor(call, "self"), count = index(call, "size");
  const Term shape = concat({count, numbers(t, {static_cast<int64_t>(x.rank())})}, 0);
  const Term filling = expand(operand(call, "fill_value", DType::int64), shape);
  give(formula::slice(concat({coordinates(x), filling}, 0), 0, numbers(t, {0}), count));
}

Term same_shape(const Term& x, const Term& like) { return expand(x, shape_of(like)); }

void raise_masked_select(Translation& t) {
  const Call call(t, "self, mask");
  const Term x = tensor(call, "self"), mask = tensor(call, "mask");
  const Term both_shapes = where(mask, x, x);
  const Term full_mask = reshape(same_shape(mask, both_shapes), {-1});
  give(compute("Compress", {reshape(same_shape(x, both_shapes), {-1}), full_mask}, {{"axis", int64_t{0}}}));
}

// The source's elements one after the other, as many as the mask is true.
void raise_masked_scatter(Translation& t) {
  const Call call(t, "self, mask, source");
  const Term mask = tensor(call, "mask"), self = tensor(call, "self");
  const Term both_shapes = where(mask, self, self), x = with_an_axis(both_shapes);
  const Term places = coordinates(same_shape(mask, x));
  const Term values =
      formula::slice(reshape(tensor(call, "source"), {-1}), 0, numbers(t, {0}), size_of(places, 0));
  give(without_that_axis(scatter_nd(x, places, values, "none"), both_shapes));
}

}  // namespace

OpMappings scatter_ops() {
  return {
      {"aten.argwhere", "NonZero", raise_nonzero, nullptr, ""},
      {"aten.index_add", "ScatterND", raise_index_add, nullptr, ""},
      {"aten.index_copy", "ScatterND", raise_index_copy, nullptr, ""},
      {"aten.index_fill", "ScatterND", raise_index_fill, nullptr, ""},
      {"aten.index_reduce", "ScatterElements", raise_index_reduce, nullptr, ""},
      {"aten.masked_scatter", "ScatterND", raise_masked_scatter, nullptr, ""},
      {"aten.masked_select", "Compress", raise_masked_select, nullptr, ""},
      {"aten.nonzero", "NonZero", raise_nonzero, nullptr, ""},
      {"aten.nonzero_static", "NonZero", raise_nonzero_static, nullptr, ""},
      {"aten.put", "ScatterND", raise_put, nullptr, ""},
      {"aten.scatter", "ScatterElements", raise_scatter, nullptr, ""},
      {"aten.scatter_add", "ScatterElements", raise_scatter_add, nullptr, ""},
      {"aten.scatter_reduce", "ScatterElements", raise_scatter_reduce, nullptr, ""},
      {"aten.take", "Gather", raise_take, nullptr, ""},
      {"aten.take_along_dim", "GatherElements", raise_take_along_dim, nullptr, ""},
  };
}

}  // namespace modelconv::torch
