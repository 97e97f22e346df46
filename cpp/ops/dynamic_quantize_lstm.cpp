// com.microsoft DynamicQuantizeLSTM: an LSTM with 8-bit weights, whose inputs and states are rounded to 8 bits as they
// come. Weights lie transposed, [directions, input, 4 * hidden]. Inputs: ONNX Runtime, docs/ContribOperators.md.
#include "ops/all_ops.h"
#include "ops/lstm_cell.h"
#include "ops/quantized.h"

namespace modelconv {
namespace {

enum Input : uint8_t { kX, kW, kR, kB, kLengths, kH, kC, kPeepholes, kWScale, kWZero, kRScale, kRZero };

// Real weights. A scale and a zero point per direction, or per direction and column.
std::vector<float> read_weights(const KernelContext& context, size_t index, size_t scale, size_t zero,
                                int64_t directions) {
  const std::vector<float> scales = zero_points(context, scale), zeros = zero_points(context, zero);
  const Tensor& tensor = context.input(index);
  const int64_t columns = tensor.dims()[2], per_direction = tensor.dims()[1] * columns;
  const auto parameter = [&](const std::vector<float>& values, int64_t i) {
    if (values.size() == 1) return values[0];
    const int64_t direction = i / per_direction;
    const bool per_column = static_cast<int64_t>(values.size()) == directions * columns;
    if (!per_column && static_cast<int64_t>(values.size()) != directions)
      context.fail("{} scales or zero points", values.size());
    return values[static_cast<size_t>(per_column ? direction * columns + i % columns : direction)];
  };
  std::vector<float> weights = centered(context, tensor, [&](int64_t i) { return parameter(zeros, i); });
  for (size_t i = 0; i < weights.size(); ++i) weights[i] *= parameter(scales, static_cast<int64_t>(i));
  return weights;
}

std::vector<float> rounded_to_bytes(const float* x, int64_t count) {
  const ByteRange range = dynamic_range(x, count);
  std::vector<float> result = dynamically_centered(x, count, range);
  for (float& value : result) value *= range.scale;
  return result;
}

class RoundingCell : public LstmCell<float> {
 public:
  using LstmCell<float>::LstmCell;

 protected:
  void prepare_state(const float* h, int64_t count) override {
    rounded_ = rounded_to_bytes(h, count);
    state_ = rounded_.data();
  }

 private:
  std::vector<float> rounded_;
};

void run_dynamic_lstm(KernelContext& context) {
  const Dims& r = context.input(kR).dims();
  if (r.size() != 3 || context.input(kX).dtype() != DType::float32)
    context.fail("no kernel for these inputs");
  const RecurrentPlan plan = plan_recurrent(context, 4, r[1], r[0], {"Sigmoid", "Tanh", "Tanh"});
  const int64_t width = 4 * plan.hidden;
  const auto expect = [&](size_t index, const Dims& dims) {
    if (context.input(index).dims() != dims)
      context.fail("input {} is {}, it must be {}", index, to_string(context.input(index).dims()),
                   to_string(dims));
  };
  expect(kW, {plan.directions, plan.input, width});
  expect(kR, {plan.directions, plan.hidden, width});
  if (context.has_input(kB)) expect(kB, {plan.directions, 2 * width});
  if (context.has_input(kPeepholes)) expect(kPeepholes, {plan.directions, 3 * plan.hidden});
  const std::vector<float> w = read_weights(context, kW, kWScale, kWZero, plan.directions);
  const std::vector<float> recurrent = read_weights(context, kR, kRScale, kRZero, plan.directions);
  const float* bias = context.has_input(kB) ? context.input(kB).data<float>().data() : nullptr;
  const float* peepholes =
      context.has_input(kPeepholes) ? context.input(kPeepholes).data<float>().data() : nullptr;
  std::vector<RecurrentWeights<float>> weights;
  for (int64_t d = 0; d < plan.directions; ++d)
    weights.push_back({{w.data() + d * plan.input * width, width, 1},
                       {recurrent.data() + d * plan.hidden * width, width, 1},
                       bias ? bias + d * 2 * width : nullptr,
                       peepholes ? peepholes + d * 3 * plan.hidden : nullptr});
  const Tensor& x = context.input(kX);
  std::vector<float> rounded = rounded_to_bytes(x.data<float>().data(), x.size());
  if (plan.batch_first) rounded = swapped(rounded.data(), plan.batch, plan.steps, plan.input);
  const bool couples = optional_int(context.node(), "input_forget").value_or(0) != 0;
  run_recurrent<float>(
      context, plan, rounded.data(), weights,
      [&](int64_t d) {
        const auto i = static_cast<size_t>(d);
        return std::make_unique<RoundingCell>(context.threads(), plan, weights[i], plan.functions[i],
                                              couples);
      },
      true);
}

}  // namespace

OpDefs dynamic_quantize_lstm_ops() {
  return {OpDef("com.microsoft.DynamicQuantizeLSTM").infer(infer_recurrent).evaluate(run_dynamic_lstm)};
}

}  // namespace modelconv
