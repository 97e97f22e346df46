// One of each: repeated nodes and repeated constants.
#include <unordered_map>

#include "base/error.h"
#include "ops/op_def.h"
#include "passes/fold/fold.h"

namespace modelconv {
namespace {

uint64_t mix(uint64_t hash, uint64_t value) {
  // Constant: the golden ratio in 64 bits, as in boost::hash_combine.
  return hash ^ (value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2));
}

template <class T>
uint64_t hash_all(uint64_t hash, const std::vector<T>& items) {
  for (const T& item : items) hash = mix(hash, std::hash<T>{}(item));
  return mix(hash, items.size());
}

uint64_t hash_of(const Attribute& attribute) {
  const uint64_t kind = attribute.index();
  if (const auto* i = std::get_if<int64_t>(&attribute)) return mix(kind, static_cast<uint64_t>(*i));
  if (const auto* f = std::get_if<float>(&attribute)) return mix(kind, std::hash<float>{}(*f));
  if (const auto* s = std::get_if<std::string>(&attribute)) return mix(kind, std::hash<std::string>{}(*s));
  if (const auto* is = std::get_if<std::vector<int64_t>>(&attribute)) return hash_all(kind, *is);
  if (const auto* fs = std::get_if<std::vector<float>>(&attribute)) return hash_all(kind, *fs);
  if (const auto* t = std::get_if<Tensor>(&attribute)) return mix(kind, t->content_hash());
  return kind;  // rarer kinds are told apart by same_attribute()
}

// -0.0 and 0.0 are equal numbers but not the same attribute.
bool same_attribute(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<int64_t>(&a)) return *x == std::get<int64_t>(b);
  if (const auto* x = std::get_if<float>(&a))
    return Tensor::scalar(*x).identical_to(Tensor::scalar(std::get<float>(b)));
  if (const auto* x = std::get_if<std::string>(&a)) return *x == std::get<std::string>(b);
  if (const auto* x = std::get_if<Tensor>(&a)) return x->identical_to(std::get<Tensor>(b));
  if (const auto* x = std::get_if<std::vector<int64_t>>(&a)) return *x == std::get<std::vector<int64_t>>(b);
  if (const auto* x = std::get_if<std::vector<float>>(&a))
    return Tensor::vector(*x).identical_to(Tensor::vector(std::get<std::vector<float>>(b)));
  if (const auto* x = std::get_if<std::vector<std::string>>(&a))
    return *x == std::get<std::vector<std::string>>(b);
  return false;  // graphs, types and lists of tensors: never taken for the same
}

uint64_t hash_of(const Node& node) {
  uint64_t hash = node.op().hash();
  for (const Value* input : node.inputs()) hash = mix(hash, std::hash<const Value*>{}(input));
  for (const auto& [name, attribute] : node.attrs)
    hash = mix(mix(hash, std::hash<std::string>{}(name)), hash_of(attribute));
  return mix(hash, node.output_count());
}

bool same_node(const Node& a, const Node& b) {
  if (a.op() != b.op() || a.input_count() != b.input_count() || a.output_count() != b.output_count())
    return false;
  if (!std::equal(a.inputs().begin(), a.inputs().end(), b.inputs().begin())) return false;
  if (a.attrs.size() != b.attrs.size()) return false;
  return std::equal(a.attrs.begin(), a.attrs.end(), b.attrs.begin(), [](const auto& x, const auto& y) {
    return x.first == y.first && same_attribute(x.second, y.second);
  });
}

// Operators that the table does not know may have effects of their own.
bool can_share(const Node& node) {
  const OpDef* op = find_op(node.op());
  return op && !op->is_random() && node.subgraphs().empty();
}

// `earlier` takes over the outputs of `node`, including those that it has so far left out.
void replace_outputs(Graph& graph, Node& node, Node& earlier) {
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i)) graph.replace_all_uses(*node.output(i), *earlier.output(i));
}

bool covers(const Node& earlier, const Node& node) {
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i) && !earlier.output(i)) return false;
  return true;
}

