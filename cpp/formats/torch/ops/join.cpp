// Several tensors into one.
#include <algorithm>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

// [0] is passed over beside tensors of more axes. Source: aten/src/ATen/native/TensorShape.cpp, cat_should_skip_tensor.
bool is_left_out(const Term& part) {
  const auto dims = part.value().shape().static_dims();
  return dims && *dims == Dims{0};
}

Term joined(std::vector<Term> parts, int64_t axis) {
  const bool has_more_axes =
      std::any_of(parts.begin(), parts.end(), [](const Term& part) { return part.rank() > 1; });
  if (has_more_axes) std::erase_if(parts, is_left_out);
  return concat(parts, axis);
}

void raise_cat(Translation& t) {
  const Call call(t, "tensors:tensors, dim:int=0");
  const std::vector<Term> parts = meeting(call, "tensors");
  size_t rank = 0;
  for (const Term& part : parts) rank = std::max(rank, axes_of(part));
  give(joined(parts, call.axis("dim", rank)));
}

void raise_stack(Translation& t) {
  const Call call(t, "tensors:tensors, dim:int=0");
  std::vector<Term> parts = meeting(call, "tensors");
  const int64_t axis = call.axis("dim", axes_of(parts[0]) + 1);
  for (Term& part : parts) part = unsqueeze(part, {axis});
  give(concat(parts, axis));
}

Term with_axes_in_front(const Term& x, size_t rank) {
  return x.rank() >= rank ? x : unsqueeze(x, all_axes(rank - x.rank()));
}

void raise_hstack(Translation& t) {
  std::vector<Term> parts = meeting(Call(t, "tensors:tensors"), "tensors");
  for (Term& part : parts) part = with_axes_in_front(part, 1);
  give(concat(parts, parts[0].rank() == 1 ? 0 : 1));
}

void raise_vstack(Translation& t) {
  std::vector<Term> parts = meeting(Call(t, "tensors:tensors"), "tensors");
  for (Term& part : parts) part = with_axes_in_front(part, 2);
  give(concat(parts, 0));
}

// [n] is [1, n, 1] here, [n, m] is [n, m, 1].
void raise_dstack(Translation& t) {
  std::vector<Term> parts = meeting(Call(t, "tensors:tensors"), "tensors");
  for (Term& part : parts) {
    part = with_axes_in_front(part, 2);
    if (part.rank() == 2) part = unsqueeze(part, {2});
  }
  give(concat(parts, 2));
}

void raise_column_stack(Translation& t) {
  std::vector<Term> parts = meeting(Call(t, "tensors:tensors"), "tensors");
  for (Term& part : parts)
    if (part.rank() < 2) part = reshape(part, {-1, 1});
  give(concat(parts, 1));
}

}  // namespace

OpMappings join_ops() {
  OpMappings rows;
  for (const char* name : {"aten.cat", "aten.concat", "aten.concatenate"})
    rows.push_back({name, "Concat", raise_cat, nullptr, ""});
  rows.push_back({"aten.column_stack", "Concat", raise_column_stack, nullptr, ""});
  rows.push_back({"aten.dstack", "Concat", raise_dstack, nullptr, ""});
  rows.push_back({"aten.hstack", "Concat", raise_hstack, nullptr, ""});
  rows.push_back({"aten.stack", "Concat", raise_stack, nullptr, ""});
  for (const char* name : {"aten.row_stack", "aten.vstack"})
    rows.push_back({name, "Concat", raise_vstack, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
