#include "ops/recurrent.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>

namespace modelconv {
namespace {

float take(std::vector<float>& values, float fallback) {
  if (values.empty()) return fallback;
  const float value = values.front();
  values.erase(values.begin());
  return value;
}

int64_t count_directions(const Node& node, const std::string& direction) {
  if (direction == "bidirectional") return 2;
  ENSURE(direction == "forward" || direction == "reverse", ShapeError, "{}: unknown direction '{}'",
         node.describe(), direction);
  return 1;
}

std::string read_direction(const Node& node) {
  return optional_string(node, "direction").value_or("forward");
}

}  // namespace

GateFunction::GateFunction(const Node& node, const std::string& name, std::vector<float>& alphas,
                           std::vector<float>& betas) {
  // Names are compared without regard to case. Defaults: ONNX documentation of RNN, GRU and LSTM.
  static const struct {
    const char* name;
    Kind kind;
    bool has_alpha, has_beta;
    float alpha, beta;
  } functions[] = {{"relu", Kind::relu, false, false, 0, 0},
                   {"tanh", Kind::tanh, false, false, 0, 0},
                   {"sigmoid", Kind::sigmoid, false, false, 0, 0},
                   {"affine", Kind::affine, true, true, 1, 0},
                   {"leakyrelu", Kind::leaky_relu, true, false, 0.01F, 0},
                   {"thresholdedrelu", Kind::thresholded_relu, true, false, 1, 0},
                   {"scaledtanh", Kind::scaled_tanh, true, true, 1, 1},
                   {"hardsigmoid", Kind::hard_sigmoid, true, true, 0.2F, 0.5F},
                   {"elu", Kind::elu, true, false, 1, 0},
                   {"softsign", Kind::softsign, false, false, 0, 0},
                   {"softplus", Kind::softplus, false, false, 0, 0}};
  std::string lower = name;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto* found = std::find_if(std::begin(functions), std::end(functions),
                                   [&](const auto& function) { return lower == function.name; });
  ENSURE(found != std::end(functions), ShapeError, "{}: unknown activation '{}'", node.describe(), name);
  kind_ = found->kind;
  if (found->has_alpha) alpha_ = take(alphas, found->alpha);
  if (found->has_beta) beta_ = take(betas, found->beta);
}

template <class T>
T GateFunction::at(T x) const {
  const T alpha = static_cast<T>(alpha_), beta = static_cast<T>(beta_), one = 1;
  switch (kind_) {
    case Kind::relu: return std::max(x, T(0));
    case Kind::tanh: return std::tanh(x);
    case Kind::sigmoid: return one / (one + std::exp(-x));
    case Kind::affine: return alpha * x + beta;
    case Kind::leaky_relu: return x >= 0 ? x : alpha * x;
    case Kind::thresholded_relu: return x > alpha ? x : T(0);
    case Kind::scaled_tanh: return alpha * std::tanh(beta * x);
    case Kind::hard_sigmoid: return std::clamp(alpha * x + beta, T(0), one);
    case Kind::elu: return x >= 0 ? x : alpha * std::expm1(x);
    case Kind::softsign: return x / (one + std::abs(x));
    case Kind::softplus: return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
  }
  return x;
}

template <class T>
void GateFunction::apply(T* x, int64_t count) const {
  if (clip_ > 0)
    for (int64_t i = 0; i < count; ++i)
      x[i] = std::clamp(x[i], static_cast<T>(-clip_), static_cast<T>(clip_));
  for (int64_t i = 0; i < count; ++i) x[i] = at(x[i]);
}

template void GateFunction::apply(float*, int64_t) const;
template void GateFunction::apply(double*, int64_t) const;

Dims RecurrentPlan::output_dims() const {
  return batch_first ? Dims{batch, steps, directions, hidden} : Dims{steps, directions, batch, hidden};
}

Dims RecurrentPlan::state_dims() const {
  return batch_first ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden};
}