// Counts what is shared, up to the limit, and tells the trace.
class Sharing {
 public:
  Sharing(const std::string& name, const PassOptions& options) : name_(name), options_(options) {}
  bool is_at_limit() const { return options_.stop_after >= 0 && count_ >= options_.stop_after; }
  int64_t count() const { return count_; }
  void note(const std::string& what) {
    ++count_;
    if (options_.trace) options_.trace({name_, what, true, ""});
  }

 private:
  const std::string& name_;
  const PassOptions& options_;
  int64_t count_ = 0;
};

void share_nodes(Graph& graph, Sharing& sharing) {
  std::unordered_multimap<uint64_t, Node*> seen;
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) share_nodes(*subgraph, sharing);
    if (sharing.is_at_limit()) return;
    if (!can_share(*node)) continue;
    const uint64_t hash = hash_of(*node);
    Node* same = nullptr;
    for (auto [it, end] = seen.equal_range(hash); it != end && !same; ++it)
      if (same_node(*it->second, *node) && covers(*it->second, *node)) same = it->second;
    if (!same) {
      seen.emplace(hash, node);
      continue;
    }
    sharing.note(node->describe());
    replace_outputs(graph, *node, *same);
    graph.remove(*node);
  }
}

// The first, middle and last bytes: enough to tell two different weights apart without reading gigabytes.
uint64_t hash_samples(const Tensor& tensor) {
  constexpr size_t kSample = 256;
  if (tensor.dtype() == DType::string || tensor.nbytes() <= 3 * kSample) return tensor.content_hash();
  uint64_t hash = 0;
  for (const size_t start : {size_t{0}, tensor.nbytes() / 2, tensor.nbytes() - kSample}) {
    const std::string_view bytes(reinterpret_cast<const char*>(tensor.bytes().data()) + start, kSample);
    hash = mix(hash, std::hash<std::string_view>{}(bytes));
  }
  return hash;
}

// Only constants that agree in dtype, size and samples are read as a whole, so that large weights are hashed only when
// there is a second one that could be the same.
void share_constants(Graph& graph, Sharing& sharing) {
  std::unordered_map<uint64_t, std::vector<Value*>> candidates_by_key;
  for (const auto& constant : graph.constants()) {
    const Tensor& tensor = constant->constant();
    uint64_t key = mix(static_cast<uint64_t>(tensor.dtype()), tensor.nbytes());
    for (const int64_t dim : tensor.dims()) key = mix(key, static_cast<uint64_t>(dim));
    candidates_by_key[mix(key, hash_samples(tensor))].push_back(constant.get());
  }
  for (auto& [key, candidates] : candidates_by_key) {
    if (candidates.size() < 2) continue;
    std::unordered_multimap<uint64_t, Value*> seen;
    for (Value* candidate : candidates) {
      if (sharing.is_at_limit()) return;
      const uint64_t hash = candidate->constant().content_hash();
      Value* same = nullptr;
      for (auto [it, end] = seen.equal_range(hash); it != end && !same; ++it)
        if (it->second->constant().identical_to(candidate->constant())) same = it->second;
      if (!same) {
        seen.emplace(hash, candidate);
        continue;
      }
      sharing.note(fmt::format("constant '{}'", candidate->name()));
      graph.replace_all_uses(*candidate, *same);
      graph.remove_constant(*candidate);
    }
  }
  for (const auto& node : graph.nodes())
    for (Graph* subgraph : node->subgraphs()) share_constants(*subgraph, sharing);
}

Pass counted_pass(std::string name, std::string description, void (*share)(Graph&, Sharing&)) {
  std::vector<RuleInfo> rules = {{name, description}};
  return {name, std::move(description),
          [name, share](Graph& graph, const PassOptions& options) {
            RewriteReport report;
            if (options.skip.contains(name)) return report;
            Sharing sharing(name, options);
            share(graph, sharing);
            report.patches = report.rules[name].applied = sharing.count();
            return report;
          },
          std::move(rules)};
}

}  // namespace

Pass share_subexpressions_pass() {
  return counted_pass("share_subexpressions", "repeated nodes become one", share_nodes);
}

Pass share_constants_pass() {
  return counted_pass("share_constants", "repeated constants become one", share_constants);
}

}  // namespace modelconv
