// Products of matrices and vectors in their many forms, determinants, inverses.
#include <algorithm>

#include "formats/common/inverse.h"
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

Term matmul(const Term& a, const Term& b) { return compute("MatMul", {a, b}); }

Term times(const Term& a, const Term& b) { return a.dtype() == DType::boolean ? both(a, b) : a * b; }
Term outer(const Term& a, const Term& b) { return times(unsqueeze(a, {1}), unsqueeze(b, {0})); }

bool is_zero(const Call& call, std::string_view name) { return call.has(name) && call.number(name) == 0; }

// beta * self + alpha * product. What is in `self` does not matter where beta is 0, be it NaN.
Term weighted_sum(const Call& call, const Term& of) {
  const Term self = tensor(call, "self"), product = in_numbers(of);
  Term y = call.has("alpha") ? product * operand(call, "alpha", product.dtype()) : product;
  if (!is_zero(call, "beta")) {
    const Term x = cast(self, product.dtype());
    y = (call.has("beta") ? x * operand(call, "beta", x.dtype()) : x) + y;
  }
  return cast(y, self.dtype());
}

void raise_addmm(Translation& t) {
  const Call call(t, "self, mat1, mat2, beta:number=1, alpha:number=1");
  const Term a = tensor(call, "mat1"), b = tensor(call, "mat2");
  if (!is_float(a.dtype())) return give(weighted_sum(call, matmul(a, b)));
  std::vector<Term> inputs = {a, b};
  if (!is_zero(call, "beta")) inputs.push_back(tensor(call, "self"));
  give(compute("Gemm", inputs,
               {{"alpha", static_cast<float>(call.number("alpha"))},
                {"beta", static_cast<float>(call.number("beta"))}}));
}

void raise_addbmm(Translation& t) {
  const Call call(t, "self, batch1, batch2, beta:number=1, alpha:number=1");
  give(weighted_sum(call, reduce("ReduceSum", matmul(tensor(call, "batch1"), tensor(call, "batch2")), {0})));
}

void raise_baddbmm(Translation& t) {
  const Call call(t, "self, batch1, batch2, beta:number=1, alpha:number=1");
  give(weighted_sum(call, matmul(tensor(call, "batch1"), tensor(call, "batch2"))));
}

void raise_addmv(Translation& t) {
  const Call call(t, "self, mat, vec, beta:number=1, alpha:number=1");
  give(weighted_sum(call, matmul(tensor(call, "mat"), tensor(call, "vec"))));
}

void raise_addr(Translation& t) {
  const Call call(t, "self, vec1, vec2, beta:number=1, alpha:number=1");
  give(weighted_sum(call, outer(tensor(call, "vec1"), tensor(call, "vec2"))));
}

void raise_outer(Translation& t) {
  const Call call(t, {"self, vec2", "self, other"});
  const auto [a, b] = promoted(call, "self", call.form() == 0 ? "vec2" : "other");
  give(outer({t, *a}, {t, *b}));
}

// Sums over the last axis of both.
void raise_inner(Translation& t) {
  const Call call(t, "self, other");
  const Term a = tensor(call, "self"), b = tensor(call, "other");
  if (a.rank() == 0 || b.rank() == 0) return give(a * b);
  const Term product = matmul(reshape(a, concat({numbers(t, {-1}), size_of(a, -1)}, 0)),
                              swap_axes(reshape(b, concat({numbers(t, {-1}), size_of(b, -1)}, 0)), 0, 1));
  give(reshape(product, concat({shape_part(a, 0, -1), shape_part(b, 0, -1)}, 0)));
}

void raise_vecdot(Translation& t) {
  const Call call(t, "x, y, dim:int=-1");
  const Term product = tensor(call, "x") * tensor(call, "y");
  give(reduce("ReduceSum", product, {call.axis("dim", product.rank())}));
}

Term einsum(const std::string& equation, const std::vector<Term>& operands) {
  return compute("Einsum", operands, {{"equation", equation}});
}

