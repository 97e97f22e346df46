// Distances and similarities of vectors, products of pairs of features.
#include <cmath>
#include <limits>

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/distance.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {

Term norm_along(const Term& x, double power, int64_t axis, bool keep) {
  if (power == 2) return reduce("ReduceL2", x, {axis}, keep);
  if (power == 1) return reduce("ReduceL1", x, {axis}, keep);
  const Term size = compute("Abs", {x});
  if (std::isinf(power)) return reduce(power > 0 ? "ReduceMax" : "ReduceMin", size, {axis}, keep);
  Translation& t = x.translation();
  if (power == 0) return reduce("ReduceSum", cast(negated(equal(x, 0)), x.dtype()), {axis}, keep);
  const Term sum = reduce("ReduceSum", compute("Pow", {size, number(t, x.dtype(), power)}), {axis}, keep);
  return compute("Pow", {sum, number(t, x.dtype(), 1 / power)});
}

Term pairwise_distance(const Term& a, const Term& b, double power, double eps, bool keep) {
  return norm_along(in_floats(a) - in_floats(b) + eps, power, -1, keep);
}

namespace {

// [..., p, n] and [..., r, n] -> [..., p, r]
Term distances(const Term& a, const Term& b, double power) {
  return norm_along(unsqueeze(a, {-2}) - unsqueeze(b, {-3}), power, -1, false);
}

void raise_cdist(Translation& t) {
  const Call call(t, "x1, x2, p:number=2, compute_mode:int=None");
  give(distances(tensor(call, "x1"), tensor(call, "x2"), call.number("p")));
}

void raise_euclidean(Translation& t) {
  const Call call(t, "x1, x2");
  give(distances(tensor(call, "x1"), tensor(call, "x2"), 2));
}

// Rows i < j, in order.
void raise_pdist(Translation& t) {
  const Call call(t, "self, p:number=2");
  const Term x = tensor(call, "self"), row = range(size_of(x, 0));
  const Term is_above = unsqueeze(row, {1}) < unsqueeze(row, {0});
  const Term pairs = transpose(compute("NonZero", {is_above}), {1, 0});
  give(gather_nd(distances(x, x, call.number("p")), pairs));
}

void raise_pairwise(Translation& t) {
  const Call call(t, "x1, x2, p:number=2, eps:number=1e-6, keepdim:bool=false");
  give(pairwise_distance(tensor(call, "x1"), tensor(call, "x2"), call.number("p"), call.number("eps"),
                         call.flag("keepdim")));
}

// As large as both together.
Term broadcast_to_both(const Term& x, const Term& other) {
  const Shape &a = x.value().shape(), &b = other.value().shape();
  const bool is_same = a.has_rank() && b.has_rank() && a.dims() == b.dims();
  return is_same ? x : expand(x, shape_of(other));
}

// Each vector divided by its length, but by eps at least.
void raise_cosine(Translation& t) {
  const Call call(t, "x1, x2, dim:int=1, eps:number=1e-8");
  const int64_t dim = call.integer("dim");
  const Operands operands = promoted_to_float(call, "x1", "x2");
  const Term a = with_an_axis({t, *operands.a}), b = with_an_axis({t, *operands.b});
  const auto direction = [&](const Term& x) {
    return x / maximum(norm_along(x, 2, dim, true), number(t, x.dtype(), call.number("eps")));
  };
  give(reduce("ReduceSum", direction(broadcast_to_both(a, b)) * direction(broadcast_to_both(b, a)), {dim}));
}

// y[o] = sum over i, j of a[i] * weight[o, i, j] * b[j]
void raise_bilinear(Translation& t) {
  const Call call(t, "input1, input2, weight, bias=None");
  const Term a = tensor(call, "input1"), b = tensor(call, "input2"), weight = tensor(call, "weight");
  const Term matrix = reshape(transpose(weight, {1, 0, 2}), {0, -1});  // [i, o * j]
  const Term products = compute("MatMul", {a, matrix});
  const Term outer = slice(shape_of(a), 0, 0, -1);
  const Term shape = concat({outer, size_of(weight, 0), size_of(weight, 2)}, 0);
  const Term y = reduce("ReduceSum", reshape(products, shape) * unsqueeze(b, {-2}), {-1});
  give(call.has("bias") ? y + tensor(call, "bias") : y);
}

}  // namespace

OpMappings distance_ops() {
  return {
      {"aten._cdist_forward", "ReduceL2", raise_cdist, nullptr, ""},
      {"aten._euclidean_dist", "ReduceL2", raise_euclidean, nullptr, ""},
      {"aten._pdist_forward", "ReduceL2", raise_pdist, nullptr, ""},
      {"aten.bilinear", "MatMul", raise_bilinear, nullptr, ""},
      {"aten.cdist", "ReduceL2", raise_cdist, nullptr, ""},
      {"aten.cosine_similarity", "Mul", raise_cosine, nullptr, ""},
      {"aten.pairwise_distance", "ReduceL2", raise_pairwise, nullptr, ""},
      {"aten.pdist", "ReduceL2", raise_pdist, nullptr, ""},
  };
}

}  // namespace modelconv::torch
