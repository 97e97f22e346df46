// Counting values, their places among boundaries, and each value once.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

void raise_bincount(Translation& t) {
  const Call call(t, "self, weights=None, minlength:int=0");
  const Term x = cast(tensor(call, "self"), DType::int64);
  const Term largest = reduce("ReduceMax", concat({x, numbers(t, {-1})}, 0), {0}, true);
  const Term bins = maximum(largest + 1.0, index(call, "minlength"));
  Term each = filled(shape_of(x), DType::int64, 1);
  if (call.has("weights")) each = tensor(call, "weights");
  if (call.has("weights") && each.dtype() != DType::float32) each = cast(each, DType::float64);
  give(scatter_nd(filled(bins, each.dtype(), 0), unsqueeze(x, {1}), each, "add"));
}

void raise_one_hot(Translation& t) {
  const Call call(t, "self, num_classes:int=-1");
  const Term x = tensor(call, "self");
  const bool is_given = call.has("num_classes") && call.known_integer("num_classes") != -1;
  const Term largest = compute("ReduceMax", {x}, {{"keepdims", int64_t{0}}});
  const Term classes = is_given ? index(call, "num_classes") : reshape(largest + 1.0, {1});
  give(cast(equal(unsqueeze(x, {-1}), range(classes)), DType::int64));
}

// Bins of equal width from min to max, which belongs to the last one. What lies outside is not counted.
void raise_histc(Translation& t) {
  const Call call(t, "self, bins:int=100, min:number=0, max:number=0");
  const Term x = reshape(tensor(call, "self"), {-1});
  const Term count = index(call, "bins");
  const bool whole_range = call.number("min") == call.number("max");
  const auto extreme = [&](const char* op) { return compute(op, {x}, {{"keepdims", int64_t{0}}}); };
  const Term low = whole_range ? extreme("ReduceMin") : number(t, x.dtype(), call.number("min"));
  const Term high = whole_range ? extreme("ReduceMax") : number(t, x.dtype(), call.number("max"));
  const Term width = high - low;
  const Term place =
      (x - low) * cast(count, x.dtype()) / where(equal(width, 0.0), number(t, x.dtype(), 1), width);
  const Term bin = minimum(cast(compute("Floor", {place}), DType::int64), count - 1.0);
  const Term counted = cast(both(low <= x, x <= high), x.dtype());
  const Term safe = maximum(bin, numbers(t, {0}));
  give(scatter_nd(filled(count, x.dtype(), 0), unsqueeze(safe, {1}), counted, "add"));
}

// How many boundaries (along the last axis) are below each value, or not above it.
Term places_among(const Term& boundaries, const Term& values, bool right, bool narrow) {
  const Term reached = right ? boundaries <= unsqueeze(values, {-1}) : boundaries < unsqueeze(values, {-1});
  return reduce("ReduceSum", cast(reached, narrow ? DType::int32 : DType::int64), {-1});
}

void raise_bucketize(Translation& t) {
  const Call call(t, "self:operand, boundaries, out_int32:bool=false, right:bool=false");
  const DType dtype = result_type(call, {"self", "boundaries"});
  give(places_among(operand(call, "boundaries", dtype), operand(call, "self", dtype), call.flag("right"),
                    call.flag("out_int32")));
}

void raise_searchsorted(Translation& t) {
  const Call call(
      t,
      "sorted_sequence, self:operand, out_int32:bool=false, right:bool=false, side:text=None, sorter=None");
  const DType dtype = result_type(call, {"self", "sorted_sequence"});
  Term rows = operand(call, "sorted_sequence", dtype);
  if (call.has("sorter"))
    rows = compute("GatherElements", {rows, tensor(call, "sorter")},
                   {{"axis", static_cast<int64_t>(rows.rank()) - 1}});
  const Term boundaries = rows.rank() == 1 ? rows : unsqueeze(rows, {-2});
  const bool right = call.has("side") ? call.text("side") == "right" : call.flag("right");
  give(places_among(boundaries, operand(call, "self", dtype), right, call.flag("out_int32")));
}