// "..." stands for as many axes in every operand: ONNX does not fill up those that have fewer.
// Returns how many they are.
int64_t fill_ellipses(const std::string& equation, std::vector<Term>& operands) {
  std::vector<size_t> places(operands.size()), counts(operands.size());
  std::vector<bool> has(operands.size());
  const std::string inputs = equation.substr(0, equation.find("->"));
  for (size_t i = 0, start = 0; i < operands.size() && start <= inputs.size(); ++i) {
    std::string part = inputs.substr(start, inputs.find(',', start) - start);
    start += part.size() + 1;
    std::erase(part, ' ');
    has[i] = part.find("...") != std::string::npos;
    places[i] = has[i] ? part.find("...") : 0;
    const size_t letters = has[i] ? part.size() - 3 : part.size();
    counts[i] = has[i] && operands[i].rank() > letters ? operands[i].rank() - letters : 0;
  }
  const size_t most = *std::max_element(counts.begin(), counts.end());
  for (size_t i = 0; i < operands.size(); ++i) {
    if (!has[i] || counts[i] == most) continue;
    std::vector<int64_t> axes = all_axes(most - counts[i]);
    for (int64_t& axis : axes) axis += static_cast<int64_t>(places[i]);
    operands[i] = unsqueeze(operands[i], axes);
  }
  return static_cast<int64_t>(most);
}

void raise_einsum(Translation& t) {
  const Call call(t, "equation:text, tensors:tensors, path:any=None");
  std::vector<Term> operands = meeting(call, "tensors");
  std::string equation = call.text("equation");
  const int64_t axes = fill_ellipses(equation, operands);
  const size_t arrow = equation.find("->");
  const bool is_summed =
      axes > 0 && arrow != std::string::npos && equation.find("...", arrow) == std::string::npos;
  if (!is_summed) return give(einsum(equation, operands));
  // ONNX keeps the axes of "..." in the result.
  give(reduce("ReduceSum", einsum(equation.insert(arrow + 2, "..."), operands),
              all_axes(static_cast<size_t>(axes))));
}

// The axes that are summed over share a letter.
void raise_tensordot(Translation& t) {
  const Call call(t, "self, other, dims_self:ints, dims_other:ints");
  const Term a = tensor(call, "self"), b = tensor(call, "other");
  if (a.rank() + b.rank() > 26) t.refuse("its tensors have {} and {} axes", a.rank(), b.rank());
  const std::vector<int64_t> of_a = call.axes("dims_self", a.rank()),
                             of_b = call.axes("dims_other", b.rank());
  std::string left, right, result;
  for (size_t i = 0; i < a.rank(); ++i) left += static_cast<char>('a' + i);
  for (size_t i = 0; i < b.rank(); ++i) right += static_cast<char>('a' + a.rank() + i);
  std::string kept_left = left, kept_right = right;
  for (size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
    const char letter = left[static_cast<size_t>(of_a[i])];
    std::erase(kept_left, letter);
    std::erase(kept_right, right[static_cast<size_t>(of_b[i])]);
    right[static_cast<size_t>(of_b[i])] = letter;
  }
  give(einsum(left + "," + right + "->" + kept_left + kept_right, {a, b}));
}

// Every element of a times the whole of b.
void raise_kron(Translation& t) {
  const Call call(t, "self, other");
  const auto [first, second] = promoted(call, "self", "other");
  Term a(t, *first), b(t, *second);
  const size_t rank = std::max(a.rank(), b.rank());
  if (a.rank() < rank) a = unsqueeze(a, all_axes(rank - a.rank()));
  if (b.rank() < rank) b = unsqueeze(b, all_axes(rank - b.rank()));
  std::vector<int64_t> odd, even;
  for (size_t i = 0; i < rank; ++i) {
    even.push_back(static_cast<int64_t>(2 * i));
    odd.push_back(static_cast<int64_t>(2 * i + 1));
  }
  if (rank == 0) return give(times(a, b));
  give(reshape(times(unsqueeze(a, odd), unsqueeze(b, even)), shape_of(a) * shape_of(b)));
}

void cross(const Term& a, const Term& b, int64_t axis) {
  Translation& t = a.translation();
  const Term next = numbers(t, {1, 2, 0}), after = numbers(t, {2, 0, 1});
  give(gather(a, next, axis) * gather(b, after, axis) - gather(a, after, axis) * gather(b, next, axis));
}

void raise_linalg_cross(Translation& t) {
  const Call call(t, "self, other, dim:int=-1");
  const Term a = tensor(call, "self"), b = tensor(call, "other");
  cross(a, b, call.axis("dim", a.rank()));
}

