// Losses. Formulas: the ONNX specification.
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// Minus what the class of each place has, times the weight of the class; places that are ignored count nothing.
void set_loss(Translation& t, const Term& log_of_class, size_t weight_input) {
  const Term target = cast(input(t, 1), DType::int64);
  const auto ignored = optional_int(t.node(), "ignore_index");
  const std::string reduction = string_attr(t.node(), "reduction");
  const bool has_weights = t.input(weight_input) != nullptr;
  const DType dtype = log_of_class.dtype();
  const Term is_ignored =
      ignored ? equal(target, static_cast<double>(*ignored)) : equal(target, target - 1.0);
  const Term safe = ignored ? where(is_ignored, number(t, DType::int64, 0), target) : target;
  const Term chosen = compute("GatherElements", {log_of_class, unsqueeze(safe, {1})}, {{"axis", int64_t{1}}});
  Term weights = filled(shape_of(target), dtype, 1);
  if (has_weights) weights = gather(input(t, weight_input), safe);
  if (ignored) weights = where(is_ignored, weights * 0.0, weights);
  const Term loss = -squeeze(chosen, {1}) * weights;
  if (reduction == "none") return set_output(t, 0, loss);
  const Attrs all = {{"keepdims", int64_t{0}}};
  if (reduction == "sum") return set_output(t, 0, compute("ReduceSum", {loss}, all));
  if (!has_weights && !ignored) return set_output(t, 0, compute("ReduceMean", {loss}, all));
  set_output(t, 0, compute("ReduceSum", {loss}, all) / compute("ReduceSum", {weights}, all));
}

void lower_negative_log_likelihood(Translation& t) { set_loss(t, input(t, 0), 2); }

void lower_softmax_cross_entropy(Translation& t) {
  const Term logs = compute("LogSoftmax", {input(t, 0)}, {{"axis", int64_t{1}}});
  if (t.wants_output(1)) set_output(t, 1, logs);
  set_loss(t, logs, 2);
}

}  // namespace

OpMappings lower_losses() {
  return {
      {"tf.GatherNd", "NegativeLogLikelihoodLoss", nullptr, lower_negative_log_likelihood, ""},
      {"tf.LogSoftmax", "SoftmaxCrossEntropyLoss", nullptr, lower_softmax_cross_entropy, ""},
  };
}

}  // namespace modelconv::tensorflow
