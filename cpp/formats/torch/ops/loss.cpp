// Losses that compare two tensors element by element or row by row. Those of classes: class_loss.cpp.
#include "formats/torch/ops/loss.h"

#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/distance.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {

Term reduced(const Call& call, const Term& loss) {
  const Attrs keep = {{"keepdims", int64_t{0}}};
  switch (call.integer("reduction")) {
    case kNone: return loss;
    case kMean: return compute("ReduceMean", {loss}, keep);
    case kSum: return compute("ReduceSum", {loss}, keep);
    default: call.translation().refuse("there is no reduction {}", call.integer("reduction"));
  }
}

namespace {

struct Pair {
  Term self, target;
};
Pair pair_of(const Call& call) {
  const Operands operands = promoted(call, "self", "target");
  Translation& t = call.translation();
  return {{t, *operands.a}, {t, *operands.b}};
}

Term absolute(const Term& x) { return compute("Abs", {x}); }
Term logarithm(const Term& x) { return compute("Log", {x}); }
Term positive_part(const Term& x) { return compute("Relu", {x}); }

void raise_mse(Translation& t) {
  const Call call(t, "self, target, reduction:int=1");
  const auto [x, y] = pair_of(call);
  const Term difference = x - y;
  give(reduced(call, difference * difference));
}

void raise_l1(Translation& t) {
  const Call call(t, "self, target, reduction:int=1");
  const auto [x, y] = pair_of(call);
  give(reduced(call, absolute(x - y)));
}

void raise_smooth_l1(Translation& t) {
  const Call call(t, "self, target, reduction:int=1, beta:number=1");
  const auto [x, y] = pair_of(call);
  const double beta = call.number("beta");
  const Term d = absolute(x - y);
  give(reduced(call, beta == 0 ? d : where(d < beta, d * d * (0.5 / beta), d - 0.5 * beta)));
}

void raise_huber(Translation& t) {
  const Call call(t, "self, target, reduction:int=1, delta:number=1");
  const auto [x, y] = pair_of(call);
  const double delta = call.number("delta");
  const Term d = absolute(x - y);
  give(reduced(call, where(d < delta, d * d * 0.5, (d - 0.5 * delta) * delta)));
}

// Logarithms end at -100: aten/src/ATen/native/Loss.cpp.
void raise_binary_cross_entropy(Translation& t) {
  const Call call(t, "self, target, weight=None, reduction:int=1");
  const auto [x, y] = pair_of(call);
  const Term lowest = number(t, x.dtype(), -100);
  const Term loss = (y - 1.0) * maximum(logarithm(1.0 - x), lowest) - y * maximum(logarithm(x), lowest);
  give(reduced(call, call.has("weight") ? loss * tensor(call, "weight") : loss));
}

// (1 - y) x + (1 + (pos_weight - 1) y) softplus(-x)
void raise_binary_cross_entropy_with_logits(Translation& t) {
  const Call call(t, "self, target, weight=None, pos_weight=None, reduction:int=1");
  const auto [x, y] = pair_of(call);
  Term surprise = compute("Softplus", {-x});
  if (call.has("pos_weight")) surprise = surprise * ((tensor(call, "pos_weight") - 1.0) * y + 1.0);
  const Term loss = (1.0 - y) * x + surprise;
  give(reduced(call, call.has("weight") ? loss * tensor(call, "weight") : loss));
}

void raise_kl_div(Translation& t) {
  const Call call(t, "self, target, reduction:int=1, log_target:bool=false");
  const auto [x, y] = pair_of(call);
  if (call.flag("log_target")) return give(reduced(call, compute("Exp", {y}) * (y - x)));
  const Term entropy = where(equal(y, 0), number(t, y.dtype(), 0), y * logarithm(y));
  give(reduced(call, entropy - y * x));
}

void raise_soft_margin(Translation& t) {
  const Call call(t, "self, target, reduction:int=1");
  const auto [x, y] = pair_of(call);
  give(reduced(call, compute("Softplus", {-(x * y)})));
}

void raise_hinge_embedding(Translation& t) {
  const Call call(t, "self, target, margin:number=1, reduction:int=1");
  const auto [x, y] = pair_of(call);
  const Term zero = number(t, x.dtype(), 0);
  const Term apart = where(equal(y, 1), zero, positive_part(call.number("margin") - x));
  give(reduced(call, apart + where(equal(y, -1), zero, x)));
}

void raise_margin_ranking(Translation& t) {
  const Call call(t, "input1, input2, target, margin:number=0, reduction:int=1");
  const auto input = [&](std::string_view name) { return in_floats(tensor(call, name)); };
  const Term difference = input("input1") - input("input2");
  give(reduced(call, positive_part(call.number("margin") - input("target") * difference)));
}

void raise_triplet_margin(Translation& t) {
  const Call call(t,
                  "anchor, positive, negative, margin:number=1, p:number=2, eps:number=1e-6, "
                  "swap:bool=false, reduction:int=1");
  const auto distance = [&](const char* a, const char* b) {
    return pairwise_distance(tensor(call, a), tensor(call, b), call.number("p"), call.number("eps"), false);
  };
  Term far = distance("anchor", "negative");
  if (call.flag("swap")) far = minimum(far, distance("positive", "negative"));
  give(reduced(call, positive_part(distance("anchor", "positive") - far + call.number("margin"))));
}

// The constant keeps vectors of zeros from dividing by zero: aten/src/ATen/native/Loss.cpp.
void raise_cosine_embedding(Translation& t) {
  const Call call(t, "input1, input2, target, margin:number=0, reduction:int=1");
  constexpr double kEpsilon = 1e-12;
  const Term a = in_floats(tensor(call, "input1")), b = in_floats(tensor(call, "input2"));
  const Term y = in_numbers(tensor(call, "target"));
  const auto product = [](const Term& u, const Term& v) { return reduce("ReduceSum", u * v, {-1}); };
  const Term length = compute("Sqrt", {(product(a, a) + kEpsilon) * (product(b, b) + kEpsilon)});
  const Term cosine = product(a, b) / length, zero = number(t, cosine.dtype(), 0);
  const Term alike = where(equal(y, 1), 1.0 - cosine, zero);
  give(reduced(call, alike + where(equal(y, -1), positive_part(cosine - call.number("margin")), zero)));
}

// "full" adds Stirling's approximation of log(y!) where y > 1.
void raise_poisson(Translation& t) {
  const Call call(t, "self, target, log_input:bool, full:bool, eps:number, reduction:int");
  const auto [first, second] = promoted_to_float(call, "self", "target");
  const Term x(t, *first), y(t, *second);
  Term loss =
      call.flag("log_input") ? compute("Exp", {x}) - y * x : x - y * logarithm(x + call.number("eps"));
  if (call.flag("full")) {
    constexpr double kTwoPi = 6.283185307179586;
    const Term stirling = y * logarithm(y) - y + logarithm(y * kTwoPi) * 0.5;
    loss = loss + where(y <= 1.0, number(t, y.dtype(), 0), stirling);
  }
  give(reduced(call, loss));
}

}  // namespace

