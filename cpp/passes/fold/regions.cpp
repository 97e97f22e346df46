// Folding of whole regions that depend on constants alone, where a step alone would make the file larger: the grid of a
// detector starts with an Expand, an index table ends with a Gather of few rows. A region is weighed as one: its results
// against its nodes and the constants that only it reads.
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "eval/evaluator.h"
#include "ops/infer.h"
#include "ops/op_def.h"
#include "passes/fold/file_bytes.h"
#include "passes/fold/fold.h"

namespace modelconv {
namespace {

// As long as the file as a whole has not grown, a region's results may be larger than what they stand for by this much for
// each of its nodes: enough for tables of positions and anchors, not for weights that are stored in a shorter form.
constexpr int64_t kLargestGrowthPerNode = 64 << 10;
// Values between the steps are held in memory while a region is evaluated.
constexpr int64_t kLargestStep = 16 << 20;

// Bytes of an output; nothing when its size is not known beforehand or is above kLargestStep.
std::optional<int64_t> bytes_of(const Value& value) {
  const auto dims = value.shape().static_dims();
  if (!value.type.is_tensor() || !dims || value.dtype() == DType::undefined || value.dtype() == DType::string)
    return std::nullopt;
  int64_t elements = 1;
  for (const int64_t size : *dims) {
    if (size < 0 || (size > 0 && elements > kLargestStep / size)) return std::nullopt;
    elements *= size;
  }
  const auto bytes = static_cast<int64_t>(storage_bytes(value.dtype(), elements));
  return bytes <= kLargestStep ? std::optional(bytes) : std::nullopt;
}

// Quantisation is the author's choice of how weights are stored, so it is never undone.
bool is_quantization(OpName op) { return op == OpName("DequantizeLinear") || op == OpName("QuantizeLinear"); }

struct Region {
  std::vector<Node*> nodes;     // in graph order
  std::vector<Value*> results;  // what others read
  int64_t made = 0, freed = 0;  // bytes of results; of nodes and of constants that nobody else reads
};

class Finder {
 public:
  explicit Finder(Graph& graph) : graph_(graph) {
    for (const auto& node : graph.nodes())
      if (is_foldable(*node)) add(*node);
  }

  // In the order of their first nodes.
  std::vector<Region> regions() {
    std::map<size_t, Region> by_root;
    for (Node* node : order_) by_root[find(index_.at(node))].nodes.push_back(node);
    std::vector<Region> regions;
    for (auto& [root, region] : by_root) {
      weigh(region);
      regions.push_back(std::move(region));
    }
    return regions;
  }

 private:
  bool is_foldable(const Node& node) const {
    const OpDef* op = find_op(node.op());
    if (!op || !op->kernel() || op->is_random() || is_quantization(node.op()) || !node.subgraphs().empty())
      return false;
    for (const Value* input : node.inputs())
      if (input && !input->is_constant() && !(input->producer() && index_.contains(input->producer())))
        return false;
    for (const Value* output : node.outputs()) {
      if (output && !bytes_of(*output)) return false;
    }
    return node.output_count() > 0;
  }

  void add(Node& node) {
    const size_t index = order_.size();
    index_[&node] = index;
    order_.push_back(&node);
    parent_.push_back(index);
    for (const Value* input : node.inputs())
      if (input && input->producer()) parent_[find(index_.at(input->producer()))] = find(index);
  }

  size_t find(size_t index) {
    while (parent_[index] != index) index = parent_[index] = parent_[parent_[index]];
    return index;
  }

  bool is_inside(const Use& use, size_t root) {
    const auto found = index_.find(use.node);
    return found != index_.end() && find(found->second) == root;
  }

  void weigh(Region& region) {
    const size_t root = find(index_.at(region.nodes.front()));
    std::unordered_map<const Value*, bool> counted;
    const auto read_outside = [&](const Value& value) {
      if (value.is_graph_output()) return true;
      for (const Use& use : value.uses())
        if (!is_inside(use, root)) return true;
      return false;
    };
    for (Node* node : region.nodes) {
      region.freed += file_bytes(*node);
      for (const Value* input : node->inputs())
        if (input && input->is_constant() && counted.emplace(input, true).second && !read_outside(*input))
          region.freed += static_cast<int64_t>(input->constant().nbytes());
      for (Value* output : node->outputs())
        if (output && read_outside(*output)) {
          region.results.push_back(output);
          region.made += *bytes_of(*output);
        }
    }
  }

