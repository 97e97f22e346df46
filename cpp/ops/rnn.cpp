// RNN, GRU and LSTM.
#include "ops/all_ops.h"
#include "ops/lstm_cell.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// Weights of all directions, checked against each other: W [D, gates * H, I], R [D, gates * H, H], B [D, 2 * gates * H].
template <class T>
std::vector<RecurrentWeights<T>> read_weights(const KernelContext& context, const RecurrentPlan& plan) {
  const int64_t width = plan.gates * plan.hidden;
  const auto expect = [&](size_t index, const Dims& dims) -> const T* {
    const Tensor& tensor = context.input(index);
    if (tensor.dims() != dims)
      context.fail("input {} is {}, it must be {}", index, to_string(tensor.dims()), to_string(dims));
    return tensor.data<T>().data();
  };
  const T* w = expect(1, {plan.directions, width, plan.input});
  const T* r = expect(2, {plan.directions, width, plan.hidden});
  const T* bias = context.has_input(3) ? expect(3, {plan.directions, 2 * width}) : nullptr;
  const T* peepholes = context.has_input(7) ? expect(7, {plan.directions, 3 * plan.hidden}) : nullptr;
  std::vector<RecurrentWeights<T>> weights;
  for (int64_t d = 0; d < plan.directions; ++d)
    weights.push_back({MatrixView<T>{w + d * width * plan.input, 1, plan.input},
                       MatrixView<T>{r + d * width * plan.hidden, 1, plan.hidden},
                       bias ? bias + d * 2 * width : nullptr,
                       peepholes ? peepholes + d * 3 * plan.hidden : nullptr});
  return weights;
}

RecurrentPlan plan_op(const KernelContext& context, int64_t gates, const std::vector<std::string>& defaults) {
  const Dims& r = context.input(2).dims();
  if (r.size() != 3) context.fail("the recurrent weights must have three axes");
  return plan_recurrent(context, gates, r[2], r[0], defaults);
}

// --- RNN: h = f(x w + h r + biases)
template <class T>
class PlainCell : public RecurrentCell<T> {
 public:
  PlainCell(ThreadPool& threads, const RecurrentPlan& plan, const RecurrentWeights<T>& weights,
            const GateFunction& function)
      : threads_(threads),
        plan_(plan),
        weights_(weights),
        function_(function),
        sums_(static_cast<size_t>(plan.batch * plan.hidden)) {}

  void advance(const std::vector<const T*>& inputs, T* h, T*) override {
    const int64_t size = plan_.hidden;
    multiply(threads_, Product<T>{plan_.batch, size, size, sums_.data(), size}, MatrixView<T>{h, size, 1},
             weights_.r);
    for (int64_t b = 0; b < plan_.batch; ++b) {
      const T* input = inputs[static_cast<size_t>(b)];
      if (!input) continue;
      T* state = h + b * size;
      for (int64_t i = 0; i < size; ++i)
        state[i] = sums_[static_cast<size_t>(b * size + i)] + input[i] +
                   (weights_.bias ? weights_.bias[size + i] : T(0));
      function_.apply(state, size);
    }
  }

 private:
  ThreadPool& threads_;
  const RecurrentPlan& plan_;
  RecurrentWeights<T> weights_;
  const GateFunction& function_;
  std::vector<T> sums_;
};

// --- GRU: gates in the order update, reset, hidden
template <class T>
class GruCell : public RecurrentCell<T> {
 public:
  GruCell(ThreadPool& threads, const RecurrentPlan& plan, const RecurrentWeights<T>& weights,
          const std::vector<GateFunction>& functions, bool linear_before_reset)
      : threads_(threads),
        plan_(plan),
        weights_(weights),
        functions_(functions),
        linear_first_(linear_before_reset),
        gates_(static_cast<size_t>(plan.batch * 3 * plan.hidden)),
        reset_state_(static_cast<size_t>(plan.batch * plan.hidden)) {}