OpMappings loss_ops() {
  return {
      {"aten.binary_cross_entropy", "Log", raise_binary_cross_entropy, nullptr, ""},
      {"aten.binary_cross_entropy_with_logits", "Softplus", raise_binary_cross_entropy_with_logits, nullptr,
       ""},
      {"aten.cosine_embedding_loss", "ReduceMean", raise_cosine_embedding, nullptr, ""},
      {"aten.hinge_embedding_loss", "ReduceMean", raise_hinge_embedding, nullptr, ""},
      {"aten.huber_loss", "ReduceMean", raise_huber, nullptr, ""},
      {"aten.kl_div", "ReduceMean", raise_kl_div, nullptr, ""},
      {"aten.l1_loss", "ReduceMean", raise_l1, nullptr, ""},
      {"aten.margin_ranking_loss", "ReduceMean", raise_margin_ranking, nullptr, ""},
      {"aten.mse_loss", "ReduceMean", raise_mse, nullptr, ""},
      {"aten.poisson_nll_loss", "ReduceMean", raise_poisson, nullptr, ""},
      {"aten.smooth_l1_loss", "ReduceMean", raise_smooth_l1, nullptr, ""},
      {"aten.soft_margin_loss", "Softplus", raise_soft_margin, nullptr, ""},
      {"aten.triplet_margin_loss", "ReduceMean", raise_triplet_margin, nullptr, ""},
  };
}

}  // namespace modelconv::torch
