// Axes in another order.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

void raise_permute(Translation& t) {
  const Call call(t, "self, dims:ints");
  const Term x = tensor(call, "self");
  give(transpose(x, with_parts(call.axes("dims", axes_of(x)), x)));
}

void raise_transpose(Translation& t) {
  const Call call(t, {"self, dim0:int, dim1:int", "self, axis0:int, axis1:int"});
  const bool by_dim = call.form() == 0;
  const Term x = tensor(call, "self");
  give(swap_axes(x, call.axis(by_dim ? "dim0" : "axis0", axes_of(x)),
                 call.axis(by_dim ? "dim1" : "axis1", axes_of(x))));
}

void raise_t(Translation& t) {
  const Call call(t, "self");
  const Term x = tensor(call, "self");
  if (x.rank() > 2) t.refuse("it transposes two axes, its tensor has {}", x.rank());
  give(x.rank() < 2 ? x : swap_axes(x, 0, 1));
}

void raise_last_two(Translation& t) {
  const Call call(t, "self");
  const Term x = tensor(call, "self");
  const auto rank = static_cast<int64_t>(x.rank());
  give(rank < 2 ? x : swap_axes(x, rank - 2, rank - 1));
}

void raise_reversed(Translation& t) {
  const Call call(t, "self");
  const Term x = tensor(call, "self");
  std::vector<int64_t> perm = all_axes(x.rank());
  std::reverse(perm.begin(), perm.end());
  give(transpose(x, perm));
}

// The axes that are not named keep their order.
void raise_movedim(Translation& t) {
  const Call call(t, "self, source:ints, destination:ints");
  const Term x = tensor(call, "self");
  const std::vector<int64_t> from = call.axes("source", x.rank()), to = call.axes("destination", x.rank());
  if (from.size() != to.size()) t.refuse("{} axes go to {} places", from.size(), to.size());
  std::vector<int64_t> perm(x.rank(), -1);
  for (size_t i = 0; i < from.size() && x.rank() > 0; ++i) perm[static_cast<size_t>(to[i])] = from[i];
  int64_t next = 0;
  for (int64_t& axis : perm) {
    if (axis >= 0) continue;
    while (std::find(from.begin(), from.end(), next) != from.end()) ++next;
    axis = next++;
  }
  give(transpose(x, perm));
}

}  // namespace

OpMappings permute_ops() {
  OpMappings rows;
  const auto add = [&](std::initializer_list<const char*> names, TranslateFn raise) {
    for (const char* name : names) rows.push_back({OpName("aten", name), "Transpose", raise, nullptr, ""});
  };
  add({"permute", "permute_copy"}, raise_permute);
  add({"transpose", "transpose_copy", "swapaxes", "swapdims"}, raise_transpose);
  add({"t", "t_copy"}, raise_t);
  add({"mT", "matrix_H", "mH", "adjoint"}, raise_last_two);
  add({"numpy_T", "T"}, raise_reversed);
  add({"movedim", "moveaxis"}, raise_movedim);
  return rows;
}

}  // namespace modelconv::torch
