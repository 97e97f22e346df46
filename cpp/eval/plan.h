// Order of execution of a graph and the life of its values, found once.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "ops/op_def.h"

namespace modelconv {

// Where a value lives at run time: in the frame of this graph (depth 0) or of an enclosing one.
struct Place {
  size_t depth = 0;
  size_t slot = 0;
  bool given = false;  // false: an optional input or output that was left out
};

struct Step {
  const Node* node;
  const OpDef* op;
  std::vector<Place> inputs;
  std::vector<Place> outputs;
  std::vector<bool> dying;         // per input: nobody reads it after this step
  std::vector<size_t> to_release;  // slots of this frame that end here
};

struct Plan {
  explicit Plan(const Graph& graph, const Plan* enclosing = nullptr);
  const Graph& graph;
  const Plan* enclosing;
  size_t slots = 0;
  std::vector<size_t> inputs;  // slot of each graph input
  std::vector<Place> outputs;
  std::vector<std::pair<size_t, Tensor>> constants;
  std::vector<Step> steps;
  std::unordered_map<const Graph*, std::unique_ptr<Plan>> subgraphs;  // of this graph's nodes

  Place place_of(const Value* value) const;

 private:
  void add_step(const Node& node);
  void find_last_uses();
  std::unordered_map<const Value*, size_t> slot_of_;
};

// Every operator in the graph and its subgraphs that has no kernel, in one error.
void require_kernels(const Graph& graph);

}  // namespace modelconv
