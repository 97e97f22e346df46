// The same elements in the same order under another shape, and repeated ones.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

// A size that is known and not 0 needs no attribute; one that is computed may turn out to be 0, and ONNX would copy it.
Term reshaped(const Term& x, const Term& shape) {
  const Value& value = shape.value();
  if (value.is_constant()) {
    const std::vector<int64_t> known = value.constant().to_int64();
    if (std::find(known.begin(), known.end(), 0) == known.end()) return reshape(x, known);
  }
  return reshape(x, shape);
}

// The same bytes as elements of another type.
Term same_bits(const Term& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  if (bit_width(x.dtype()) != bit_width(dtype))
    x.translation().refuse("bytes of {} are read as {}, of another width", name_of(x.dtype()),
                           name_of(dtype));
  return compute("BitCast", {x}, {{"to", static_cast<int64_t>(dtype)}});
}

void raise_view(Translation& t) {
  const Call call(t, {"self, size:ints, stride:ints=None", "self, shape:ints", "self, dtype:dtype"});
  const Term x = tensor(call, "self");
  if (call.form() == 2) return give(same_bits(x, *call.dtype("dtype")));
  give(reshaped(x, with_parts(sizes(call, call.form() == 0 ? "size" : "shape"), x)));
}

void raise_view_as(Translation& t) {
  const Call call(t, "self, other");
  give(reshape(tensor(call, "self"), shape_of(tensor(call, "other"))));
}

// The sizes [first, last] of x are replaced. 0 says "as it was" for those in front.
Term with_sizes(const Term& x, int64_t first, int64_t last, const Term& replacement) {
  const auto end = static_cast<int64_t>(x.rank());
  std::vector<Term> parts;
  if (first > 0)
    parts.push_back(numbers(x.translation(), std::vector<int64_t>(static_cast<size_t>(first), 0)));
  parts.push_back(replacement);
  if (last + 1 < end) parts.push_back(shape_from(x, last + 1));
  bool all_known = true;
  std::vector<int64_t> known;
  for (const Term& part : parts) {
    all_known = all_known && part.value().is_constant();
    if (!all_known) break;
    for (const int64_t size : part.value().constant().to_int64()) known.push_back(size);
  }
  if (all_known) return reshape(x, known);
  return compute("Reshape", {x, concat(parts, 0)});
}

void raise_flatten(Translation& t) {
  const Call call(t, "self, start_dim:int=0, end_dim:int=-1");
  const Term x = tensor(call, "self");
  const int64_t first = call.axis("start_dim", axes_of(x)), last = call.axis("end_dim", axes_of(x));
  const auto rank = static_cast<int64_t>(axes_of(x));
  if (rank == 0) return give(unsqueeze(x, {0}));
  if (first > last) t.refuse("start_dim {} is behind end_dim {}", first, last);
  if (first == last) return give(x);
  if (first == 1 && last == rank - 1 && !holds_complex(x.value()))
    return give(compute("Flatten", {x}, {{"axis", int64_t{1}}}));
  give(with_sizes(x, first, last, numbers(t, {-1})));
}

void raise_ravel(Translation& t) {
  const Call call(t, "self");
  give(reshape(tensor(call, "self"), {-1}));
}

void raise_unflatten(Translation& t) {
  const Call call(t, "self, dim:int, sizes:ints");
  const Term x = tensor(call, "self");
  const int64_t axis = call.axis("dim", x.rank());
  give(with_sizes(x, axis, axis, sizes(call, "sizes")));
}

// PyTorch leaves an axis alone that is not of size 1. A symbolic size is not: torch.export makes a number of every 1.
void raise_squeeze(Translation& t) {
  const Call call(t, {"self", "self, dim:ints"});
  const Term x = tensor(call, "self");
  const std::vector<int64_t> wanted = call.form() == 0 ? all_axes(axes_of(x)) : call.axes("dim", axes_of(x));
  std::vector<int64_t> axes;
  for (const int64_t axis : wanted) {
    if (axes_of(x) == 0) break;
    const Dim& size = x.value().shape()[static_cast<size_t>(axis)];
    if (size.is_unknown() ? call.form() != 0 : size.known() == 1) axes.push_back(axis);
  }
  give(axes.empty() ? x : squeeze(x, axes));
}

