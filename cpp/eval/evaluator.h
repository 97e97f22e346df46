// Plans and runs a canonical graph with the kernels of ops/.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/kernel.h"

namespace modelconv {

// Generous: a loop of one small node needs about half a minute for so many.
inline constexpr int64_t kDefaultIterationLimit = 10'000'000;

struct EvalOptions {
  int threads = 0;  // 0: all cores that this process may use
  // For random operators without a seed of their own; each takes it with the name of its first output, so that
  // rewriting the graph around it does not change what it gives.
  uint64_t seed = 0;
  // Called after each node of the main graph with its outputs (in node order), for comparison layer by layer. What it
  // puts in their place is what later nodes see.
  std::function<void(const Node&, std::vector<RuntimeValue>&)> observe = nullptr;
  // Runs of loops' bodies, all loops of a run together. A Loop with neither a trip count nor a false condition never ends
  // by itself: at the limit it is a BadArgument that names the loop.
  int64_t iteration_limit = kDefaultIterationLimit;
};

// Holds the order of execution, the last use of every value (after which its buffer goes back to the pool) and the
// pool itself. The graph must outlive it and must not change.
class Evaluator {
 public:
  // Throws UnsupportedOpError naming every operator without a kernel, subgraphs included.
  explicit Evaluator(const Graph& graph, EvalOptions options = {});
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Inputs in the order of graph.inputs(), each checked against the declared dtype and shape (ShapeError).
  // Results in the order of graph.outputs(). Not to be called from two threads at once.
  std::vector<RuntimeValue> run(std::vector<RuntimeValue> inputs);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs one node on constant inputs, for constant folding: nothing when the operator has no kernel, is random, or has a
// non-constant input. Errors of the kernel are thrown (ShapeError).
std::optional<std::vector<RuntimeValue>> evaluate_node(const Node& node);

}  // namespace modelconv
