// Axes reduced to one value each: sums, means, extremes, truth, variances, norms.
#include <algorithm>
#include <cmath>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/reduction.h"

namespace modelconv::torch {

ReducedAxes reduction_of(const Call& call, const Term& x) {
  const bool has_axes = call.has("dim") && !call.raw("dim").is_null();
  return {has_axes ? call.axes("dim", x.rank()) : std::vector<int64_t>{}, call.flag("keepdim")};
}

Term reduced(OpName op, const Term& x, const ReducedAxes& over) {
  const Attrs attrs = {{"keepdims", int64_t{over.keep}}};
  if (over.axes.empty() || (x.value().shape().has_rank() && x.rank() == 0)) return compute(op, {x}, attrs);
  return reduce(op, x, over.axes, over.keep);
}

Term reduced_extreme(OpName op, const Term& x, const ReducedAxes& over) {
  if (x.dtype() != DType::boolean) return reduced(op, x, over);
  return cast(reduced(op, cast(x, DType::int32), over), DType::boolean);
}

namespace {

// How many elements are taken together, as a value of x's type.
Term count_of(const Term& x, const ReducedAxes& over) {
  Translation& t = x.translation();
  if (over.axes.empty()) return cast(compute("Size", {x}), x.dtype());
  const Term counted = gather(shape_of(x), numbers(t, over.axes));
  return cast(compute("ReduceProd", {counted}, {{"keepdims", int64_t{0}}}), x.dtype());
}

DType sum_type(DType dtype) { return is_float(dtype) ? dtype : DType::int64; }

constexpr std::string_view kSum = "self, dim:ints=None, keepdim:bool=false, dtype:dtype=None";

// Integers and bool are added and multiplied as int64.
void raise_sum(Translation& t) {
  const Call call(t, kSum);
  const Term x = tensor(call, "self");
  const Term wide = cast(x, call.dtype("dtype").value_or(sum_type(x.dtype())));
  give(reduced(t.target(), wide, reduction_of(call, x)));
}

// Over the axes in front that the size lacks, and those that shall be 1: what broadcasting has made is added up again.
void raise_sum_to_size(Translation& t) {
  const Call call(t, "self, size:ints");
  const Term x = tensor(call, "self");
  const std::vector<int64_t> size = call.integers("size");
  const size_t lacking = x.rank() - std::min(size.size(), x.rank());
  std::vector<int64_t> axes = all_axes(lacking);
  for (size_t i = 0; i < size.size(); ++i)
    if (size[i] == 1) axes.push_back(static_cast<int64_t>(lacking + i));
  const Term wide = size.empty() || !axes.empty() ? cast(x, sum_type(x.dtype())) : x;
  const Term sum = axes.empty() ? wide : reduced("ReduceSum", wide, {axes, true});
  give(reshape(sum, sizes(call, "size")));
}

void raise_mean(Translation& t) {
  const Call call(t, kSum);
  const Term x = tensor(call, "self");
  const Term wide = cast(x, call.dtype("dtype").value_or(x.dtype()));
  give(reduced("ReduceMean", wide, reduction_of(call, x)));
}

void raise_extreme(Translation& t) {
  const Call call(t, "self, dim:ints=[], keepdim:bool=false");
  const Term x = tensor(call, "self");
  give(reduced_extreme(t.target(), x, reduction_of(call, x)));
}

void raise_aminmax(Translation& t) {
  const Call call(t, "self, dim:int=None, keepdim:bool=false");
  const Term x = tensor(call, "self");
  const ReducedAxes over = reduction_of(call, x);
  give(reduced_extreme("ReduceMin", x, over), 0);
  give(reduced_extreme("ReduceMax", x, over), 1);
}

// uint8 stays uint8. Source: torch.any, torch.all.
void raise_truth(Translation& t) {
  const Call call(t, {"self", "self, dim:ints=None, keepdim:bool=false"});
  const Term x = tensor(call, "self");
  const ReducedAxes over = call.form() == 0 ? ReducedAxes{} : reduction_of(call, x);
  if (call.form() == 1 && call.raw("dim").is_array() && call.raw("dim").empty())
    return give(cast(x, DType::boolean));
  const Term truth = reduced_extreme(t.target(), cast(x, DType::boolean), over);
  give(x.dtype() == DType::uint8 ? cast(truth, DType::uint8) : truth);
}

void raise_count_nonzero(Translation& t) {
  const Call call(t, "self, dim:ints=None");
  const Term x = tensor(call, "self");
  const bool has_axes = call.has("dim") && !call.raw("dim").empty();
  const Term counted = cast(cast(x, DType::boolean), DType::int64);
  give(
      reduced("ReduceSum", counted, {has_axes ? call.axes("dim", x.rank()) : std::vector<int64_t>{}, false}));
}

void raise_log_sum_exp(Translation& t) {
  const Call call(t, "self, dim:ints, keepdim:bool=false");
  const Term x = {t, as_float(t, call.tensor("self"))};
  give(reduced("ReduceLogSumExp", x, reduction_of(call, x)));
}

// --- not a number counts as nothing
Term is_nan(const Term& x) { return compute("IsNaN", {x}); }

void raise_nansum(Translation& t) {
  const Call call(t, "self, dim:ints=None, keepdim:bool=false, dtype:dtype=None");
  const Term x = tensor(call, "self");
  const Term wide = cast(x, call.dtype("dtype").value_or(sum_type(x.dtype())));
  const Term clean = is_float(wide.dtype()) ? where(is_nan(wide), number(t, wide.dtype(), 0), wide) : wide;
  give(reduced("ReduceSum", clean, reduction_of(call, x)));
}

void raise_nanmean(Translation& t) {
  const Call call(t, "self, dim:ints=None, keepdim:bool=false, dtype:dtype=None");
  const Term x = cast(tensor(call, "self"), call.dtype("dtype").value_or(call.tensor("self").dtype()));
  const ReducedAxes over = reduction_of(call, x);
  const Term sum = reduced("ReduceSum", where(is_nan(x), number(t, x.dtype(), 0), x), over);
  give(sum / reduced("ReduceSum", cast(negated(is_nan(x)), x.dtype()), over));
}

// --- variances. `correction` is what is taken off the count: 1 by default, 0 where "unbiased" is false.
struct Moments {
  Term variance, mean;
};

double correction_of(const Call& call) {
  if (call.has("unbiased")) return call.flag("unbiased") ? 1 : 0;
  return call.has("correction") ? call.number("correction") : 1;
}

Moments moments(const Term& x, const ReducedAxes& over, double correction) {
  const Term center = reduced("ReduceMean", x, {over.axes, true});
  const Term squares = reduced("ReduceSumSquare", x - center, over);
  const Term count = count_of(x, over);
  const Term divisor =
      correction == 0 ? count : maximum(count - correction, number(x.translation(), x.dtype(), 0));
  return {squares / divisor, over.keep ? center : reduced("ReduceMean", x, over)};
}

void raise_moments(Translation& t) {
  // The most telling form first: true and false are ints, too.
  const Call call(t, {"self, unbiased:flag", "self, dim:ints, unbiased:flag, keepdim:bool=false",
                      "self, dim:ints=None, correction:number=None, keepdim:bool=false"});
  const Term x = tensor(call, "self");
  const Moments result =
      moments(x, call.form() == 0 ? ReducedAxes{} : reduction_of(call, x), correction_of(call));
  const bool is_deviation = t.target() == OpName("Sqrt");
  give(is_deviation ? compute("Sqrt", {result.variance}) : result.variance, 0);
  if (t.node().output_count() > 1) give(result.mean, 1);
}

}  // namespace

OpMappings reduce_ops() {
  return {
      {"aten.all", "ReduceMin", raise_truth, nullptr, ""},
      {"aten.amax", "ReduceMax", raise_extreme, nullptr, ""},
      {"aten.amin", "ReduceMin", raise_extreme, nullptr, ""},
      {"aten.aminmax", "ReduceMin", raise_aminmax, nullptr, ""},
      {"aten.any", "ReduceMax", raise_truth, nullptr, ""},
      {"aten.count_nonzero", "ReduceSum", raise_count_nonzero, nullptr, ""},
      {"aten.logsumexp", "ReduceLogSumExp", raise_log_sum_exp, nullptr, ""},
      {"aten.mean", "ReduceMean", raise_mean, nullptr, ""},
      {"aten.nanmean", "ReduceSum", raise_nanmean, nullptr, ""},
      {"aten.nansum", "ReduceSum", raise_nansum, nullptr, ""},
      {"aten.prod", "ReduceProd", raise_sum, nullptr, ""},
      {"aten.special_logsumexp", "ReduceLogSumExp", raise_log_sum_exp, nullptr, ""},
      {"aten.std", "Sqrt", raise_moments, nullptr, ""},
      {"aten.std_mean", "Sqrt", raise_moments, nullptr, ""},
      {"aten.sum", "ReduceSum", raise_sum, nullptr, ""},
      {"aten.sum_to_size", "ReduceSum", raise_sum_to_size, nullptr, ""},
      {"aten.var", "ReduceSumSquare", raise_moments, nullptr, ""},
      {"aten.var_mean", "ReduceSumSquare", raise_moments, nullptr, ""},
  };
}

}  // namespace modelconv::torch
