// What RNN, GRU and LSTM share: sizes, activations, and the walk through the steps of a sequence.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/gemm.h"
#include "ops/infer.h"
#include "ops/kernel.h"

namespace modelconv {

// An activation function of ONNX's list, with its alpha and beta, applied after the input is clipped.
class GateFunction {
 public:
  // Takes alpha and beta from the front of the lists when the function has them and the lists are not used up.
  GateFunction(const Node& node, const std::string& name, std::vector<float>& alphas,
               std::vector<float>& betas);
  void clip_at(double threshold) { clip_ = threshold; }  // 0: not at all
  template <class T>
  void apply(T* x, int64_t count) const;

 private:
  enum class Kind : uint8_t {
    relu,
    tanh,
    sigmoid,
    affine,
    leaky_relu,
    thresholded_relu,
    scaled_tanh,
    hard_sigmoid,
    elu,
    softsign,
    softplus
  };
  template <class T>
  T at(T x) const;
  Kind kind_;
  double alpha_ = 0, beta_ = 0, clip_ = 0;
};

struct RecurrentPlan {
  int64_t steps, batch, input, hidden, directions, gates;
  bool batch_first = false;                          // layout 1
  bool first_reversed = false;                       // direction "reverse"; the second direction always is
  std::vector<int64_t> lengths;                      // per batch
  std::vector<std::vector<GateFunction>> functions;  // per direction

  bool reversed(int64_t direction) const { return direction == 1 || first_reversed; }
  Dims output_dims() const;
  Dims state_dims() const;
};

// Reads and checks X, sequence_lens, initial states and the attributes; `defaults` are the activations of one
// direction. The sizes of weights and biases are left to the caller.
RecurrentPlan plan_recurrent(const KernelContext& context, int64_t gates, int64_t hidden, int64_t directions,
                             const std::vector<std::string>& defaults);
// Y, Y_h and (LSTM) Y_c.
void infer_recurrent(InferContext& context);

// Moves one direction's states of all batches by one step.
template <class T>
class RecurrentCell {
 public:
  virtual ~RecurrentCell() = default;
  // inputs[b]: the gates' part that comes from x, biases of x included; null when the sequence of b has ended, and
  // then the states of b stay. h and c: [batch, hidden]; c is null except for LSTM.
  virtual void advance(const std::vector<const T*>& inputs, T* h, T* c) = 0;
};

// Weights of one direction as right operands: w [input, gates * hidden], r [hidden, gates * hidden].
template <class T>
struct RecurrentWeights {
  MatrixView<T> w, r;
  const T* bias = nullptr;       // [2 * gates * hidden] or null
  const T* peepholes = nullptr;  // [3 * hidden] or null
};

template <class T>
using MakeCell = std::function<std::unique_ptr<RecurrentCell<T>>(int64_t direction)>;

// Runs all directions and sets the outputs. `x` is [steps, batch, input]; the initial states are inputs 5 and 6.
template <class T>
void run_recurrent(KernelContext& context, const RecurrentPlan& plan, const T* x,
                   const std::vector<RecurrentWeights<T>>& weights, const MakeCell<T>& make_cell,
                   bool has_cell_state);

// [a, b, rest] to [b, a, rest]: between layouts 0 and 1.
template <class T>
std::vector<T> swapped(const T* x, int64_t a, int64_t b, int64_t rest);

}  // namespace modelconv
