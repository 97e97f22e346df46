// Elements in other places: rolled, turned round, repeated, in windows, on grids.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

Term rolled(const Term& x, int64_t axis, const Term& shift) {
  const Term size = size_of(x, axis);
  const auto known = x.value().shape()[static_cast<size_t>(axis)].known();
  Translation& t = x.translation();
  Term split = size - modulo(shift, size);  // elements from here on come first
  if (known && shift.value().is_constant() && *known > 0) {
    const int64_t by = shift.value().constant().to_int64().at(0) % *known;
    split = numbers(t, {by > 0 ? *known - by : -by});
  }
  return concat({slice(x, axis, split, numbers(t, {kEnd})), slice(x, axis, numbers(t, {0}), split)}, axis);
}

void raise_roll(Translation& t) {
  const Call call(t, "self, shifts:ints, dims:ints=[]");
  const Term x = tensor(call, "self");
  std::vector<Term> shifts;
  for (Value* shift : call.int_scalars("shifts")) shifts.push_back(reshape({t, *shift}, {1}));
  const std::vector<int64_t> axes = call.axes("dims", x.rank());
  if (axes.empty()) return give(reshape(rolled(reshape(x, {-1}), 0, shifts.at(0)), shape_of(x)));
  if (axes.size() != shifts.size()) t.refuse("{} shifts along {} axes", shifts.size(), axes.size());
  Term y = x;
  for (size_t i = 0; i < axes.size(); ++i) y = rolled(y, axes[i], shifts[i]);
  give(y);
}

Term flipped(const Term& x, const std::vector<int64_t>& axes) {
  Translation& t = x.translation();
  if (axes.empty()) return x;
  const auto all = [&](int64_t value) { return numbers(t, std::vector<int64_t>(axes.size(), value)); };
  return compute("Slice", {x, all(kEnd), all(INT64_MIN), numbers(t, axes), all(-1)});
}

void raise_flip(Translation& t) {
  const Call call(t, "self, dims:ints");
  const Term x = tensor(call, "self");
  give(flipped(x, x.rank() == 0 ? std::vector<int64_t>{} : call.axes("dims", x.rank())));
}

void raise_flip_named(Translation& t) {
  const Call call(t, "self");
  give(flipped(tensor(call, "self"), {t.node().op().name() == "fliplr" ? 1 : 0}));
}

// A quarter turn from the first axis to the second, k times.
void raise_rot90(Translation& t) {
  const Call call(t, "self, k:int=1, dims:ints=[0,1]");
  const Term x = tensor(call, "self");
  const std::vector<int64_t> axes = call.axes("dims", x.rank());
  switch (((call.integer("k") % 4) + 4) % 4) {
    case 1: return give(swap_axes(flipped(x, {axes.at(1)}), axes[0], axes[1]));
    case 2: return give(flipped(x, axes));
    case 3: return give(swap_axes(flipped(x, {axes.at(0)}), axes[0], axes.at(1)));
    default: return give(x);
  }
}

// Element i as often as repeats[i] says: result j comes from as many elements as end at or before j.
Term repeated_places(const Term& repeats) {
  const Term ends = cumulative_sum(repeats, 0);
  const Term total = reduce("ReduceSum", repeats, {0}, true);
  const Term ended = cast(unsqueeze(ends, {0}) <= unsqueeze(range(total), {1}), DType::int64);
  return reduce("ReduceSum", ended, {1});
}

void raise_repeat_interleave(Translation& t) {
  const Call call(t, {"self, repeats:int, dim:int=None, output_size:any=None",
                      "self, repeats, dim:int=None, output_size:any=None", "repeats, output_size:any=None"});
  if (call.form() == 2) return give(repeated_places(cast(tensor(call, "repeats"), DType::int64)));
  const Term given = tensor(call, "self");
  const Term x = call.has("dim") && given.rank() > 0 ? given : reshape(given, {-1});
  const int64_t axis = call.has("dim") ? call.axis("dim", x.rank()) : 0;
  if (call.form() == 1) {
    const Term repeats = expand(cast(tensor(call, "repeats"), DType::int64), size_of(x, axis));
    return give(gather(x, repeated_places(repeats), axis));
  }
  const Term times = index(call, "repeats");
  const auto shape_with = [&](const std::vector<Term>& middle) {
    std::vector<Term> shape = middle;
    if (axis > 0) shape.insert(shape.begin(), shape_part(x, 0, axis));
    if (axis + 1 < static_cast<int64_t>(x.rank())) shape.push_back(shape_from(x, axis + 1));
    return concat(shape, 0);
  };
  const Term size = size_of(x, axis);
  give(reshape(expand(unsqueeze(x, {axis + 1}), shape_with({size, times})), shape_with({size * times})));
}

