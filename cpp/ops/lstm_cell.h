// One step of an LSTM: LSTM and DynamicQuantizeLSTM use it.
#pragma once

#include <algorithm>
#include <vector>

#include "ops/recurrent.h"

namespace modelconv {

// Gates stand in the order input, output, forget, cell; peepholes in the order input, output, forget.
template <class T>
class LstmCell : public RecurrentCell<T> {
 public:
  LstmCell(ThreadPool& threads, const RecurrentPlan& plan, const RecurrentWeights<T>& weights,
           const std::vector<GateFunction>& functions, bool couples_forget)
      : threads_(threads),
        plan_(plan),
        weights_(weights),
        functions_(functions),
        couples_forget_(couples_forget),
        gates_(static_cast<size_t>(plan.batch * 4 * plan.hidden)),
        squashed_(static_cast<size_t>(plan.hidden)) {
    // ONNX Runtime clips what goes into the gates, not the cell state that goes into the last function.
    functions_[2].clip_at(0);
  }

  void advance(const std::vector<const T*>& inputs, T* h, T* c) override {
    const int64_t size = plan_.hidden, width = 4 * size;
    prepare_state(h, plan_.batch * size);
    multiply(threads_, Product<T>{plan_.batch, width, size, gates_.data(), width},
             MatrixView<T>{state_ ? state_ : h, size, 1}, weights_.r);
    for (int64_t b = 0; b < plan_.batch; ++b) {
      const T* input = inputs[static_cast<size_t>(b)];
      if (!input) continue;
      T* gates = gates_.data() + b * width;
      for (int64_t i = 0; i < width; ++i)
        gates[i] += input[i] + (weights_.bias ? weights_.bias[width + i] : T(0));
      move_one(gates, h + b * size, c + b * size);
    }
  }

 protected:
  // For a relative that multiplies a changed copy of h: points state_ at it.
  virtual void prepare_state(const T* /*h*/, int64_t /*count*/) {}
  const T* state_ = nullptr;

 private:
  void add_peephole(T* gate, int64_t which, const T* c) const {
    if (!weights_.peepholes) return;
    for (int64_t i = 0; i < plan_.hidden; ++i) gate[i] += weights_.peepholes[which * plan_.hidden + i] * c[i];
  }

  void move_one(T* gates, T* h, T* c) {
    const int64_t size = plan_.hidden;
    T *input = gates, *output = gates + size, *forget = gates + 2 * size, *candidate = gates + 3 * size;
    add_peephole(input, 0, c);
    functions_[0].apply(input, size);
    if (couples_forget_) {
      for (int64_t i = 0; i < size; ++i) forget[i] = T(1) - input[i];
    } else {
      add_peephole(forget, 2, c);
      functions_[0].apply(forget, size);
    }
    functions_[1].apply(candidate, size);
    for (int64_t i = 0; i < size; ++i) c[i] = forget[i] * c[i] + input[i] * candidate[i];
    add_peephole(output, 1, c);
    functions_[0].apply(output, size);
    std::copy_n(c, size, squashed_.data());
    functions_[2].apply(squashed_.data(), size);
    for (int64_t i = 0; i < size; ++i) h[i] = output[i] * squashed_[static_cast<size_t>(i)];
  }

  ThreadPool& threads_;
  const RecurrentPlan& plan_;
  RecurrentWeights<T> weights_;
  std::vector<GateFunction> functions_;
  bool couples_forget_;
  std::vector<T> gates_, squashed_;
};

}  // namespace modelconv
