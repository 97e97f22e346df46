// Losses that compare scores of classes (axis 1, or the only axis) with the right class or with probabilities.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/loss.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

// Scores of one sample count as a batch of one.
struct Scores {
  Term scores, target;
  bool is_single;
};
Scores scores_of(const Call& call) {
  const Term scores = tensor(call, "self"), target = tensor(call, "target");
  if (scores.rank() != 1) return {scores, target, false};
  return {unsqueeze(scores, {0}), unsqueeze(target, {0}), true};
}

const char* reduction_of(const Call& call) {
  static const char* const kNames[] = {"none", "mean", "sum"};
  const int64_t reduction = call.integer("reduction");
  if (reduction < 0 || reduction > 2) call.translation().refuse("there is no reduction {}", reduction);
  return kNames[reduction];
}

Term negative_log_likelihood(const Call& call, const Term& log_probability, const Term& target) {
  std::vector<Term> inputs = {log_probability, target};
  if (call.has("weight")) inputs.push_back(tensor(call, "weight"));
  return compute("NegativeLogLikelihoodLoss", inputs,
                 {{"reduction", reduction_of(call)}, {"ignore_index", call.integer("ignore_index")}});
}

Term without_batch(const Call& call, const Scores& from, const Term& loss) {
  return from.is_single && call.integer("reduction") == kNone ? squeeze(loss, {0}) : loss;
}

// The weight of each target's class; 0 for those that are ignored.
Term weights_of(const Call& call, const Term& target, DType dtype) {
  const Term is_ignored = equal(target, static_cast<double>(call.integer("ignore_index")));
  const Term place = where(is_ignored, number(target.translation(), target.dtype(), 0), target);
  const Term weights =
      call.has("weight") ? gather(tensor(call, "weight"), place) : filled(shape_of(target), dtype, 1);
  return where(is_ignored, number(target.translation(), dtype, 0), weights);
}

void raise_nll_loss(Translation& t) {
  const Call call(t, "self, target, weight=None, reduction:int=1, ignore_index:int=-100");
  const Scores from = scores_of(call);
  give(without_batch(call, from, negative_log_likelihood(call, from.scores, from.target)));
  if (!t.wants_output(1)) return;
  const Term zero = number(t, from.scores.dtype(), 0);  // PyTorch gives 0 where nothing is summed up
  const bool is_summed = call.integer("reduction") != kNone;
  give(is_summed ? compute("ReduceSum", {weights_of(call, from.target, from.scores.dtype())},
                           {{"keepdims", int64_t{0}}})
                 : zero,
       1);
}

// A column of numbers, one per class, beside scores [batch, classes, ...].
Term beside(const Term& per_class, size_t rank) {
  std::vector<int64_t> column(rank - 1, 1);
  column[0] = -1;
  return reshape(per_class, column);
}

// Targets that are probabilities: the mean is over samples, not over weights.
Term against_probabilities(const Call& call, const Term& log_probability, Term target, double smoothing) {
  if (smoothing > 0) {
    const Term classes = cast(size_of(log_probability, 1), target.dtype());
    target = target * (1 - smoothing) + compute("Reciprocal", {classes}) * smoothing;
  }
  Term products = log_probability * target;
  if (call.has("weight")) products = products * beside(tensor(call, "weight"), log_probability.rank());
  const Term loss = -reduce("ReduceSum", products, {1});
  return reduced(call, loss);
}

// Of every class the same share: what label smoothing mixes in.
Term smooth_part(const Call& call, const Term& log_probability, const Term& target) {
  Translation& t = call.translation();
  const DType dtype = log_probability.dtype();
  Term products = log_probability;
  if (call.has("weight")) products = products * beside(tensor(call, "weight"), log_probability.rank());
  const Term is_ignored = equal(target, static_cast<double>(call.integer("ignore_index")));
  const Term loss = where(is_ignored, number(t, dtype, 0), -reduce("ReduceSum", products, {1}));
  if (call.integer("reduction") != kMean) return reduced(call, loss);
  const Attrs whole = {{"keepdims", int64_t{0}}};
  return compute("ReduceSum", {loss}, whole) / compute("ReduceSum", {weights_of(call, target, dtype)}, whole);
}

void raise_cross_entropy(Translation& t) {
  const Call call(
      t, "self, target, weight=None, reduction:int=1, ignore_index:int=-100, label_smoothing:number=0");
  const Scores from = scores_of(call);
  const Term log_probability = compute("LogSoftmax", {from.scores}, {{"axis", int64_t{1}}});
  const double smoothing = call.number("label_smoothing");
  if (is_float(from.target.dtype())) {
    const Term loss = against_probabilities(call, log_probability, from.target, smoothing);
    return give(without_batch(call, from, loss));
  }
  Term loss = negative_log_likelihood(call, log_probability, from.target);
  if (smoothing > 0) {
    const Term classes = squeeze(cast(size_of(from.scores, 1), loss.dtype()), {0});
    const Term smooth = smooth_part(call, log_probability, from.target);
    loss = loss * (1 - smoothing) + smooth * smoothing / classes;
  }
  give(without_batch(call, from, loss));
}

// sum over the wrong classes of max(0, margin - right + wrong)^p / classes
void raise_multi_margin(Translation& t) {
  const Call call(t, "self, target, p:number=1, margin:number=1, weight=None, reduction:int=1");
  const Term raw = with_an_axis(tensor(call, "self")), given = tensor(call, "target");
  const bool is_single = raw.rank() == 1;
  const Term x = is_single ? unsqueeze(raw, {0}) : raw;
  const Term target = is_single ? reshape(given, {1, 1}) : unsqueeze(given, {1});
  const Term right = compute("GatherElements", {x, target}, {{"axis", int64_t{1}}});
  Term excess = compute("Relu", {x - right + call.number("margin")});
  if (call.number("p") == 2) excess = excess * excess;
  if (call.has("weight")) excess = excess * gather(tensor(call, "weight"), target);
  const Term is_right = equal(target, unsqueeze(range(size_of(x, 1)), {0}));
  const Term losses = where(is_right, number(t, x.dtype(), 0), excess);
  const Term loss = reduce("ReduceMean", losses, {1});
  give(reduced(call, is_single ? squeeze(loss, {0}) : loss));
}

}  // namespace

OpMappings class_loss_ops() {
  OpMappings rows = {
      {"aten.cross_entropy_loss", "NegativeLogLikelihoodLoss", raise_cross_entropy, nullptr, ""},
      {"aten.multi_margin_loss", "ReduceMean", raise_multi_margin, nullptr, ""},
  };
  for (const char* name : {"aten.nll_loss", "aten.nll_loss2d", "aten.nll_loss2d_forward",
                           "aten.nll_loss_forward", "aten.nll_loss_nd"})
    rows.push_back({name, "NegativeLogLikelihoodLoss", raise_nll_loss, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
