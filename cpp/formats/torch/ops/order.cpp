// Extremes with their places, and sorting.
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

Term flat(const Term& x) { return reshape(x, {-1}); }

// The place of the extreme: the first one among equals.
Term place_of(OpName op, const Term& x, int64_t axis, bool keep) {
  return compute(op, {in_numbers(x)}, {{"axis", axis}, {"keepdims", int64_t{keep}}});
}

// Ones for all axes, or none.
Term single(const Term& x, const Term& value, bool keep) {
  return keep ? reshape(value, std::vector<int64_t>(x.rank(), 1)) : reshape(value, std::vector<int64_t>{});
}

void raise_place(Translation& t) {
  const Call call(t, "self, dim:int=None, keepdim:bool=false");
  const Term x = tensor(call, "self");
  if (!call.has("dim")) return give(single(x, place_of(t.target(), flat(x), 0, false), call.flag("keepdim")));
  if (x.rank() == 0) return give(number(t, DType::int64, 0));
  give(place_of(t.target(), x, call.axis("dim", x.rank()), call.flag("keepdim")));
}

void raise_extreme(Translation& t) {
  const Call call(t, {"self", "self, dim:int, keepdim:bool=false", "self, other"});
  const bool largest = t.target() == OpName("ReduceMax");
  if (call.form() == 2) {
    const auto [a, b] = promoted(call, "self", "other");
    const Term y = compute(largest ? "Max" : "Min", {in_numbers({t, *a}), in_numbers({t, *b})});
    return give(cast(y, a->dtype()));
  }
  const Term x = tensor(call, "self");
  const auto extreme = [&](const Attrs& attrs, const Term& of) { return compute(t.target(), {of}, attrs); };
  if (call.form() == 0) return give(cast(extreme({{"keepdims", int64_t{0}}}, in_numbers(x)), x.dtype()));
  if (x.rank() == 0) {
    give(x, 0);
    return give(number(t, DType::int64, 0), 1);
  }
  const int64_t axis = call.axis("dim", x.rank());
  const bool keep = call.flag("keepdim");
  give(cast(reduce(t.target(), in_numbers(x), {axis}, keep), x.dtype()), 0);
  give(place_of(largest ? "ArgMax" : "ArgMin", x, axis, keep), 1);
}

struct Sorted {
  Term values, places;
};

Sorted first_of(const Term& x, const Term& count, int64_t axis, bool largest) {
  Translation& t = x.translation();
  const Term key = in_numbers(x);
  Node& top = t.add_node("TopK", {&key.value(), &count.value()},
                         {{"axis", axis}, {"largest", int64_t{largest}}, {"sorted", int64_t{1}}}, 2);
  return {cast({t, *top.output(0)}, x.dtype()), {t, *top.output(1)}};
}

Sorted sorted(const Term& x, int64_t axis, bool descending) {
  if (x.rank() > 0) return first_of(x, size_of(x, axis), axis, descending);
  return {compute("Identity", {x}), number(x.translation(), DType::int64, 0)};
}

// Where the tensor had no axes, they have none.
void give_both(const Sorted& result, const Term& of) {
  give(without_that_axis(result.values, of), 0);
  give(without_that_axis(result.places, of), 1);
}

constexpr std::string_view kSort = "self, dim:int=-1, descending:bool=false",
                           kStableSort = "self, stable:any, dim:int=-1, descending:bool=false";

// Among equals the first stays first, as in a stable sort.
Sorted sorted_as_told(Translation& t) {
  const Call call(t, {kSort, kStableSort});
  const Term x = tensor(call, "self");
  return sorted(x, call.axis("dim", x.rank()), call.flag("descending"));
}

void raise_sort(Translation& t) {
  const Sorted result = sorted_as_told(t);
  give(result.values, 0);
  give(result.places, 1);
}
void raise_argsort(Translation& t) { give(sorted_as_told(t).places); }

void raise_msort(Translation& t) {
  const Call call(t, "self");
  give(sorted(tensor(call, "self"), 0, false).values);
}

void raise_topk(Translation& t) {
  const Call call(t, "self, k:int, dim:int=-1, largest:bool=true, sorted:any=None");
  const Term self = tensor(call, "self"), x = with_an_axis(self);
  give_both(first_of(x, index(call, "k"), call.axis("dim", x.rank()), call.flag("largest")), self);
}

// Element number `place` (int64 [1]) in order.
void give_one(const Sorted& order, const Term& place, int64_t axis, bool keep, const Term& of) {
  const auto chosen = [&](const Term& x) { return gather(x, keep ? place : squeeze(place, {0}), axis); };
  give_both({chosen(order.values), chosen(order.places)}, of);
}

void raise_kthvalue(Translation& t) {
  const Call call(t, "self, k:int, dim:int=-1, keepdim:bool=false");
  const Term self = tensor(call, "self"), x = with_an_axis(self), k = index(call, "k");
  const int64_t axis = call.axis("dim", x.rank());
  give_one(first_of(x, k, axis, false), k - 1.0, axis, call.flag("keepdim"), self);
}

// The lower one of two in the middle.
void raise_median(Translation& t) {
  const Call call(t, {"self", "self, dim:int, keepdim:bool=false"});
  const bool whole = call.form() == 0;
  const Term self = tensor(call, "self"), x = whole ? flat(self) : with_an_axis(self);
  const int64_t axis = whole ? 0 : call.axis("dim", x.rank());
  const Term count = (size_of(x, axis) + 1.0) / 2.0;
  const Sorted order = first_of(x, count, axis, false);
  if (whole) return give(gather(order.values, squeeze(count - 1.0, {0})));
  give_one(order, count - 1.0, axis, call.flag("keepdim"), self);
}