// Without an axis: the first of size 3.
void raise_cross(Translation& t) {
  const Call call(t, "self, other, dim:int=None");
  const Term a = tensor(call, "self"), b = tensor(call, "other");
  if (call.has("dim")) return cross(a, b, call.axis("dim", a.rank()));
  for (size_t axis = 0; axis < a.rank(); ++axis)
    if (a.value().shape()[axis].known() == 3) return cross(a, b, static_cast<int64_t>(axis));
  t.refuse("no axis is known to be of size 3");
}

void raise_trace(Translation& t) {
  const Call call(t, "self");
  const Term x = tensor(call, "self");
  const Term y = is_float(x.dtype()) ? x : cast(x, DType::int64);
  const Term diagonal = where(cast(compute("EyeLike", {y}), DType::boolean), y, 0.0);
  give(compute("ReduceSum", {diagonal}, {{"keepdims", int64_t{0}}}));
}

Term determinant(const Call& call, std::string_view name) { return compute("Det", {tensor(call, name)}); }

void raise_det(Translation& t) {
  const Call call(t, {"self", "A"});
  give(determinant(call, call.form() == 0 ? "self" : "A"));
}

void raise_logdet(Translation& t) { give(compute("Log", {determinant(Call(t, "self"), "self")})); }

// Sign, and logarithm of the size.
void raise_slogdet(Translation& t) {
  const Call call(t, {"self", "A"});
  const Term det = determinant(call, call.form() == 0 ? "self" : "A");
  give(compute("Sign", {det}), 0);
  give(compute("Log", {compute("Abs", {det})}), 1);
}

void give_success(Translation& t, const Term& result) {
  give(result, 0);
  if (t.wants_output(1)) t.refuse("whether it succeeded is asked for");
}

void raise_inverse(Translation& t) {
  const Call call(t, {"self, check_errors:any=None", "A, check_errors:any=None"});
  give_success(t, inverse_of(tensor(call, call.form() == 0 ? "self" : "A")));
}

void raise_solve(Translation& t) {
  const Call call(t, "A, B, left:bool=true, check_errors:any=None");
  const Term a = tensor(call, "A"), b = tensor(call, "B");
  if (!call.flag("left")) t.refuse("the unknown stands to the left of the matrix");
  const bool is_vector = b.rank() + 1 == a.rank() || b.rank() == 1;
  if (!is_vector && a.rank() != b.rank()) t.refuse("its tensors have {} and {} axes", a.rank(), b.rank());
  const Term columns = is_vector ? unsqueeze(b, {-1}) : b;
  const Term x = solution_of(a, columns);
  give_success(t, is_vector ? squeeze(x, {-1}) : x);
}

void raise_matrix_power(Translation& t) {
  const Call call(t, "self, n:int");
  const int64_t n = call.integer("n");
  if (n > 64 || n < -64) t.refuse("power {} is not written out", n);
  if (n == 0) {
    const Term self = tensor(call, "self"), size = size_of(self, -1);
    return give(
        expand(compute("EyeLike", {filled(concat({size, size}, 0), self.dtype(), 0)}), shape_of(self)));
  }
  const Term x = n > 0 ? tensor(call, "self") : inverse_of(tensor(call, "self"));
  Term y = x;
  for (int64_t i = 1; i < std::abs(n); ++i) y = matmul(y, x);
  give(y);
}

void raise_chain(Translation& t) {
  const Call call(t, {"matrices:tensors", "tensors:tensors"});
  const std::vector<Term> parts = meeting(call, call.form() == 0 ? "matrices" : "tensors");
  Term y = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) y = matmul(y, parts[i]);
  give(y);
}

// Of the rows: [n, observations] -> [n, n]. `weights` [observations]: how much each counts; a part of it, `trust`, says how
// reliable it is. Source: at::cov in aten/src/ATen/native/Correlation.cpp.
Term covariance(const Term& x, double correction, const Term* weights, const Term* trust) {
  const Term rows = x.rank() == 1 ? unsqueeze(x, {0}) : x;
  const auto weighted = [&](const Term& y) { return weights ? y * *weights : y; };
  const auto total = [](const Term& y) { return reduce("ReduceSum", y, {-1}, true); };
  const Term sum = weights ? total(*weights) : cast(size_of(rows, 1), x.dtype());
  const Term centered = rows - total(weighted(rows)) / sum;
  const Term lost =
      trust ? total(*weights * *trust) / sum * correction : number(x.translation(), x.dtype(), correction);
  const Term c = matmul(centered, swap_axes(weighted(centered), 0, 1)) / compute("Relu", {sum - lost});
  const Dim& count = rows.value().shape()[0];
  return count.known() == 1 ? reshape(c, std::vector<int64_t>{}) : c;
}

