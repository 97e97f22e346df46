// Norms of vectors and matrices, and distances by them.
#include <cmath>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/reduction.h"

namespace modelconv::torch {
namespace {

Term vector_norm(const Term& x, double p, const ReducedAxes& over) {
  if (p == 2) return reduced("ReduceL2", x, over);
  if (p == 1) return reduced("ReduceL1", x, over);
  const Term size = compute("Abs", {x});
  if (std::isinf(p)) return reduced(p > 0 ? "ReduceMax" : "ReduceMin", size, over);
  if (p == 0) return reduced("ReduceSum", cast(cast(x, DType::boolean), x.dtype()), over);
  const auto power = [](const Term& base, double exponent) {
    return compute("Pow", {base, number(base.translation(), base.dtype(), exponent)});
  };
  return power(reduced("ReduceSum", power(size, p), over), 1 / p);
}

Term matrix_norm(const Term& x, double p, int64_t rows, int64_t columns, bool keep) {
  Translation& t = x.translation();
  const double order = std::abs(p);
  if (order != 1 && !std::isinf(order))
    t.refuse("norm {} of matrices needs singular values, for which ONNX has no operator", p);
  const Term sums = reduced("ReduceL1", x, {{order == 1 ? rows : columns}, true});
  const Term extreme = reduced(p > 0 ? "ReduceMax" : "ReduceMin", sums, {{rows, columns}, true});
  return keep ? extreme : squeeze(extreme, {rows, columns});
}

// "fro" and 2 of a vector are the same.
double order_of(const Call& call, std::string_view name) {
  if (!call.has(name)) return 2;
  if (!call.is_text(name)) return call.number(name);
  if (call.text(name) != "fro")
    call.translation().refuse("norm '{}' needs singular values, for which ONNX has no operator",
                              call.text(name));
  return 2;
}

Term wide(const Call& call) {
  Translation& t = call.translation();
  const Term x = {t, as_float(t, call.tensor("self"))};
  return cast(x, call.dtype("dtype").value_or(x.dtype()));
}

void raise_vector_norm(Translation& t) {
  const Call call(t, {"self, ord:number=2, dim:ints=None, keepdim:bool=false, dtype:dtype=None"});
  const Term x = wide(call);
  give(vector_norm(x, order_of(call, "ord"), reduction_of(call, x)));
}

void raise_norm(Translation& t) {
  const Call call(
      t, {"self, p:any=2, dim:ints=None, keepdim:bool=false, dtype:dtype=None", "self, p:any, dtype:dtype"});
  const Term x = wide(call);
  give(vector_norm(x, order_of(call, "p"), call.form() == 0 ? reduction_of(call, x) : ReducedAxes{}));
}

void raise_frobenius_norm(Translation& t) {
  const Call call(t, "self, dim:ints=None, keepdim:bool=false, dtype:dtype=None");
  const Term x = wide(call);
  give(reduced("ReduceL2", x, reduction_of(call, x)));
}

void raise_matrix_norm(Translation& t) {
  const Call call(t, "self, ord:any=None, dim:ints=[-2,-1], keepdim:bool=false, dtype:dtype=None");
  const Term x = wide(call);
  const std::vector<int64_t> axes = call.axes("dim", x.rank());
  if (axes.size() != 2) t.refuse("a matrix has 2 axes, {} are named", axes.size());
  const bool is_frobenius = !call.has("ord") || call.is_text("ord");
  const double order = order_of(call, "ord");
  if (is_frobenius) return give(vector_norm(x, 2, {axes, call.flag("keepdim")}));
  give(matrix_norm(x, order, axes[0], axes[1], call.flag("keepdim")));
}

// Of matrices where two axes are named, or none and the tensor has two; without an order, of all elements.
void raise_linalg_norm(Translation& t) {
  const Call call(t, "self, ord:any=None, dim:ints=None, keepdim:bool=false, dtype:dtype=None");
  const Term x = wide(call);
  const bool has_axes = call.has("dim");
  const std::vector<int64_t> axes = has_axes ? call.axes("dim", x.rank()) : all_axes(x.rank());
  const bool is_matrix = call.has("ord") && !call.is_text("ord") && axes.size() == 2;
  const double order = order_of(call, "ord");
  if (is_matrix) return give(matrix_norm(x, order, axes[0], axes[1], call.flag("keepdim")));
  give(vector_norm(x, order, reduction_of(call, x)));
}

void raise_dist(Translation& t) {
  const Call call(t, "self, other, p:number=2");
  const auto [a, b] = promoted_to_float(call, "self", "other");
  give(vector_norm(Term(t, *a) - Term(t, *b), call.number("p"), {}));
}

// Parts along the axis whose norm is larger are scaled down to it.
void raise_renorm(Translation& t) {
  const Call call(t, "self, p:number, dim:int, maxnorm:number");
  const Term x = tensor(call, "self");
  std::vector<int64_t> others = all_axes(x.rank());
  std::erase(others, call.axis("dim", x.rank()));
  const Term norm = vector_norm(x, call.number("p"), {others, true}),
             limit = operand(call, "maxnorm", x.dtype());
  give(x * where(limit < norm, limit / (norm + 1e-7), number(t, x.dtype(), 1)));
}

}  // namespace

OpMappings norm_ops() {
  return {
      {"aten.dist", "ReduceL2", raise_dist, nullptr, ""},
      {"aten.frobenius_norm", "ReduceL2", raise_frobenius_norm, nullptr, ""},
      {"aten.linalg_matrix_norm", "ReduceL2", raise_matrix_norm, nullptr, "without singular values"},
      {"aten.linalg_norm", "ReduceL2", raise_linalg_norm, nullptr, "without singular values"},
      {"aten.linalg_vector_norm", "ReduceL2", raise_vector_norm, nullptr, ""},
      {"aten.norm", "ReduceL2", raise_norm, nullptr, "without singular values"},
      {"aten.renorm", "ReduceL2", raise_renorm, nullptr, ""},
  };
}

}  // namespace modelconv::torch
