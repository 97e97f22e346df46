#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "formats/onnx/versions/table.h"
#include "formats/onnx/versions/unsupported.h"
#include "formats/onnx/versions/versions.h"
#include "ops/infer.h"
#include "ops/schema.h"

namespace modelconv {
namespace onnx {
namespace {

// 13 for "onnx13"; nothing for other domains.
std::optional<int64_t> opset_of_dialect(std::string_view domain) {
  if (!domain.starts_with("onnx")) return std::nullopt;
  domain.remove_prefix(4);
  int64_t opset = 0;
  const auto [end, error] = std::from_chars(domain.data(), domain.data() + domain.size(), opset);
  if (error != std::errc() || end != domain.data() + domain.size()) return std::nullopt;
  return opset;
}

class Raiser {
 public:
  void raise(Graph& graph) {
    for (Node* node : graph.node_list()) raise(*node);
  }
  UnsupportedOps unsupported{"reading ONNX"};

 private:
  void raise(Node& node);
  void cross_boundaries(Step& step, int64_t opset);
  void infer(Node& node);
};

// The types of the inputs are known by now, those of a subgraph's inputs once the node around it has been inferred.
void Raiser::raise(Node& node) {
  const auto opset = opset_of_dialect(node.op().domain());
  if (!opset) return infer(node);
  Step step(node);
  try {
    cross_boundaries(step, *opset);
  } catch (const Step::Refusal& refusal) {
    unsupported.add(node, refusal.reason);
    return;
  }
  if (step.is_done())
    node.graph().remove(node);
  else
    infer(node);
  for (Node* behind : step.nodes_behind()) infer_node(*behind);
}

void Raiser::infer(Node& node) {
  if (!node.subgraphs().empty()) {
    infer_node(node);
    for (Graph* subgraph : node.subgraphs()) raise(*subgraph);
  }
  infer_node(node);
}

void Raiser::cross_boundaries(Step& step, int64_t opset) {
  Node& node = step.node();
  if (opset > kCanonicalOpset)
    step.refuse("opset {} is newer than the newest known, {}", opset, kCanonicalOpset);
  const OpSchema* schema = find_schema(OpName("", node.op().name()), opset);
  const OpSchema* oldest = find_schema(OpName("", node.op().name()), kOldestReadOpset);
  if (schema && oldest && schema->since_version < oldest->since_version)
    step.refuse("opset {} is too old; {} and newer are read", opset, kOldestReadOpset);
  for (std::string name = node.op().name(); !name.empty(); name = step.new_name()) {
    step.set_op("");
    for (const Boundary& boundary : boundaries_of(name)) {
      if (boundary.since <= opset || !boundary.raise) continue;
      boundary.raise(step);
      if (step.is_done()) return;
      if (!step.new_name().empty()) {  // renamed: go on with the other operator's boundaries
        opset = boundary.since;
        break;
      }
    }
    node.set_op(OpName("", name));
  }
}

}  // namespace
}  // namespace onnx

bool is_default_domain(OpName op) { return op.is_canonical() || onnx::opset_of_dialect(op.domain()); }

void raise_to_canonical_opset(Graph& graph) {
  onnx::Raiser raiser;
  raiser.raise(graph);
  raiser.unsupported.throw_if_any();
}

}  // namespace modelconv