  Graph& graph_;
  std::vector<Node*> order_;
  std::vector<size_t> parent_;  // a forest; its roots stand for the regions
  std::unordered_map<const Node*, size_t> index_;
};

// The region as a graph of its own, run once.
std::vector<RuntimeValue> evaluate(const Region& region) {
  Graph graph("region");
  std::unordered_map<const Value*, Value*> copies;
  const auto copy_of = [&](const Value* value) -> Value* {
    if (!value) return nullptr;
    Value*& copy = copies[value];
    if (!copy) copy = &graph.add_constant(value->constant());
    return copy;
  };
  for (const Node* node : region.nodes) {
    std::vector<Value*> inputs;
    for (const Value* input : node->inputs()) inputs.push_back(copy_of(input));
    std::vector<std::string> names;
    for (const Value* output : node->outputs()) names.push_back(output ? "" : Graph::kNoOutput);
    Node& made = graph.add_node(node->op(), std::move(inputs), node->attrs, names, node->name());
    for (size_t i = 0; i < node->output_count(); ++i)
      if (node->output(i)) copies[node->output(i)] = made.output(i);
  }
  for (const Value* result : region.results) graph.add_output(result->name(), *copies.at(result));
  infer_graph(graph);
  return Evaluator(graph, {.threads = 1, .seed = 0, .observe = {}}).run({});
}

bool agrees(const Value& value, const RuntimeValue& result) {
  return result.is_tensor() && result.tensor().dtype() == value.dtype() &&
         result.tensor().dims() == *value.shape().static_dims();
}

void replace(Graph& graph, const Region& region, const std::vector<RuntimeValue>& results) {
  for (size_t i = 0; i < results.size(); ++i) {
    Value& old_value = *region.results[i];
    const std::string name = old_value.name();
    graph.rename(old_value, name + "_computed");
    graph.replace_all_uses(old_value, graph.add_constant(results[i].tensor(), name));
  }
  std::unordered_map<Value*, bool> read;
  for (auto node = region.nodes.rbegin(); node != region.nodes.rend(); ++node) {
    for (Value* input : (*node)->inputs())
      if (input && input->is_constant()) read.emplace(input, true);
    graph.remove(**node);
  }
  for (const auto& [constant, unused] : read)
    if (constant->is_unused() && &constant->graph() == &graph) graph.remove_constant(*constant);
}

class Folder {
 public:
  Folder(const std::string& rule, const PassOptions& options) : rule_(rule), options_(options) {}

  void fold(Graph& graph) {
    for (const Region& region : Finder(graph).regions()) {
      if (options_.stop_after >= 0 && report.patches >= options_.stop_after) return;
      const std::string place = region.nodes.back()->describe();
      const std::string reason = why_not(region);
      if (reason.empty()) room_ -= region.made - region.freed;
      ++(reason.empty() ? report.rules[rule_].applied : report.rules[rule_].refused);
      if (options_.trace) options_.trace({rule_, place, reason.empty(), reason});
      if (!reason.empty()) continue;
      replace(graph, region, results_);
      ++report.patches;
    }
    for (Node* node : graph.node_list())
      for (Graph* subgraph : node->subgraphs()) fold(*subgraph);
  }

  // Bytes that the file may still grow.
  void set_room(int64_t bytes) { room_ = bytes; }
  RewriteReport report;

 private:
  // Empty, with results_ filled, when the region is to be folded.
  std::string why_not(const Region& region) {
    if (region.results.empty()) return "nothing reads it";
    if (const std::string reason = too_large(region); !reason.empty()) return reason;
    try {
      results_ = evaluate(region);
    } catch (const InternalError&) {
      throw;
    } catch (const Error& error) {
      return error.message();  // what cannot be computed: the runtime will say so too, if it ever comes there
    }
    for (size_t i = 0; i < results_.size(); ++i)
      if (!agrees(*region.results[i], results_[i]))
        return fmt::format("'{}' is not of the type that was inferred", region.results[i]->name());
    return "";
  }

  std::string too_large(const Region& region) const {
    const int64_t growth = region.made - region.freed;
    if (growth <= 0) return "";
    if (options_.fold_limit)
      return region.made <= *options_.fold_limit ? ""
                                                 : fmt::format("its results take {} bytes, fold_limit is {}",
                                                               region.made, *options_.fold_limit);
    const auto nodes = static_cast<int64_t>(region.nodes.size());
    if (growth <= nodes * kLargestGrowthPerNode && growth <= room_) return "";
    return fmt::format("the file would grow by {} bytes; fold_limit allows it", growth);
  }

  const std::string& rule_;
  const PassOptions& options_;
  int64_t room_ = 0;
  std::vector<RuntimeValue> results_;
};

}  // namespace

Pass fold_regions_pass() {
  const std::string
      name = "fold_regions",
      purpose =
          "nodes that depend on constants alone become constants together, where one by one would make the "
          "file larger; the file does not become larger than the source by it";
  return {name,
          purpose,
          [name](Graph& graph, const PassOptions& options) {
            if (options.skip.contains(name)) return RewriteReport();
            Folder folder(name, options);
            folder.set_room(options.source_bytes ? *options.source_bytes - file_bytes(graph) : 0);
            folder.fold(graph);
            return std::move(folder.report);
          },
          {{name, purpose}}};
}

}  // namespace modelconv