// Windows along an axis; what is in a window goes to the last axis.
void raise_unfold(Translation& t) {
  const Call call(t, "self, dimension:int, size:int, step:int");
  const Term given = tensor(call, "self");
  const Term x = given.rank() == 0 ? reshape(given, {1}) : given;
  const int64_t axis = call.axis("dimension", x.rank());
  const Term length = index(call, "size"), step = index(call, "step");
  const Term count = (size_of(x, axis) - length) / step + 1.0;
  const Term places = unsqueeze(range(count), {1}) * step + unsqueeze(range(length), {0});
  const Term windows = gather(x, places, axis);  // [..., count, length, ...]
  std::vector<int64_t> perm = all_axes(windows.rank());
  std::rotate(perm.begin() + axis + 1, perm.begin() + axis + 2, perm.end());
  const Term y = transpose(windows, perm);
  give(given.rank() == 0 ? squeeze(y, {0}) : y);
}

// The strides are those of the tensor laid out without gaps: PyTorch looks at the memory behind it.
void raise_as_strided(Translation& t) {
  const Call call(t, "self, size:ints, stride:ints, storage_offset:int=None");
  const Term x = reshape(tensor(call, "self"), {-1});
  const std::vector<Value*> size = call.int_scalars("size"), stride = call.int_scalars("stride");
  if (size.size() != stride.size()) t.refuse("it has {} sizes and {} strides", size.size(), stride.size());
  Term places =
      call.has("storage_offset") ? operand(call, "storage_offset", DType::int64) : number(t, DType::int64, 0);
  for (size_t i = 0; i < size.size(); ++i) {
    Term place = range(reshape({t, *size[i]}, {1})) * Term(t, *stride[i]);
    for (size_t behind = i + 1; behind < size.size(); ++behind) place = unsqueeze(place, {-1});
    places = places + place;
  }
  give(gather(x, places));
}

// --- several tensors, spread over the axes of all
std::vector<Term> grid(const std::vector<Term>& parts) {
  const auto count = static_cast<int64_t>(parts.size());
  std::vector<Term> sizes, spread;
  for (const Term& part : parts) sizes.push_back(compute("Size", {part}));
  for (Term& size : sizes) size = reshape(size, {1});
  const Term shape = concat(sizes, 0);
  for (int64_t i = 0; i < count; ++i) {
    std::vector<int64_t> own(static_cast<size_t>(count), 1);
    own[static_cast<size_t>(i)] = -1;
    spread.push_back(expand(reshape(parts[static_cast<size_t>(i)], own), shape));
  }
  return spread;
}

void raise_meshgrid(Translation& t) {
  const Call call(t, "tensors:tensors, indexing:text=\"ij\"");
  const std::vector<Term> spread = grid(meeting(call, "tensors"));
  const bool swapped = call.text("indexing") == "xy" && spread.size() > 1;
  // "xy": the first two axes change places.
  for (size_t i = 0; i < spread.size(); ++i) give(swapped ? swap_axes(spread[i], 0, 1) : spread[i], i);
}

void raise_cartesian_prod(Translation& t) {
  const Call call(t, "tensors:tensors");
  const std::vector<Term> parts = meeting(call, "tensors");
  if (parts.size() == 1) return give(parts[0]);
  std::vector<Term> columns;
  for (const Term& part : grid(parts)) columns.push_back(reshape(part, {-1, 1}));
  give(concat(columns, 1));
}

void raise_broadcast_tensors(Translation& t) {
  const Call call(t, "tensors:tensors");
  const std::vector<Value*> values = call.tensors("tensors");
  std::vector<Term> zeros;  // sums tell the common shape, whatever the types
  for (Value* value : values) zeros.push_back(filled(shape_of({t, *value}), DType::int64, 0));
  Term all = zeros.at(0);
  for (size_t i = 1; i < zeros.size(); ++i) all = all + zeros[i];
  for (size_t i = 0; i < values.size(); ++i) give(expand({t, *values[i]}, shape_of(all)), i);
}

void raise_block_diag(Translation& t) {
  const Call call(t, "tensors:tensors");
  std::vector<Term> blocks = meeting(call, "tensors"), rows;
  for (Term& block : blocks)
    if (block.rank() < 2)
      block = reshape(block, block.rank() == 0 ? std::vector<int64_t>{1, 1} : std::vector<int64_t>{1, -1});
  for (size_t i = 0; i < blocks.size(); ++i) {
    std::vector<Term> row;
    for (size_t j = 0; j < blocks.size(); ++j)
      row.push_back(
          i == j ? blocks[j]
                 : filled(concat({size_of(blocks[i], 0), size_of(blocks[j], 1)}, 0), blocks[j].dtype(), 0));
    rows.push_back(concat(row, 1));
  }
  give(concat(rows, 0));
}

// Differences of neighbours, n times.
void raise_diff(Translation& t) {
  const Call call(t, "self, n:int=1, dim:int=-1, prepend=None, append=None");
  Term x = tensor(call, "self");
  const int64_t axis = call.axis("dim", x.rank());
  std::vector<Term> parts = {x};
  if (call.has("prepend")) parts.insert(parts.begin(), tensor(call, "prepend"));
  if (call.has("append")) parts.push_back(tensor(call, "append"));
  x = concat(parts, axis);
  for (int64_t i = 0; i < call.integer("n"); ++i) {
    const Term later = slice(x, axis, 1, kEnd), earlier = slice(x, axis, 0, -1);
    x = x.dtype() == DType::boolean ? compute("Xor", {later, earlier}) : later - earlier;
  }
  give(x);
}

