// The invariants of ir/graph.h, checked.
#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/error.h"
#include "ir/graph.h"

namespace modelconv {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph) {
    const size_t values = 2 * graph.node_count() + graph.constants().size() + graph.inputs().size();
    counts_.reserve(values);
    names_.reserve(values);
  }

  void check(const Graph& graph) {
    ENSURE(graphs_.insert(&graph).second, InternalError, "graph '{}' belongs to two nodes", graph.name);
    for (const Value* input : graph.inputs()) define(graph, *input, Value::Kind::input);
    for (const auto& constant : graph.constants()) {
      define(graph, *constant, Value::Kind::constant);
      ENSURE(constant->constant().defined(), InternalError, "constant '{}' has no data", constant->name());
    }
    for (const auto& node : graph.nodes()) check(graph, *node);
    for (const GraphOutput& output : graph.outputs()) {
      const auto found = counts_.find(output.value);
      ENSURE(found != counts_.end(), InternalError, "output '{}' of graph '{}' is a value that is not in it",
             output.name, graph.name);
      ++found->second.slots;
    }
  }

  // After the main graph: what was counted must be what the values say of themselves.
  void check_counts() const {
    for (const auto& [value, counts] : counts_) {
      ENSURE(value->uses().size() == counts.uses, InternalError, "the use list of '{}' is wrong",
             value->name());
      ENSURE(value->output_slots() == counts.slots, InternalError, "the output count of '{}' is wrong",
             value->name());
    }
  }

 private:
  void define(const Graph& graph, const Value& value, Value::Kind kind) {
    ENSURE(&value.graph() == &graph && value.kind() == kind, InternalError,
           "'{}' is not what graph '{}' takes it for", value.name(), graph.name);
    ENSURE(names_.insert(value.name()).second, InternalError, "two values are named '{}'", value.name());
    counts_.try_emplace(&value);
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
    const auto found = counts_.find(input);
    ENSURE(found != counts_.end() && node.graph().can_see(*input), InternalError,
           "input {} of {} is a value that does not exist there", index, node.describe());
    // Long use lists (a scalar used ten thousand times) are checked by their length alone, in check_counts().
    constexpr size_t kSearched = 64;
    const std::span<const Use> uses = input->uses();
    ENSURE(uses.size() > kSearched ||
               std::any_of(uses.begin(), uses.end(),
                           [&](const Use& use) { return use.node == &node && use.index == index; }),
           InternalError, "'{}' does not list its use by {}", input->name(), node.describe());
    ++found->second.uses;
  }

  struct Counts {
    size_t uses = 0, slots = 0;
  };
  std::unordered_set<const Graph*> graphs_;
  std::unordered_set<std::string_view> names_;       // the values' own
  std::unordered_map<const Value*, Counts> counts_;  // of every value defined so far
};

}  // namespace

void Graph::verify() const {
  Verifier verifier(*this);
  verifier.check(*this);
  if (!parent()) verifier.check_counts();
}

}  // namespace modelconv