// NaN, which counts for nothing, goes behind all others; of none at all it is NaN.
void raise_nanmedian(Translation& t) {
  const Call call(t, {"self", "self, dim:int, keepdim:bool=false"});
  const bool whole = call.form() == 0;
  const Term self = tensor(call, "self"), x = whole ? flat(self) : with_an_axis(self);
  const int64_t axis = whole ? 0 : call.axis("dim", x.rank());
  if (!is_float(x.dtype())) return raise_median(t);
  const Term is_nan = compute("IsNaN", {x});
  const Term key = where(is_nan, number(t, x.dtype(), std::numeric_limits<double>::infinity()), x);
  const Sorted order = first_of(key, size_of(x, axis), axis, false);
  const Term count = reduce("ReduceSum", cast(negated(is_nan), DType::int64), {axis}, true);
  const Term place = maximum((count - 1.0) / 2.0, number(t, DType::int64, 0));
  const auto chosen = [&](const Term& y) { return compute("GatherElements", {y, place}, {{"axis", axis}}); };
  const Term nan = number(t, x.dtype(), std::numeric_limits<double>::quiet_NaN());
  const Term value = where(equal(count, 0.0), nan, chosen(order.values));
  if (whole) return give(squeeze(value, {0}));
  const bool keep = call.flag("keepdim");
  const auto shaped = [&](const Term& y) { return keep ? y : squeeze(y, {axis}); };
  give_both({shaped(value), shaped(chosen(order.places))}, self);
}

// The element that most others equal; the smallest of several such. Each is compared with each.
void raise_mode(Translation& t) {
  const Call call(t, "self, dim:int=-1, keepdim:bool=false");
  const Term self = tensor(call, "self"), x = with_an_axis(self);
  const int64_t axis = call.axis("dim", x.rank());
  const Sorted order = sorted(x, axis, false);
  const Term same = equal(unsqueeze(order.values, {axis}), unsqueeze(order.values, {axis + 1}));
  const Term counts = reduce("ReduceSum", cast(same, DType::int32), {axis});
  const Term place = compute("ArgMax", {counts}, {{"axis", axis}, {"keepdims", int64_t{1}}});
  const auto chosen = [&](const Term& y) {
    const Term z = compute("GatherElements", {y, place}, {{"axis", axis}});
    return call.flag("keepdim") ? z : squeeze(z, {axis});
  };
  give_both({chosen(order.values), chosen(order.places)}, self);
}

// Between two elements in order, as far from each as `q` says.
void raise_quantile(Translation& t) {
  const Call call(t, {"self, q:number, dim:int=None, keepdim:bool=false, interpolation:text=\"linear\"",
                      "self, q, dim:int=None, keepdim:bool=false, interpolation:text=\"linear\""});
  const Term given = tensor(call, "self");
  const Term x = call.has("dim") ? given : flat(given);
  const int64_t axis = call.has("dim") ? call.axis("dim", x.rank()) : 0;
  const Term q = operand(call, "q", x.dtype());
  const bool is_single = call.form() == 0 || q.rank() == 0;
  const std::string how = call.text("interpolation").empty() ? "linear" : call.text("interpolation");
  const Term order = sorted(x, axis, false).values;
  const Term place = reshape(q, {-1}) * cast(size_of(x, axis) - 1.0, x.dtype());  // [k]
  const auto at = [&](const char* rounding) {
    return gather(order, cast(compute(rounding, {place}), DType::int64), axis);
  };
  Term y = how == "higher" ? at("Ceil") : how == "nearest" ? at("Round") : at("Floor");
  if (how == "linear" || how == "midpoint") {
    Term weight = how == "midpoint" ? number(t, x.dtype(), 0.5) : place - compute("Floor", {place});
    for (int64_t i = axis + 1; i < static_cast<int64_t>(x.rank()); ++i)
      if (weight.rank() > 0) weight = unsqueeze(weight, {-1});
    y = y + (at("Ceil") - y) * weight;
  }
  const bool keep = call.flag("keepdim");
  if (keep && !call.has("dim"))
    y = reshape(y, concat({numbers(t, {-1}), numbers(t, std::vector<int64_t>(given.rank(), 1))}, 0));
  if (keep && !call.has("dim")) return give(is_single ? squeeze(y, {0}) : y);
  if (is_single) return give(keep ? y : squeeze(y, {axis}));
  const Term front = to_front(y, axis);
  give(keep ? unsqueeze(front, {axis + 1}) : front);
}

}  // namespace

OpMappings order_ops() {
  return {
      {"aten.argmax", "ArgMax", raise_place, nullptr, ""},
      {"aten.argmin", "ArgMin", raise_place, nullptr, ""},
      {"aten.argsort", "TopK", raise_argsort, nullptr, ""},
      {"aten.kthvalue", "TopK", raise_kthvalue, nullptr, ""},
      {"aten.max", "ReduceMax", raise_extreme, nullptr, ""},
      {"aten.median", "TopK", raise_median, nullptr, ""},
      {"aten.min", "ReduceMin", raise_extreme, nullptr, ""},
      {"aten.mode", "TopK", raise_mode, nullptr, ""},
      {"aten.msort", "TopK", raise_msort, nullptr, ""},
      {"aten.nanmedian", "TopK", raise_nanmedian, nullptr, ""},
      {"aten.quantile", "TopK", raise_quantile, nullptr, ""},
      {"aten.sort", "TopK", raise_sort, nullptr, ""},
      {"aten.topk", "TopK", raise_topk, nullptr, ""},
  };
}

}  // namespace modelconv::torch