RecurrentPlan plan_recurrent(const KernelContext& context, int64_t gates, int64_t hidden, int64_t directions,
                             const std::vector<std::string>& defaults) {
  const Node& node = context.node();
  const Dims& x = context.input(0).dims();
  if (x.size() != 3) context.fail("the input must have three axes");
  RecurrentPlan plan{
      x[0],  x[1], x[2], hidden, directions, gates, optional_int(node, "layout").value_or(0) != 0,
      false, {},   {}};
  if (plan.batch_first) std::swap(plan.steps, plan.batch);
  const std::string direction = read_direction(node);
  if (count_directions(node, direction) != directions)
    context.fail("direction is '{}', but the weights are for {}", direction, directions);
  plan.first_reversed = direction == "reverse";
  const int64_t wanted = optional_int(node, "hidden_size").value_or(hidden);
  if (wanted != hidden) context.fail("hidden_size is {}, but the weights are for {}", wanted, hidden);
  plan.lengths.assign(static_cast<size_t>(plan.batch), plan.steps);
  if (context.has_input(4)) plan.lengths = context.input(4).to_int64();
  if (static_cast<int64_t>(plan.lengths.size()) != plan.batch)
    context.fail("sequence_lens must have {} elements", plan.batch);
  for (int64_t length : plan.lengths)
    if (length < 0 || length > plan.steps)
      context.fail("a sequence of length {} in {} steps", length, plan.steps);

  const auto read_floats = [&](const char* name) {
    const auto* values = node.attrs.get<std::vector<float>>(name);
    return values ? *values : std::vector<float>();
  };
  std::vector<float> alphas = read_floats("activation_alpha"), betas = read_floats("activation_beta");
  const auto* given = node.attrs.get<std::vector<std::string>>("activations");
  std::vector<std::string> names = given ? *given : std::vector<std::string>();
  if (names.empty())
    for (int64_t i = 0; i < directions; ++i) names.insert(names.end(), defaults.begin(), defaults.end());
  if (names.size() < defaults.size() * static_cast<size_t>(directions))
    context.fail("only {} activations", names.size());
  for (size_t i = 0; i < static_cast<size_t>(directions); ++i) {
    plan.functions.emplace_back();
    for (size_t k = 0; k < defaults.size(); ++k) {
      plan.functions.back().emplace_back(node, names[i * defaults.size() + k], alphas, betas);
      plan.functions.back().back().clip_at(optional_float(node, "clip").value_or(0));
    }
  }
  return plan;
}

void infer_recurrent(InferContext& context) {
  const Node& node = context.node();
  const Shape &x = context.input_shape(0), &r = context.input_shape(2);
  const Dim directions = count_directions(node, read_direction(node));
  Dim hidden;
  // Quantised weights lie transposed; their operator has hidden_size.
  if (r.has_rank() && r.rank() == 3 && node.op().is_canonical()) hidden = r[2];
  if (const auto size = optional_int(node, "hidden_size")) hidden = *size;
  Dim steps, batch;
  if (x.has_rank()) {
    if (x.rank() != 3) context.fail("the input must have three axes");
    steps = x[0];
    batch = x[1];
  }
  const DType dtype = context.input_dtype(0);
  if (optional_int(node, "layout").value_or(0) != 0) {
    std::swap(steps, batch);
    context.set_output(0, dtype, {batch, steps, directions, hidden});
    for (size_t i : {1, 2}) context.set_output(i, dtype, {batch, directions, hidden});
  } else {
    context.set_output(0, dtype, {steps, directions, batch, hidden});
    for (size_t i : {1, 2}) context.set_output(i, dtype, {directions, batch, hidden});
  }
}

template <class T>
std::vector<T> swapped(const T* x, int64_t a, int64_t b, int64_t rest) {
  std::vector<T> result(static_cast<size_t>(a * b * rest));
  for (int64_t i = 0; i < a; ++i)
    for (int64_t j = 0; j < b; ++j)
      std::copy_n(x + (i * b + j) * rest, rest, result.data() + (j * a + i) * rest);
  return result;
}

template std::vector<float> swapped(const float*, int64_t, int64_t, int64_t);
template std::vector<double> swapped(const double*, int64_t, int64_t, int64_t);

