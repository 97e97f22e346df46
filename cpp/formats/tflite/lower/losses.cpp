// Losses, as sums over one-hot labels.
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// Logarithms of probabilities [N, C, ...] at the labels [N, ...], negated, weighted and reduced as the node asks.
Value& negative_log_likelihood(Translation& t, Value& logarithms) {
  Value& labels = t.cast(t.required(1), DType::int64);
  const int64_t classes = static_dim(t, logarithms, 1);
  const auto rank = static_cast<int64_t>(t.rank_of(logarithms));
  Value& values = t.constant(Tensor::vector(std::vector<float>{0, 1}));
  Value& hot = t.add("OneHot", {&labels, &t.ints({classes}), &values}, {{"axis", int64_t{1}}});
  Value& axis = t.ints({1});
  const Attrs dropped{{"keepdims", int64_t{0}}};
  Value& chosen = t.add("ReduceSum", {&t.add("Mul", {&hot, &logarithms}), &axis}, dropped);
  // What each label counts: its class's weight, and nothing where it is to be ignored.
  Value* counts = nullptr;
  if (Value* weights = t.input(2)) {
    std::vector<int64_t> column(static_cast<size_t>(rank), 1);
    column[1] = classes;
    counts = &t.add("ReduceSum", {&t.add("Mul", {&hot, &reshaped(t, *weights, column)}), &axis}, dropped);
  } else {
    counts = &t.add("ReduceSum", {&hot, &axis}, dropped);
  }
  if (const auto ignored = optional_int(t.node(), "ignore_index")) {
    Value& is_ignored = t.add("Equal", {&labels, &t.scalar(DType::int64, static_cast<double>(*ignored))});
    counts = &t.add("Where", {&is_ignored, &t.scalar_like(*counts, 0), counts});
  }
  Value& losses = t.add("Neg", {&t.add("Mul", {&chosen, counts})});
  const std::string reduction = string_attr(t.node(), "reduction");
  if (reduction == "none") return losses;
  Value& sum = t.add("ReduceSum", {&losses}, dropped);
  return reduction == "sum" ? sum : t.add("Div", {&sum, &t.add("ReduceSum", {counts}, dropped)});
}

void lower_nll(Translation& t) { t.set_output(0, negative_log_likelihood(t, t.required(0))); }

void lower_cross_entropy(Translation& t) {
  Value& logarithms = t.add("LogSoftmax", {t.input(0)}, {{"axis", int64_t{1}}});
  t.set_output(0, negative_log_likelihood(t, logarithms));
  t.set_output(1, logarithms);
}

}  // namespace

OpMappings lower_losses() {
  return {
      {"tflite.ONE_HOT", "NegativeLogLikelihoodLoss", nullptr, lower_nll, "as a sum"},
      {"tflite.LOG_SOFTMAX", "SoftmaxCrossEntropyLoss", nullptr, lower_cross_entropy, "as a sum"},
  };
}

}  // namespace modelconv::tflite