void raise_cov(Translation& t) {
  const Call call(t, "self, correction:int=1, fweights=None, aweights=None");
  const Term x = in_floats(tensor(call, "self"));
  std::vector<Term> factors;
  for (const char* name : {"fweights", "aweights"})
    if (call.has(name)) factors.push_back(cast(tensor(call, name), x.dtype()));
  const Term weights = factors.empty() ? x : factors.size() == 1 ? factors[0] : factors[0] * factors[1];
  give(covariance(x, static_cast<double>(call.integer("correction")), factors.empty() ? nullptr : &weights,
                  call.has("aweights") ? &factors.back() : nullptr));
}

void raise_corrcoef(Translation& t) {
  const Term x = in_floats(tensor(Call(t, "self"), "self"));
  const Term c = covariance(x, 1, nullptr, nullptr);
  if (c.rank() == 0) return give(c / c);
  const Term eye = cast(compute("EyeLike", {c}), DType::boolean);
  const Term deviation = compute("Sqrt", {reduce("ReduceSum", where(eye, c, 0.0), {1})});
  give(clip(c / unsqueeze(deviation, {1}) / unsqueeze(deviation, {0}), -1, 1));
}

}  // namespace

OpMappings matrix_ops() {
  const std::string note = "matrices of at most 32 rows";
  return {
      {"aten._linalg_det", "Det", raise_det, nullptr, ""},
      {"aten._linalg_solve_ex", "Where", raise_solve, nullptr, note},
      {"aten.addbmm", "MatMul", raise_addbmm, nullptr, ""},
      {"aten.addmm", "Gemm", raise_addmm, nullptr, ""},
      {"aten.addmv", "MatMul", raise_addmv, nullptr, ""},
      {"aten.addr", "Mul", raise_addr, nullptr, ""},
      {"aten.baddbmm", "MatMul", raise_baddbmm, nullptr, ""},
      {"aten.chain_matmul", "MatMul", raise_chain, nullptr, ""},
      {"aten.corrcoef", "MatMul", raise_corrcoef, nullptr, ""},
      {"aten.cov", "MatMul", raise_cov, nullptr, ""},
      {"aten.cross", "Sub", raise_cross, nullptr, ""},
      {"aten.det", "Det", raise_det, nullptr, ""},
      {"aten.einsum", "Einsum", raise_einsum, nullptr, ""},
      {"aten.ger", "Mul", raise_outer, nullptr, ""},
      {"aten.inner", "MatMul", raise_inner, nullptr, ""},
      {"aten.inverse", "Where", raise_inverse, nullptr, note},
      {"aten.kron", "Mul", raise_kron, nullptr, ""},
      {"aten.linalg_cross", "Sub", raise_linalg_cross, nullptr, ""},
      {"aten.linalg_det", "Det", raise_det, nullptr, ""},
      {"aten.linalg_inv", "Where", raise_inverse, nullptr, note},
      {"aten.linalg_inv_ex", "Where", raise_inverse, nullptr, note},
      {"aten.linalg_matrix_power", "MatMul", raise_matrix_power, nullptr, ""},
      {"aten.linalg_multi_dot", "MatMul", raise_chain, nullptr, ""},
      {"aten.linalg_slogdet", "Det", raise_slogdet, nullptr, ""},
      {"aten.linalg_solve", "Where", raise_solve, nullptr, note},
      {"aten.linalg_solve_ex", "Where", raise_solve, nullptr, note},
      {"aten.linalg_vecdot", "ReduceSum", raise_vecdot, nullptr, ""},
      {"aten.logdet", "Det", raise_logdet, nullptr, ""},
      {"aten.matrix_power", "MatMul", raise_matrix_power, nullptr, ""},
      {"aten.outer", "Mul", raise_outer, nullptr, ""},
      {"aten.slogdet", "Det", raise_slogdet, nullptr, ""},
      {"aten.tensordot", "Einsum", raise_tensordot, nullptr, ""},
      {"aten.trace", "EyeLike", raise_trace, nullptr, ""},
  };
}

}  // namespace modelconv::torch