void raise_unsqueeze(Translation& t) {
  const Call call(t, "self, dim:int");
  const Term x = tensor(call, "self");
  give(unsqueeze(x, {call.axis("dim", axes_of(x) + 1)}));
}

void raise_expand(Translation& t) {
  const Call call(t, {"self, size:ints, implicit:any=None", "self, shape:ints"});
  const Term x = tensor(call, "self");
  give(expand(x, with_parts(sizes(call, call.form() == 0 ? "size" : "shape", 1), x)));
}

void raise_expand_as(Translation& t) {
  const Call call(t, "self, other");
  give(expand(tensor(call, "self"), shape_of(tensor(call, "other"))));
}

// Missing axes are put in front, of x or of the repeats.
Term tiled(const Term& x, const Term& repeats, size_t count) {
  Translation& t = x.translation();
  if (count < x.rank())
    return compute("Tile", {x, concat({numbers(t, std::vector<int64_t>(x.rank() - count, 1)), repeats}, 0)});
  const Term full = count == x.rank() ? x : unsqueeze(x, all_axes(count - x.rank()));
  return count == 0 ? x : compute("Tile", {full, repeats});
}

void raise_repeat(Translation& t) {
  const Call call(t, {"self, repeats:ints", "self, dims:ints"});
  const std::string_view name = call.form() == 0 ? "repeats" : "dims";
  give(tiled(tensor(call, "self"), sizes(call, name), call.int_scalars(name).size()));
}

// Source: aten/src/ATen/native/TensorTransformations.cpp: [n] becomes [1, n] and [1, n, 1], [n, m] becomes [n, m, 1].
Term with_axes(const Term& x, int64_t wanted) {
  const auto rank = static_cast<int64_t>(x.rank());
  if (rank >= wanted) return x;
  if (wanted == 3 && rank == 2) return unsqueeze(x, {2});
  if (wanted == 3 && rank == 1) return unsqueeze(x, {0, 2});
  return unsqueeze(x, all_axes(static_cast<size_t>(wanted - rank)));
}

void raise_at_least(Translation& t) {
  const Call call(t, {"self", "tensors:tensors"});
  const int64_t wanted = t.node().op().name()[sizeof("atleast_") - 1] - '0';
  if (call.form() == 0) return give(with_axes(tensor(call, "self"), wanted));
  size_t index = 0;
  for (Value* part : call.tensors("tensors")) give(with_axes({t, *part}, wanted), index++);
}

}  // namespace

OpMappings reshape_ops() {
  OpMappings rows;
  const auto add = [&](std::initializer_list<const char*> names, const char* canonical, TranslateFn raise) {
    for (const char* name : names) rows.push_back({OpName("aten", name), canonical, raise, nullptr, ""});
  };
  add({"view", "reshape", "_unsafe_view", "view_copy", "_reshape_alias_copy"}, "Reshape", raise_view);
  add({"view_as", "reshape_as"}, "Reshape", raise_view_as);
  add({"flatten"}, "Reshape", raise_flatten);
  add({"ravel"}, "Reshape", raise_ravel);
  add({"unflatten"}, "Reshape", raise_unflatten);
  add({"squeeze", "squeeze_copy"}, "Squeeze", raise_squeeze);
  add({"unsqueeze", "unsqueeze_copy"}, "Unsqueeze", raise_unsqueeze);
  add({"expand", "expand_copy", "broadcast_to"}, "Expand", raise_expand);
  add({"expand_as"}, "Expand", raise_expand_as);
  add({"repeat", "tile"}, "Tile", raise_repeat);
  add({"atleast_1d", "atleast_2d", "atleast_3d"}, "Unsqueeze", raise_at_least);
  return rows;
}

}  // namespace modelconv::torch
