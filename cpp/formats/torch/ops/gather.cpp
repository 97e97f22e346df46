// Elements by their index along one axis.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

void raise_index_select(Translation& t) {
  const Call call(t, "self, dim:int, index");
  const Term x = tensor(call, "self"), place = tensor(call, "index");
  if (x.rank() == 0) return give(x);
  const Term places = place.rank() == 0 ? unsqueeze(place, {0}) : place;
  give(gather(x, places, call.axis("dim", axes_of(x))));
}

void raise_gather(Translation& t) {
  const Call call(t, "self, dim:int, index, sparse_grad:any=None");
  const Term x = tensor(call, "self"), place = tensor(call, "index");
  if (place.rank() == 0 || x.rank() == 0)
    return give(reshape(gather(reshape(x, {-1}), reshape(place, {-1})), shape_of(place)));
  give(compute("GatherElements", {x, place}, {{"axis", call.axis("dim", x.rank())}}));
}

}  // namespace

OpMappings gather_ops() {
  return {
      {"aten.gather", "GatherElements", raise_gather, nullptr, ""},
      {"aten.index_select", "Gather", raise_index_select, nullptr, ""},
  };
}

}  // namespace modelconv::torch
