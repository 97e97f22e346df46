// Running sums, products and extremes along one axis.
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

DType sum_type(const Call& call) {
  const DType dtype = call.tensor("self").dtype();
  return call.dtype("dtype").value_or(is_float(dtype) ? dtype : DType::int64);
}

void raise_cumsum(Translation& t) {
  const Call call(t, "self, dim:int, dtype:dtype=None");
  const Term x = cast(tensor(call, "self"), sum_type(call));
  give(x.rank() == 0 ? x : cumulative_sum(x, call.axis("dim", x.rank())));
}

// Every element in a row of its own, together with those before it; the later ones are `neutral`. Rows are along axis + 1.
Term rows_up_to(const Term& x, int64_t axis, double neutral) {
  const Term place = range(size_of(x, axis));
  Term counts = unsqueeze(place, {0}) <= unsqueeze(place, {1});  // [n, n]
  for (auto inner = axis + 1; inner < static_cast<int64_t>(x.rank()); ++inner)
    counts = unsqueeze(counts, {-1});
  return where(counts, unsqueeze(x, {axis}), neutral);
}

void raise_cumprod(Translation& t) {
  const Call call(t, "self, dim:int, dtype:dtype=None");
  const Term x = cast(tensor(call, "self"), sum_type(call));
  if (x.rank() == 0) return give(x);
  const int64_t axis = call.axis("dim", x.rank());
  give(reduce("ReduceProd", rows_up_to(x, axis, 1), {axis + 1}));
}

double lowest(const Term& x) {
  if (is_float(x.dtype())) return -std::numeric_limits<double>::infinity();
  if (x.dtype() == DType::int64) return -9.2e18;
  if (!is_signed(x.dtype())) return 0;
  return -static_cast<double>(int64_t{1} << (bit_width(x.dtype()) - 1));
}

void raise_logcumsumexp(Translation& t) {
  const Call call(t, "self, dim:int");
  const Term x = tensor(call, "self");
  if (x.rank() == 0) return give(x);
  const int64_t axis = call.axis("dim", x.rank());
  give(reduce("ReduceLogSumExp", rows_up_to(x, axis, lowest(x)), {axis + 1}));
}

// Among equals the last one so far counts.
void raise_running_extreme(Translation& t) {
  const Call call(t, "self, dim:int");
  const Term self = tensor(call, "self"), x = in_numbers(self);
  if (x.rank() == 0) {
    give(self, 0);
    return give(number(t, DType::int64, 0), 1);
  }
  const int64_t axis = call.axis("dim", x.rank());
  const bool largest = t.target() == OpName("ArgMax");
  const Term rows = rows_up_to(x, axis, largest ? lowest(x) : -lowest(x) - (is_float(x.dtype()) ? 0 : 1));
  give(cast(reduce(largest ? "ReduceMax" : "ReduceMin", rows, {axis + 1}), self.dtype()), 0);
  give(compute(t.target(), {rows},
               {{"axis", axis + 1}, {"keepdims", int64_t{0}}, {"select_last_index", int64_t{1}}}),
       1);
}

}  // namespace

OpMappings cumulative_ops() {
  return {
      {"aten.cummax", "ArgMax", raise_running_extreme, nullptr, ""},
      {"aten.cummin", "ArgMin", raise_running_extreme, nullptr, ""},
      {"aten.cumprod", "ReduceProd", raise_cumprod, nullptr, ""},
      {"aten.cumsum", "CumSum", raise_cumsum, nullptr, ""},
      {"aten.logcumsumexp", "ReduceLogSumExp", raise_logcumsumexp, nullptr, ""},
  };
}

}  // namespace modelconv::torch
