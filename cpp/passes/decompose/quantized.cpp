// Operators on integers with scales, as the same operator on floats between DequantizeLinear and QuantizeLinear: the form
// from which targets with integer kernels make their own. Inputs of com.microsoft: ONNX Runtime, docs/ContribOperators.md.
#include "passes/decompose/decompose.h"

namespace modelconv::decompose {
namespace {

// `first`: the integers, then their scale and zero point.
Value& dequantized(Step& step, size_t first, int64_t axis = 1) {
  std::vector<Value*> inputs{&step.required(first), &step.required(first + 1)};
  if (step.input(first + 2)) inputs.push_back(step.input(first + 2));
  return step.add("DequantizeLinear", inputs, {{"axis", axis}});
}

// By the scale and zero point at `first`.
void finish_quantized(Step& step, Value& y, size_t first) {
  std::vector<Value*> inputs{&y, &step.required(first)};
  if (step.input(first + 1)) inputs.push_back(step.input(first + 1));
  step.replace_output(0, step.add("QuantizeLinear", inputs));
  step.done();
}

Attrs without(Attrs attrs, std::initializer_list<const char*> names) {
  for (const char* name : names) attrs.remove(name);
  return attrs;
}

// The bias counts in products of both scales.
Value& dequantized_bias(Step& step, size_t index) {
  const std::vector<double> x = step.constant_numbers(1, "scale"), w = step.constant_numbers(4, "scale");
  std::vector<float> scales;
  for (const double scale : w) scales.push_back(static_cast<float>(x.at(0)) * static_cast<float>(scale));
  Value& scale = step.constant(scales.size() == 1 ? Tensor::scalar(scales[0]) : Tensor::vector(scales));
  return step.add("DequantizeLinear", {&step.required(index), &scale}, {{"axis", int64_t{0}}});
}

// The same operator without Q, of one or two quantised tensors.
void unary(Step& step, OpName op, std::initializer_list<const char*> dropped = {}) {
  finish_quantized(step, step.add(op, {&dequantized(step, 0)}, without(step.attrs(), dropped)), 3);
}

void binary(Step& step, OpName op) {
  finish_quantized(step, step.add(op, {&dequantized(step, 0), &dequantized(step, 3)}), 6);
}

void refuse_channels_last(const Step& step) {
  if (step.int_or("channels_last", 0) != 0) step.refuse("its images have their channels last");
}

}  // namespace

void qlinear_conv(Step& step) {
  std::vector<Value*> inputs{&dequantized(step, 0), &dequantized(step, 3, 0)};
  if (step.input(8)) inputs.push_back(&dequantized_bias(step, 8));
  finish_quantized(step, step.add("Conv", inputs, step.attrs()), 6);
}

void qlinear_matmul(Step& step) { binary(step, "MatMul"); }
void qlinear_add(Step& step) { binary(step, "Add"); }
void qlinear_mul(Step& step) { binary(step, "Mul"); }
void qlinear_sigmoid(Step& step) { unary(step, "Sigmoid"); }

void qlinear_leaky_relu(Step& step) {
  if (!step.attrs().has("alpha")) step.attrs().set("alpha", 0.01f);
  unary(step, "LeakyRelu");
}

// Before opset 13, over all axes from the named one on.
void qlinear_softmax(Step& step) {
  const auto rank = static_cast<int64_t>(step.rank_of(0));
  const int64_t axis = step.int_or("axis", -1);
  if (step.int_or("opset", 13) < 13 && axis != -1 && axis != rank - 1) step.refuse("it is over several axes");
  unary(step, "Softmax", {"opset"});
}

void qlinear_average_pool(Step& step) {
  refuse_channels_last(step);
  unary(step, "AveragePool", {"channels_last"});
}

void qlinear_global_average_pool(Step& step) {
  refuse_channels_last(step);
  unary(step, "GlobalAveragePool", {"channels_last"});
}

void qlinear_concat(Step& step) {
  std::vector<Value*> parts;
  for (size_t part = 2; part + 1 < step.node().input_count(); part += 3)
    parts.push_back(&dequantized(step, part));
  finish_quantized(step, step.add("Concat", parts, step.attrs()), 0);
}

// A, its scale and zero point, B with its own, C in int32, scale and zero point of the result: without them it is a float.
void qgemm(Step& step) {
  const bool turned = step.int_or("transB", 0) != 0;
  std::vector<Value*> inputs{&dequantized(step, 0), &dequantized(step, 3, turned ? 0 : 1)};
  if (step.input(6)) inputs.push_back(&dequantized_bias(step, 6));
  Value& y = step.add("Gemm", inputs, step.attrs());
  if (step.input(7)) return finish_quantized(step, y, 7);
  step.replace_output(0, y);
  step.done();
}

}  // namespace modelconv::decompose
