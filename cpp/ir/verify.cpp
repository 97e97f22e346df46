// The invariants of ir/graph.h, checked.
#include <unordered_set>

#include "base/error.h"
#include "ir/graph.h"

namespace modelconv {
namespace {

class Verifier {
 public:
  void check(const Graph& graph) {
    ENSURE(graphs_.insert(&graph).second, InternalError, "graph '{}' belongs to two nodes", graph.name);
    for (const Value* input : graph.inputs()) define(graph, *input, Value::Kind::input);
    for (const auto& constant : graph.constants()) {
      define(graph, *constant, Value::Kind::constant);
      ENSURE(constant->constant().defined(), InternalError, "constant '{}' has no data", constant->name());
    }
    for (const auto& node : graph.nodes()) check(graph, *node);
    for (const GraphOutput& output : graph.outputs()) {
      ENSURE(defined_.contains(output.value), InternalError,
             "output '{}' of graph '{}' is a value that is not in it", output.name, graph.name);
      ++slots_[output.value];
    }
  }

  // After the main graph: what was counted must be what the values say of themselves.
  void check_counts() const {
    for (const Value* value : defined_) {
      const auto uses = uses_.find(value);
      const auto slots = slots_.find(value);
      ENSURE(value->uses().size() == (uses == uses_.end() ? 0 : uses->second), InternalError,
             "the use list of '{}' is wrong", value->name());
      ENSURE(value->output_slots() == (slots == slots_.end() ? 0 : slots->second), InternalError,
             "the output count of '{}' is wrong", value->name());
    }
  }

 private:
  void define(const Graph& graph, const Value& value, Value::Kind kind) {
    ENSURE(&value.graph() == &graph && value.kind() == kind, InternalError,
           "'{}' is not what graph '{}' takes it for", value.name(), graph.name);
    ENSURE(names_.insert(value.name()).second, InternalError, "two values are named '{}'", value.name());
    defined_.insert(&value);
  }

  void check(const Graph& graph, const Node& node) {
    ENSURE(&node.graph() == &graph, InternalError, "{} is in the wrong graph", node.describe());
    for (size_t i = 0; i < node.input_count(); ++i) check_input(node, i);
    for (const Graph* subgraph : node.subgraphs()) {
      ENSURE(subgraph->parent() == &graph, InternalError, "a subgraph of {} has another parent",
             node.describe());
      check(*subgraph);
    }
    for (size_t i = 0; i < node.output_count(); ++i) {
      const Value* output = node.output(i);
      if (!output) continue;
      define(graph, *output, Value::Kind::node_output);
      ENSURE(output->producer() == &node && output->output_index() == i, InternalError,
             "output {} of {} names another producer", i, node.describe());
    }
  }

  void check_input(const Node& node, size_t index) {
    const Value* input = node.input(index);
    if (!input) return;
    ENSURE(defined_.contains(input) && node.graph().can_see(*input), InternalError,
           "input {} of {} is a value that does not exist there", index, node.describe());
    bool listed = false;
    for (const Use& use : input->uses()) listed = listed || (use.node == &node && use.index == index);
    // Long use lists (a scalar used ten thousand times) are checked by their length alone.
    constexpr size_t kSearched = 64;
    ENSURE(listed || input->uses().size() > kSearched, InternalError, "'{}' does not list its use by {}",
           input->name(), node.describe());
    ++uses_[input];
  }

  std::unordered_set<const Graph*> graphs_;
  std::unordered_set<const Value*> defined_;
  std::unordered_set<std::string> names_;
  std::unordered_map<const Value*, size_t> uses_, slots_;
};

}  // namespace

void Graph::verify() const {
  Verifier verifier;
  verifier.check(*this);
  if (!parent()) verifier.check_counts();
}

}  // namespace modelconv
