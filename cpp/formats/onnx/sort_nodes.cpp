#include "formats/onnx/sort_nodes.h"

#include <unordered_map>
#include <unordered_set>

#include "base/error.h"

namespace modelconv::onnx {
namespace {

// Names that nodes and outputs of `graph` use and that it does not define itself.
void collect_captured(const GraphMessage& graph, std::vector<Text>& names) {
  std::unordered_set<Text> defined;
  for (const ValueMessage& input : graph.inputs) defined.insert(input.name);
  for (const TensorMessage& tensor : graph.initializers) defined.insert(tensor.name);
  for (const SparseTensorMessage& tensor : graph.sparse_initializers) defined.insert(tensor.values.name);
  for (const NodeMessage& node : graph.nodes) defined.insert(node.outputs.begin(), node.outputs.end());
  std::vector<Text> used;
  for (const ValueMessage& output : graph.outputs) used.push_back(output.name);
  for (const NodeMessage& node : graph.nodes) {
    used.insert(used.end(), node.inputs.begin(), node.inputs.end());
    for (const AttributeMessage& attribute : node.attributes)
      for (const GraphMessage& inner : attribute.graphs) collect_captured(inner, used);
  }
  for (const Text name : used)
    if (!defined.contains(name)) names.push_back(name);
}

std::vector<Text> names_used_by(const NodeMessage& node) {
  std::vector<Text> names = node.inputs;
  for (const AttributeMessage& attribute : node.attributes)
    for (const GraphMessage& graph : attribute.graphs) collect_captured(graph, names);
  return names;
}

// Depth-first search with a stack of its own: files may hold chains of any length.
class Sorter {
 public:
  explicit Sorter(const std::vector<NodeMessage>& nodes)
      : nodes_(nodes), state_(nodes.size(), State::unseen) {
    for (size_t i = 0; i < nodes.size(); ++i)
      for (const Text output : nodes[i].outputs) {
        if (output.empty()) continue;
        const auto [other, is_new] = producers_.emplace(output, i);
        ENSURE(is_new, MalformedModelError, "'{}' is produced twice, by {} and by {}", output,
               describe(nodes[other->second]), describe(nodes[i]));
      }
  }

  std::vector<const NodeMessage*> run() {
    for (size_t i = 0; i < nodes_.size(); ++i)
      if (state_[i] == State::unseen) visit(i);
    return std::move(sorted_);
  }

 private:
  enum class State : uint8_t { unseen, open, done };
  struct Step {
    size_t node;
    std::vector<size_t> producers;
    size_t next = 0;
  };

  void visit(size_t first) {
    open(first);
    while (!stack_.empty()) {
      Step& step = stack_.back();
      if (step.next < step.producers.size()) {
        const size_t producer = step.producers[step.next++];
        if (state_[producer] == State::open) fail_on_cycle(producer);
        if (state_[producer] == State::unseen) open(producer);
      } else {
        state_[step.node] = State::done;
        sorted_.push_back(&nodes_[step.node]);
        stack_.pop_back();
      }
    }
  }

  void open(size_t node) {
    state_[node] = State::open;
    Step step{node, {}};
    for (const Text name : names_used_by(nodes_[node]))
      if (const auto found = producers_.find(name); found != producers_.end())
        step.producers.push_back(found->second);
    stack_.push_back(std::move(step));
  }

  [[noreturn]] void fail_on_cycle(size_t start) const {
    constexpr size_t kNamed = 8;
    std::string names;
    size_t length = 0;
    for (auto step = stack_.rbegin(); step != stack_.rend(); ++step) {
      if (++length <= kNamed) names += (names.empty() ? "" : " <- ") + describe(nodes_[step->node]);
      if (step->node == start) break;
    }
    throw MalformedModelError(fmt::format("{} nodes form a cycle", length))
        .because(length > kNamed ? names + " <- ..." : names);
  }

  const std::vector<NodeMessage>& nodes_;
  std::unordered_map<Text, size_t> producers_;
  std::vector<State> state_;
  std::vector<Step> stack_;
  std::vector<const NodeMessage*> sorted_;
};

}  // namespace

std::vector<const NodeMessage*> sort_nodes(const std::vector<NodeMessage>& nodes) {
  return Sorter(nodes).run();
}

std::string describe(const NodeMessage& node) {
  if (!node.name.empty()) return fmt::format("{} '{}'", node.op_type, node.name);
  for (const Text output : node.outputs)
    if (!output.empty()) return fmt::format("{} (output '{}')", node.op_type, output);
  return std::string(node.op_type);
}

}  // namespace modelconv::onnx
