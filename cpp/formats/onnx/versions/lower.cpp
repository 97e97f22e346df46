#include <set>

#include "base/error.h"
#include "formats/onnx/versions/check_schema.h"
#include "formats/onnx/versions/table.h"
#include "formats/onnx/versions/unsupported.h"
#include "formats/onnx/versions/versions.h"

namespace modelconv {
namespace onnx {
namespace {

class Lowerer {
 public:
  explicit Lowerer(int64_t opset)
      : opset_(opset),
        dialect_(dialect_of(opset)),
        unsupported_(fmt::format("writing ONNX opset {}", opset)) {}

  // Adapters put new canonical nodes beside the one they lower, which are lowered in the next round.
  void lower(Graph& graph) {
    constexpr int kMostRounds = 20;
    for (int round = 0; lower_once(graph); ++round)
      ENSURE(round < kMostRounds, InternalError, "lowering to opset {} does not come to an end", opset_);
    unsupported_.throw_if_any();
  }

 private:
  bool lower_once(Graph& graph);
  bool lower_node(Node& node);
  void cross_boundaries(Step& step);

  int64_t opset_;
  std::string dialect_;
  std::set<const Node*> finished_;  // refused, or already as wanted
  UnsupportedOps unsupported_;
};

bool Lowerer::lower_once(Graph& graph) {
  bool changed = false;
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) changed = lower_once(*subgraph) || changed;
    if (!node->op().is_canonical() || finished_.contains(node)) continue;
    changed = lower_node(*node) || changed;
  }
  return changed;
}

// True when there may be new nodes.
bool Lowerer::lower_node(Node& node) {
  Step step(node);
  try {
    cross_boundaries(step);
  } catch (const Step::Refusal& refusal) {
    unsupported_.add(node, refusal.reason);
    finished_.insert(&node);
    return false;
  }
  if (!step.is_done()) return true;
  node.graph().remove(node);
  return true;
}

void Lowerer::cross_boundaries(Step& step) {
  Node& node = step.node();
  int64_t below = kCanonicalOpset + 1;  // boundaries from here on are crossed
  std::string name = node.op().name();
  for (bool renamed = true; renamed;) {
    renamed = false;
    step.set_op("");
    const std::vector<Boundary>& boundaries = boundaries_of(name);
    for (auto boundary = boundaries.rbegin(); boundary != boundaries.rend(); ++boundary) {
      if (boundary->since <= opset_ || boundary->since >= below) continue;
      if (boundary->lower) {
        boundary->lower(step);
        if (step.is_done()) return;
      } else if (!find_schema(OpName("", name), boundary->since - 1)) {
        step.refuse("it came with opset {}", boundary->since);
      }
      if (step.new_name().empty()) continue;
      below = boundary->since;
      name = step.new_name();
      renamed = true;
      break;
    }
  }
  const OpSchema* schema = find_schema(OpName("", name), opset_);
  const std::string problem = schema ? fit_to_schema(node, *schema) : "";
  if (!problem.empty()) step.refuse("{}", problem);
  node.set_op(OpName(dialect_, name));
  finished_.insert(&node);
}

}  // namespace
}  // namespace onnx

std::string dialect_of(int64_t opset) { return opset == kCanonicalOpset ? "" : fmt::format("onnx{}", opset); }

void lower_from_canonical_opset(Graph& graph, int64_t opset) {
  if (opset < kOldestWrittenOpset || opset > kCanonicalOpset)
    throw BadArgument(fmt::format("ONNX opset {} cannot be written; opsets {} to {} can", opset,
                                  kOldestWrittenOpset, kCanonicalOpset))
        .hint("leave opset= (--opset) out for one that the operators can be said in");
  onnx::Lowerer(opset).lower(graph);
}

}  // namespace modelconv
