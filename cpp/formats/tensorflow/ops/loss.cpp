// Cross entropy between labels and unnormalised probabilities: the loss per row and its derivative.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void cross_entropy(Translation& t, const Term& logits, const Term& labels) {
  const Attrs axis = {{"axis", int64_t{-1}}};
  const Term likelihood = compute("LogSoftmax", {logits}, axis);
  if (t.wants_output(0) || t.node().output_count() == 1) {
    // A label of 0 counts nothing, however unlikely the class is.
    const Term each = where(equal(labels, 0.0), labels * 0.0, labels * likelihood);
    set_output(t, 0, -reduce("ReduceSum", each, {-1}));
  }
  if (t.wants_output(1)) set_output(t, 1, compute("Softmax", {logits}, axis) - labels);
}

void raise_dense(Translation& t) { cross_entropy(t, input(t, 0), input(t, 1)); }

void raise_sparse(Translation& t) {
  const Term logits = input(t, 0), values = {t, t.constant(Tensor::of<float>({2}, {0, 1}))};
  const Term labels =
      compute("OneHot", {index_input(t, 1), size_of(logits, -1), cast(values, logits.dtype())},
              {{"axis", int64_t{-1}}});
  cross_entropy(t, logits, labels);
}

}  // namespace

OpMappings loss_ops() {
  return {
      {"tf.SoftmaxCrossEntropyWithLogits", "LogSoftmax", raise_dense, nullptr, ""},
      {"tf.SparseSoftmaxCrossEntropyWithLogits", "LogSoftmax", raise_sparse, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