namespace {

// An initial state as [directions, batch, hidden]; zeros when it is left out.
template <class T>
std::vector<T> initial_state(const KernelContext& context, size_t index, const RecurrentPlan& plan) {
  const auto size = static_cast<size_t>(plan.directions * plan.batch * plan.hidden);
  if (!context.has_input(index)) return std::vector<T>(size, T(0));
  const Tensor& state = context.input(index);
  if (state.dims() != plan.state_dims())
    context.fail("the initial state is {}, it must be {}", to_string(state.dims()),
                 to_string(plan.state_dims()));
  const T* data = state.data<T>().data();
  if (plan.batch_first) return swapped(data, plan.batch, plan.directions, plan.hidden);
  return std::vector<T>(data, data + size);
}

// What x contributes to the gates of all steps: [steps, batch, gates * hidden].
template <class T>
std::vector<T> gates_of_input(ThreadPool& threads, const RecurrentPlan& plan, const T* x,
                              const RecurrentWeights<T>& weights) {
  const int64_t width = plan.gates * plan.hidden, rows = plan.steps * plan.batch;
  std::vector<T> gates(static_cast<size_t>(rows * width), T(0));
  if (weights.bias)
    for (int64_t i = 0; i < rows; ++i) std::copy_n(weights.bias, width, gates.data() + i * width);
  multiply(threads, Product<T>{rows, width, plan.input, gates.data(), width, T(1), true},
           MatrixView<T>{x, plan.input, 1}, weights.w);
  return gates;
}

// One direction; y is [steps, directions, batch, hidden], or null.
template <class T>
void run_direction(const RecurrentPlan& plan, int64_t direction, const std::vector<T>& gates,
                   RecurrentCell<T>& cell, T* h, T* c, T* y) {
  const int64_t width = plan.gates * plan.hidden;
  std::vector<const T*> inputs(static_cast<size_t>(plan.batch));
  for (int64_t step = 0; step < plan.steps; ++step) {
    const auto place = [&](int64_t b) {  // of the element that batch b reads in this step
      const int64_t length = plan.lengths[static_cast<size_t>(b)];
      return step >= length ? -1 : plan.reversed(direction) ? length - 1 - step : step;
    };
    bool any = false;
    for (int64_t b = 0; b < plan.batch; ++b) {
      const int64_t t = place(b);
      inputs[static_cast<size_t>(b)] = t < 0 ? nullptr : gates.data() + (t * plan.batch + b) * width;
      any = any || t >= 0;
    }
    if (!any) return;
    cell.advance(inputs, h, c);
    for (int64_t b = 0; y && b < plan.batch; ++b)
      if (const int64_t t = place(b); t >= 0)
        std::copy_n(h + b * plan.hidden, plan.hidden,
                    y + ((t * plan.directions + direction) * plan.batch + b) * plan.hidden);
  }
}

template <class T>
void set_state(KernelContext& context, size_t index, const RecurrentPlan& plan, const std::vector<T>& state) {
  if (!context.wants_output(index)) return;
  T* target = context.allocate(index, dtype_of<T>, plan.state_dims()).template mutable_data<T>().data();
  const std::vector<T> moved =
      plan.batch_first ? swapped(state.data(), plan.directions, plan.batch, plan.hidden) : state;
  std::copy(moved.begin(), moved.end(), target);
}

// [steps, directions, batch, hidden] to the layout asked for.
template <class T>
void set_sequence(KernelContext& context, const RecurrentPlan& plan, const std::vector<T>& y) {
  T* target = context.allocate(0, dtype_of<T>, plan.output_dims()).template mutable_data<T>().data();
  const std::vector<T> moved =
      plan.batch_first ? swapped(y.data(), plan.steps * plan.directions, plan.batch, plan.hidden) : y;
  std::copy(moved.begin(), moved.end(), target);
}

}  // namespace

template <class T>
void run_recurrent(KernelContext& context, const RecurrentPlan& plan, const T* x,
                   const std::vector<RecurrentWeights<T>>& weights, const MakeCell<T>& make_cell,
                   bool has_cell_state) {
  std::vector<T> h = initial_state<T>(context, 5, plan), c;
  if (has_cell_state) c = initial_state<T>(context, 6, plan);
  std::vector<T> y;
  if (context.wants_output(0)) y.assign(static_cast<size_t>(plan.steps) * h.size(), T(0));
  for (int64_t direction = 0; direction < plan.directions; ++direction) {
    const std::vector<T> gates =
        gates_of_input(context.threads(), plan, x, weights[static_cast<size_t>(direction)]);
    const int64_t first = direction * plan.batch * plan.hidden;
    run_direction(plan, direction, gates, *make_cell(direction), h.data() + first,
                  has_cell_state ? c.data() + first : nullptr, context.wants_output(0) ? y.data() : nullptr);
  }
  if (context.wants_output(0)) set_sequence(context, plan, y);
  set_state(context, 1, plan, h);
  if (has_cell_state) set_state(context, 2, plan, c);
}

template void run_recurrent(KernelContext&, const RecurrentPlan&, const float*,
                            const std::vector<RecurrentWeights<float>>&, const MakeCell<float>&, bool);
template void run_recurrent(KernelContext&, const RecurrentPlan&, const double*,
                            const std::vector<RecurrentWeights<double>>&, const MakeCell<double>&, bool);

}  // namespace modelconv
