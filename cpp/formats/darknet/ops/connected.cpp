// Matrices: x, biases, weights, [scales, mean, variance].
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
Term connect(const Term& x, const std::vector<Term>& weights) {
  Translation& t = x.translation();
  const bool normalized = flag_of(t, "batch_normalize");
  std::vector<Term> inputs = {as_vector(x), weights.at(1)};
  if (!normalized) inputs.push_back(weights[0]);
  Term y = compute("Gemm", inputs, {{"transB", int64_t{!flag_of(t, "transposed")}}});
  if (normalized) y = normalize(y, weights[0], {weights.at(2), weights.at(3), weights.at(4)});
  return activate(y, text_of(t, "activation"));
}

namespace {

void raise_connected(Translation& t) {
  set_output(t, 0, connect(input(t, 0), inputs_between(t, 1, t.input_count())));
}

void raise_batchnorm(Translation& t) {
  set_output(t, 0, normalize(input(t, 0), input(t, 1), {input(t, 2), input(t, 3), input(t, 4)}));
}

// Weights that do not depend on the image, once per image.
void raise_implicit(Translation& t) {
  const Term weights = input(t, 1);
  const Dims dims = t.constant(1, "its weights").dims();
  const Term batch = size_of(input(t, 0), 0);
  set_output(t, 0, expand(weights, concat({batch, numbers(t, {dims.begin() + 1, dims.end()})}, 0)));
}

}  // namespace

OpMappings connected_ops() {
  return {
      {"darknet.batchnorm", "BatchNormalization", raise_batchnorm, nullptr, ""},
      {"darknet.connected", "Gemm", raise_connected, nullptr, ""},
      {"darknet.implicit", "Expand", raise_implicit, nullptr, ""},
  };
}

}  // namespace modelconv::darknet
