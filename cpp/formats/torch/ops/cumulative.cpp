// Running sums and their kin along one axis.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

void raise_cumsum(Translation& t) {
  const Call call(t, "self, dim:int, dtype:dtype=None");
  const Term x = tensor(call, "self");
  const Term wide = cast(x, call.dtype("dtype").value_or(is_float(x.dtype()) ? x.dtype() : DType::int64));
  give(x.rank() == 0 ? wide : cumulative_sum(wide, call.axis("dim", x.rank())));
}

}  // namespace

OpMappings cumulative_ops() {
  return {
      {"aten.cumsum", "CumSum", raise_cumsum, nullptr, ""},
  };
}

}  // namespace modelconv::torch
