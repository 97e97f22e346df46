#include "eval/evaluator.h"

#include "base/error.h"
#include "eval/plan.h"
#include "eval/run_node.h"
#include "ir/other_order.h"

namespace modelconv {
namespace {

// The values of one run of one graph.
struct Frame {
  const Plan& plan;
  Frame* enclosing;
  std::vector<RuntimeValue> values;

  RuntimeValue& at(const Place& place) {
    Frame* frame = this;
    for (size_t i = 0; i < place.depth; ++i) frame = frame->enclosing;
    return frame->values[place.slot];
  }
};

void check_input(const Value& input, const RuntimeValue& given) {
  if (!given.is_tensor() || !input.type.is_tensor()) return;
  const Tensor& tensor = given.tensor();
  const auto expected = [&] { return fmt::format("input '{}' is {}", input.name(), input.type.str()); };
  ENSURE(input.dtype() == DType::undefined || tensor.dtype() == input.dtype(), ShapeError, "{}; {} was given",
         expected(), name_of(tensor.dtype()));
  const Shape shape = Shape::of(tensor.dims());
  if (!input.shape().compatible_with(shape))
    throw ShapeError(fmt::format("{}; an array of shape {} was given", expected(), to_string(tensor.dims())))
        .hint(hint_for_other_order(input.shape(), shape));
}

}  // namespace

struct Evaluator::Impl {
  Impl(const Graph& graph, EvalOptions given)
      : options(std::move(given)), threads(options.threads), pool(BufferPool::create()), plan(graph) {}

  EvalOptions options;
  ThreadPool threads;
  std::shared_ptr<BufferPool> pool;
  Plan plan;
  int64_t iterations = 0;  // of this run

  std::vector<RuntimeValue> run(const Plan& plan, Frame* enclosing, std::vector<RuntimeValue> inputs);
  void run_step(const Step& step, Frame& frame);
  void count_iteration(const Node& node);
};

std::vector<RuntimeValue> Evaluator::Impl::run(const Plan& current, Frame* enclosing,
                                               std::vector<RuntimeValue> inputs) {
  ENSURE(inputs.size() == current.inputs.size(), ShapeError, "graph '{}' has {} inputs, {} are given",
         current.graph.name, current.inputs.size(), inputs.size());
  Frame frame{current, enclosing, std::vector<RuntimeValue>(current.slots)};
  for (size_t i = 0; i < inputs.size(); ++i) {
    check_input(*current.graph.inputs()[i], inputs[i]);
    frame.values[current.inputs[i]] = std::move(inputs[i]);
  }
  for (const auto& [slot, tensor] : current.constants) frame.values[slot] = tensor;
  for (const Step& step : current.steps) run_step(step, frame);
  std::vector<RuntimeValue> outputs;
  for (const Place& output : current.outputs) outputs.push_back(frame.at(output));
  return outputs;
}

namespace {

// FNV-1a, the same on every platform.
uint64_t hash_of_name(const Node& node) {
  uint64_t hash = 0xcbf29ce484222325u;
  const Value* output = node.output();
  if (!output) return hash;
  for (const char c : output->name()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

void Evaluator::Impl::count_iteration(const Node& node) {
  if (++iterations <= options.iteration_limit) return;
  throw BadArgument(
      fmt::format("{} has not ended after {} iterations", node.describe(), options.iteration_limit))
      .because("its body keeps saying that it goes on, or its trip count is very large")
      .hint("if it has to run that long, give a higher iteration_limit");
}

void Evaluator::Impl::run_step(const Step& step, Frame& frame) {
  std::vector<RuntimeValue> inputs;
  inputs.reserve(step.inputs.size());
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    const Place& place = step.inputs[i];
    if (!place.given)
      inputs.emplace_back();
    else
      inputs.push_back(step.dying[i] ? std::move(frame.at(place)) : frame.at(place));
  }
  const uint64_t seed = options.seed * 0x9e3779b97f4a7c15u + hash_of_name(*step.node);
  KernelHost host{threads, *pool, seed, [&](const Graph& graph, std::vector<RuntimeValue> arguments) {
                    count_iteration(*step.node);
                    return run(*frame.plan.subgraphs.at(&graph), &frame, std::move(arguments));
                  }};
  std::vector<RuntimeValue> outputs = run_node(*step.node, *step.op, std::move(inputs), step.dying, host);
  if (options.observe && !frame.enclosing) options.observe(*step.node, outputs);
  for (size_t i = 0; i < step.outputs.size(); ++i)
    if (step.outputs[i].given) frame.at(step.outputs[i]) = std::move(outputs[i]);
  for (const size_t slot : step.to_release) frame.values[slot] = {};
}

namespace {

const Graph& checked(const Graph& graph) {
  require_kernels(graph);
  return graph;
}

}  // namespace

Evaluator::Evaluator(const Graph& graph, EvalOptions options)
    : impl_(std::make_unique<Impl>(checked(graph), std::move(options))) {}

Evaluator::~Evaluator() = default;

std::vector<RuntimeValue> Evaluator::run(std::vector<RuntimeValue> inputs) {
  impl_->iterations = 0;
  return impl_->run(impl_->plan, nullptr, std::move(inputs));
}

std::optional<std::vector<RuntimeValue>> evaluate_node(const Node& node) {
  const OpDef* op = find_op(node.op());
  if (!op || !op->kernel() || op->is_random() || !node.subgraphs().empty()) return std::nullopt;
  std::vector<RuntimeValue> inputs;
  for (const Value* input : node.inputs()) {
    if (input && !input->is_constant()) return std::nullopt;
    inputs.push_back(input ? RuntimeValue(input->constant()) : RuntimeValue());
  }
  static ThreadPool one_thread(1);
  const std::shared_ptr<BufferPool> pool = BufferPool::create();
  KernelHost host{one_thread, *pool, 0, {}};
  return run_node(node, *op, std::move(inputs), std::vector<bool>(node.input_count(), false), host);
}

}  // namespace modelconv