// --- each value once: values, where each element went (in the shape of x), how often each value occurs
void give_unique(const Term& values, const Term& places, const Term& counts) {
  give(values, 0);
  give(places, 1);
  give(counts, 2);
}

void unique(const Term& x, const Attrs& attrs, const Term& shape_of_places) {
  Translation& t = x.translation();
  // ONNX Runtime has the operator for these types.
  const bool is_common =
      x.dtype() == DType::float32 || x.dtype() == DType::float64 || x.dtype() == DType::int64;
  const Term key = is_common ? x : cast(x, is_float(x.dtype()) ? DType::float32 : DType::int64);
  Node& node = t.add_node("Unique", {&key.value()}, attrs, 4);
  const Term values = cast({t, *node.output(0)}, x.dtype());
  give_unique(values, reshape({t, *node.output(2)}, shape_of_places), {t, *node.output(3)});
}

void raise_unique(Translation& t) {
  const Call call(t, "self, sorted:any=None, return_inverse:any=None, return_counts:any=None");
  const Term x = tensor(call, "self");
  unique(x, {{"sorted", int64_t{1}}}, shape_of(x));
}

void raise_unique_dim(Translation& t) {
  const Call call(t, "self, dim:int, sorted:any=None, return_inverse:any=None, return_counts:any=None");
  const Term x = tensor(call, "self");
  unique(x, {{"sorted", int64_t{1}}, {"axis", call.axis("dim", x.rank())}}, numbers(t, {-1}));
}

// Only neighbours are compared: a value begins where it differs from the one before.
void raise_unique_consecutive(Translation& t) {
  const Call call(t, "self, return_inverse:any=None, return_counts:any=None, dim:int=None");
  const Term given = tensor(call, "self");
  const bool along = call.has("dim") && given.rank() > 1;
  const int64_t axis = along ? call.axis("dim", given.rank()) : 0;
  const Term x = along ? to_front(given, axis) : reshape(given, {-1});
  const Term count = size_of(x, 0);
  const Term place = range(count);
  const Term before = gather(x, maximum(place - 1.0, numbers(t, {0})));
  Term differs = negated(equal(x, before));
  if (along) {  // anywhere in the row
    std::vector<int64_t> others = all_axes(x.rank());
    others.erase(others.begin());
    differs = cast(reduce("ReduceMax", cast(differs, DType::int32), others), DType::boolean);
  }
  const Term begins = either(equal(place, 0.0), differs);
  const Term starts = compute("Compress", {place, begins}, {{"axis", int64_t{0}}});
  const Term ends = concat({formula::slice(starts, 0, 1, kEnd), count}, 0);
  const Term places = cumulative_sum(cast(begins, DType::int64), 0) - 1.0;
  const Term values = gather(x, starts);
  give_unique(along ? from_front(values, axis) : values, along ? places : reshape(places, shape_of(given)),
              ends - starts);
}

}  // namespace

OpMappings count_ops() {
  return {
      {"aten._unique", "Unique", raise_unique, nullptr, ""},
      {"aten._unique2", "Unique", raise_unique, nullptr, ""},
      {"aten.bincount", "ScatterND", raise_bincount, nullptr, ""},
      {"aten.bucketize", "Less", raise_bucketize, nullptr, ""},
      {"aten.histc", "ScatterND", raise_histc, nullptr, ""},
      {"aten.one_hot", "Equal", raise_one_hot, nullptr, ""},
      {"aten.searchsorted", "Less", raise_searchsorted, nullptr, ""},
      {"aten.unique_consecutive", "Compress", raise_unique_consecutive, nullptr, ""},
      {"aten.unique_dim", "Unique", raise_unique_dim, nullptr, ""},
  };
}

}  // namespace modelconv::torch
