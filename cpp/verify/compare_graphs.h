// Does a rewritten graph still compute what the original did? Both are run by the evaluator on the same made-up inputs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/kernel.h"
#include "verify/compare.h"

namespace modelconv {

struct Difference {
  int sample = 0;      // which of the made-up inputs shows it
  std::string output;  // name of the first output that differs; empty when the candidate could not be run
  std::string error;   // figures, or what the evaluator said
};

// Keeps the outputs of the original and nothing else; inputs are made again from their seeds. One graph is evaluated at a
// time, so that only one set of intermediate values is in memory.
//
// What counts as a difference: more than rounding. Rewriting changes the order of sums, so floating-point outputs may
// move by the default tolerance of compare(), or by 8 units of the narrowest float dtype that the graph computes in.
// Models that amplify rounding (deep ones, argmax, quantisation) get their own measure: the original is run once more on
// inputs that are off by one unit in the last place, and what that alone does to an output, eightfold, is no
// difference either.
class GraphCheck {
 public:
  // Runs `original`, which must outlive this. Unnamed dynamic sizes are 8, or 64, or 512, the first that it can be run
  // with (windows of speech models are longer than 8). Throws what the evaluator throws, ShapeError for inputs that cannot be
  // made up. `before_each` is called before each evaluation of a graph; what it throws ends the check.
  GraphCheck(const Graph& original, int samples, uint64_t seed = 0, std::function<void()> before_each = {});

  // The first output that differs, or nothing. The candidate has the original's inputs and outputs, in order.
  std::optional<Difference> compare(const Graph& candidate);

 private:
  void run_original(int samples);
  std::vector<RuntimeValue> inputs(int sample) const;
  std::optional<Difference> compare_sample(const Graph& candidate, int sample);
  const std::vector<RuntimeValue>& perturbed_outputs(int sample);

  std::vector<RuntimeValue> evaluate(const Graph& graph, std::vector<RuntimeValue> inputs) const;

  const Graph& original_;
  uint64_t seed_;
  std::function<void()> before_each_;
  int64_t length_ = 8;
  Tolerance tolerance_;
  std::vector<std::vector<RuntimeValue>> expected_;  // per sample
  std::map<int, std::vector<RuntimeValue>> perturbed_;
  int likely_ = 0;  // the sample that showed a difference last
};

// The worst figures of all tensors in two values; sequences and optionals must agree in structure.
Comparison compare_values(const RuntimeValue& value, const RuntimeValue& reference,
                          const Tolerance& tolerance = {});

}  // namespace modelconv