  void advance(const std::vector<const T*>& inputs, T* h, T*) override {
    const int64_t size = plan_.hidden, width = 3 * size;
    multiply_state(h, 0, linear_first_ ? 3 : 2);
    for (int64_t b = 0; b < plan_.batch; ++b) {
      const T* input = inputs[static_cast<size_t>(b)];
      T *gates = gates_.data() + b * width, *state = reset_state_.data() + b * size;
      if (!input) {  // its row of the second product is not used
        std::fill_n(state, size, T(0));
        continue;
      }
      for (int64_t i = 0; i < 2 * size; ++i) gates[i] += input[i] + bias(i);
      functions_[0].apply(gates, 2 * size);
      for (int64_t i = 0; i < size; ++i) state[i] = gates[size + i] * h[b * size + i];
    }
    if (!linear_first_) multiply_state(reset_state_.data(), 2, 1);
    for (int64_t b = 0; b < plan_.batch; ++b) {
      const T* input = inputs[static_cast<size_t>(b)];
      if (!input) continue;
      T *gates = gates_.data() + b * width, *hidden = gates + 2 * size, *state = h + b * size;
      for (int64_t i = 0; i < size; ++i) {
        const T recurrent = hidden[i] + bias(2 * size + i);
        hidden[i] = input[2 * size + i] + (linear_first_ ? gates[size + i] * recurrent : recurrent);
      }
      functions_[1].apply(hidden, size);
      for (int64_t i = 0; i < size; ++i) state[i] = (T(1) - gates[i]) * hidden[i] + gates[i] * state[i];
    }
  }

 private:
  T bias(int64_t i) const { return weights_.bias ? weights_.bias[3 * plan_.hidden + i] : T(0); }

  void multiply_state(const T* state, int64_t first_gate, int64_t count) {
    const int64_t size = plan_.hidden;
    multiply(threads_,
             Product<T>{plan_.batch, count * size, size, gates_.data() + first_gate * size, 3 * size},
             MatrixView<T>{state, size, 1},
             MatrixView<T>{weights_.r.data + first_gate * size * weights_.r.column, weights_.r.row,
                           weights_.r.column});
  }

  ThreadPool& threads_;
  const RecurrentPlan& plan_;
  RecurrentWeights<T> weights_;
  const std::vector<GateFunction>& functions_;
  bool linear_first_;
  std::vector<T> gates_, reset_state_;
};

struct Rnn {
  static constexpr int64_t kGates = 1;
  static std::vector<std::string> defaults() { return {"Tanh"}; }
  template <class T>
  static std::unique_ptr<RecurrentCell<T>> cell(KernelContext& context, const RecurrentPlan& plan,
                                                const RecurrentWeights<T>& weights, size_t direction) {
    return std::make_unique<PlainCell<T>>(context.threads(), plan, weights, plan.functions[direction][0]);
  }
};

struct Gru {
  static constexpr int64_t kGates = 3;
  static std::vector<std::string> defaults() { return {"Sigmoid", "Tanh"}; }
  template <class T>
  static std::unique_ptr<RecurrentCell<T>> cell(KernelContext& context, const RecurrentPlan& plan,
                                                const RecurrentWeights<T>& weights, size_t direction) {
    return std::make_unique<GruCell<T>>(context.threads(), plan, weights, plan.functions[direction],
                                        int_attr(context.node(), "linear_before_reset") != 0);
  }
};

struct Lstm {
  static constexpr int64_t kGates = 4;
  static std::vector<std::string> defaults() { return {"Sigmoid", "Tanh", "Tanh"}; }
  template <class T>
  static std::unique_ptr<RecurrentCell<T>> cell(KernelContext& context, const RecurrentPlan& plan,
                                                const RecurrentWeights<T>& weights, size_t direction) {
    return std::make_unique<LstmCell<T>>(context.threads(), plan, weights, plan.functions[direction],
                                         int_attr(context.node(), "input_forget") != 0);
  }
};

template <class Op>
void run(KernelContext& context) {
  const RecurrentPlan plan = plan_op(context, Op::kGates, Op::defaults());
  visit_types(
      context, context.input(0).dtype(),
      [&]<class T>(T) {
        const auto weights = read_weights<T>(context, plan);
        const T* x = context.input(0).data<T>().data();
        std::vector<T> by_step;
        if (plan.batch_first) by_step = swapped(x, plan.batch, plan.steps, plan.input);
        run_recurrent<T>(
            context, plan, plan.batch_first ? by_step.data() : x, weights,
            [&](int64_t d) {
              return Op::template cell<T>(context, plan, weights[static_cast<size_t>(d)],
                                          static_cast<size_t>(d));
            },
            Op::kGates == 4);
      },
      FloatTypes());
}

}  // namespace

OpDefs rnn_ops() {
  return {OpDef("RNN").infer(infer_recurrent).evaluate(run<Rnn>).widen_half(),
          OpDef("GRU").infer(infer_recurrent).evaluate(run<Gru>).widen_half(),
          OpDef("LSTM").infer(infer_recurrent).evaluate(run<Lstm>).widen_half()};
}

}  // namespace modelconv
