// Activations and softmax.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void raise_relu6(Translation& t) {
  const DType dtype = element_type(t);
  t.set_output(0, t.add("Clip", {&t.required(0), &t.scalar(dtype, 0), &t.scalar(dtype, 6)}));
}

void raise_leaky_relu(Translation& t) {
  t.set_output(0, t.add("LeakyRelu", {&t.required(0)}, {{"alpha", float_of(t, "alpha", 0.2F)}}));
}

void raise_elu(Translation& t) { t.set_output(0, t.add("Elu", {&t.required(0)}, {{"alpha", 1.0F}})); }

// The two numbers of the paper, which TensorFlow has built in (tensorflow/core/kernels/relu_op_functor.h).
void raise_selu(Translation& t) {
  t.set_output(
      0, t.add("Selu", {&t.required(0)}, {{"alpha", 1.6732632423543772F}, {"gamma", 1.0507009873554805F}}));
}

void raise_softmax(Translation& t) {
  t.set_output(0, t.add(t.target(), {&t.required(0)}, {{"axis", int64_t{-1}}}));
}

void raise_clip_by_value(Translation& t) {
  t.set_output(0, t.add("Max", {&t.add("Min", {&t.required(0), &t.required(2)}), &t.required(1)}));
}

void raise_swish(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, x * compute("Sigmoid", {x}));
}

}  // namespace

OpMappings activation_ops() {
  return {
      {"tf.ClipByValue", "Clip", raise_clip_by_value, nullptr, ""},
      {"tf.Elu", "Elu", raise_elu, nullptr, ""},
      {"tf.HardSwish", "HardSwish", translate_name, nullptr, ""},
      {"tf.LeakyRelu", "LeakyRelu", raise_leaky_relu, nullptr, ""},
      {"tf.LogSoftmax", "LogSoftmax", raise_softmax, nullptr, ""},
      {"tf.Mish", "Mish", translate_name, nullptr, ""},
      {"tf.Relu", "Relu", translate_name, nullptr, ""},
      {"tf.Relu6", "Clip", raise_relu6, nullptr, ""},
      {"tf.Selu", "Selu", raise_selu, nullptr, ""},
      {"tf.Softmax", "Softmax", raise_softmax, nullptr, ""},
      {"tf.Softplus", "Softplus", translate_name, nullptr, ""},
      {"tf.Softsign", "Softsign", translate_name, nullptr, ""},
      {"tf.Swish", "Sigmoid", raise_swish, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