// Areas between neighbours, at places x or dx apart.
Term areas(const Call& call, int64_t axis) {
  const Term y = in_floats(tensor(call, "y"));
  const auto later = [&](const Term& z, int64_t along) { return slice(z, along, 1, kEnd); };
  const auto earlier = [&](const Term& z, int64_t along) { return slice(z, along, 0, -1); };
  const Term means = (later(y, axis) + earlier(y, axis)) * 0.5;
  if (call.form() == 0) return means * operand(call, "dx", y.dtype());
  const Term x = in_floats(tensor(call, "x"));
  const int64_t along = x.rank() == 1 ? 0 : axis;
  Term widths = later(x, along) - earlier(x, along);
  for (auto i = axis + 1; x.rank() == 1 && i < static_cast<int64_t>(y.rank()); ++i)
    widths = unsqueeze(widths, {-1});
  return means * widths;
}

void raise_trapezoid(Translation& t) {
  const Call call(t, {"y, dx:number=1, dim:int=-1", "y, x, dim:int=-1"});
  const int64_t axis = call.axis("dim", t.rank_of(call.tensor("y")));
  const Term parts = areas(call, axis);
  give(t.target() == OpName("CumSum") ? cumulative_sum(parts, axis) : reduce("ReduceSum", parts, {axis}));
}

// Powers of x: the highest first, but for torch.linalg.
void raise_vander(Translation& t) {
  const Call call(t, "x, N:int=None, increasing:bool=false");
  const Term x = with_an_axis(tensor(call, "x"));
  const bool rises = call.flag("increasing") || t.node().op().name() == "linalg_vander";
  const Term count = call.has("N") ? index(call, "N") : size_of(x, static_cast<int64_t>(x.rank()) - 1);
  const Term powers = range(count);
  const Term order = rises ? powers : count - 1.0 - powers;
  give(compute("Pow", {unsqueeze(x, {-1}), cast(order, x.dtype())}));
}

// Groups of r elements whose places rise, each once.
void raise_combinations(Translation& t) {
  const Call call(t, "self, r:int=2, with_replacement:bool=false");
  const Term x = tensor(call, "self"), place = range(size_of(x, 0));
  const int64_t r = call.integer("r");
  if (r < 1 || r > 8) t.refuse("combinations of {} elements are not written out", r);
  if (r == 1) return give(unsqueeze(x, {1}));
  const auto along = [&](int64_t axis) {
    std::vector<int64_t> shape(static_cast<size_t>(r), 1);
    shape[static_cast<size_t>(axis)] = -1;
    return reshape(place, shape);
  };
  const auto rises = [&](int64_t axis) {
    return call.flag("with_replacement") ? along(axis) <= along(axis + 1) : along(axis) < along(axis + 1);
  };
  Term chosen = rises(0);
  for (int64_t axis = 1; axis + 1 < r; ++axis) chosen = both(chosen, rises(axis));
  give(gather(x, transpose(compute("NonZero", {chosen}), {1, 0})));
}

}  // namespace

OpMappings arrange_ops() {
  return {
      {"aten.as_strided", "Gather", raise_as_strided, nullptr, "of tensors without gaps in memory"},
      {"aten.as_strided_copy", "Gather", raise_as_strided, nullptr, "of tensors without gaps in memory"},
      {"aten.block_diag", "Concat", raise_block_diag, nullptr, ""},
      {"aten.broadcast_tensors", "Expand", raise_broadcast_tensors, nullptr, ""},
      {"aten.cartesian_prod", "Expand", raise_cartesian_prod, nullptr, ""},
      {"aten.combinations", "NonZero", raise_combinations, nullptr, ""},
      {"aten.cumulative_trapezoid", "CumSum", raise_trapezoid, nullptr, ""},
      {"aten.diff", "Sub", raise_diff, nullptr, ""},
      {"aten.flip", "Slice", raise_flip, nullptr, ""},
      {"aten.fliplr", "Slice", raise_flip_named, nullptr, ""},
      {"aten.flipud", "Slice", raise_flip_named, nullptr, ""},
      {"aten.linalg_vander", "Pow", raise_vander, nullptr, ""},
      {"aten.meshgrid", "Expand", raise_meshgrid, nullptr, ""},
      {"aten.repeat_interleave", "Expand", raise_repeat_interleave, nullptr, ""},
      {"aten.roll", "Concat", raise_roll, nullptr, ""},
      {"aten.rot90", "Transpose", raise_rot90, nullptr, ""},
      {"aten.trapezoid", "ReduceSum", raise_trapezoid, nullptr, ""},
      {"aten.trapz", "ReduceSum", raise_trapezoid, nullptr, ""},
      {"aten.unfold", "Gather", raise_unfold, nullptr, ""},
      {"aten.unfold_copy", "Gather", raise_unfold, nullptr, ""},
      {"aten.vander", "Pow", raise_vander, nullptr, ""},
  };
}

}  // namespace modelconv::torch
