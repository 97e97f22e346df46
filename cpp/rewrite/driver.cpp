#include "rewrite/driver.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"

namespace modelconv {
namespace {

struct CountedRule {
  const Rule* rule;
  RuleStats* stats;
};

// Rules by the operator of their root, in the order of the list.
class RuleIndex {
 public:
  RuleIndex(const Rules& rules, const RewriteOptions& options, RewriteReport& report) {
    for (const Rule& rule : rules) {
      if (options.skip.contains(rule.name())) continue;
      rules_.push_back({&rule, &report.rules[rule.name()]});
    }
  }

  const std::vector<CountedRule>& for_op(OpName op) {
    const auto [place, is_new] = by_op_.try_emplace(op);
    if (!is_new) return place->second;
    for (const CountedRule& entry : rules_) {
      const std::vector<OpName>& ops = entry.rule->root_ops();
      if (ops.empty() || std::find(ops.begin(), ops.end(), op) != ops.end()) place->second.push_back(entry);
    }
    return place->second;
  }

 private:
  std::vector<CountedRule> rules_;
  std::unordered_map<OpName, std::vector<CountedRule>> by_op_;
};

// Nodes to look at, each once, first come first served. A node that is gone is forgotten at once; the ticket tells its
// place in the queue from that of a new node at the same address, so that the order of work does not depend on where
// the allocator puts nodes: stopping after N patches always stops at the same one.
class Worklist {
 public:
  void add(Node* node) {
    if (!tickets_.try_emplace(node, next_).second) return;
    queue_.emplace_back(node, next_++);
  }
  void forget(Node* node) { tickets_.erase(node); }
  // Null when there is none left.
  Node* take() {
    while (!queue_.empty()) {
      const auto [node, ticket] = queue_.front();
      queue_.pop_front();
      const auto found = tickets_.find(node);
      if (found == tickets_.end() || found->second != ticket) continue;
      tickets_.erase(found);
      return node;
    }
    return nullptr;
  }

 private:
  std::deque<std::pair<Node*, uint64_t>> queue_;
  std::unordered_map<Node*, uint64_t> tickets_;
  uint64_t next_ = 0;
};

class Driver {
 public:
  Driver(Graph& graph, const Rules& rules, const RewriteOptions& options)
      : graph_(graph), rules_(rules, options, report_), options_(options) {}

  RewriteReport run() {
    for_each_node(graph_, [&](Node& node) {
      enqueue(&node);
      ++nodes_at_start_;
    });
    while (!at_limit()) {
      Node* node = worklist_.take();
      if (!node) break;
      visit(*node);
    }
    return std::move(report_);
  }

 private:
  // Two rules that undo each other would go on for ever; a hundred patches per node is far beyond what chains of honest
  // rules need (a node of the zoo's models sees fewer than ten), and what they add to unroll loops in small graphs.
  // Nodes that are made on the way do not count: each patch of such rules makes some.
  static constexpr int64_t kPatchesPerNode = 100, kPatchesAnyway = 10'000;

  bool at_limit() {
    if (options_.stop_after >= 0 && report_.patches >= options_.stop_after) return true;
    report_.hit_limit = report_.patches >= kPatchesAnyway + kPatchesPerNode * nodes_at_start_;
    return report_.hit_limit;
  }

  void enqueue(Node* node) {
    if (!node) return;
    worklist_.add(node);
  }

  void enqueue_users(const Value& value) {
    for (const Use& use : value.uses()) enqueue(use.node);
  }

  void visit(Node& node) {
    for (const auto& [rule, stats] : rules_.for_op(node.op())) {
      if (at_limit()) return;
      if (try_rule(*rule, *stats, node)) return;  // the node may be gone; what matters of it is queued again
    }
  }

  bool try_rule(const Rule& rule, RuleStats& stats, Node& node) {
    const auto start = std::chrono::steady_clock::now();
    bool applied = false;
    {
      Patch patch(node);
      const std::string place = options_.trace ? node.describe() : "";
      std::optional<Outcome> outcome = apply(rule, node, patch);
      if (outcome && outcome->is_applied()) outcome = check_types(rule, patch);
      if (outcome) trace(rule, place, *outcome, stats);
      if (outcome && outcome->is_applied()) {
        commit(patch);
        applied = true;
      }
    }
    stats.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (applied && options_.verify_each) verify_after(rule);
    return applied;
  }

  static std::optional<Outcome> apply(const Rule& rule, Node& node, Patch& patch) {
    try {
      return rule.apply(node, patch);
    } catch (const InternalError&) {
      throw;
    } catch (const Error& error) {
      // New nodes that do not fit together, or a constant that cannot be computed: the rule's precondition was too weak,
      // or the model is wrong there. It may be a branch that never runs.
      return Outcome::refused(error.message());
    }
  }

  Outcome check_types(const Rule& rule, const Patch& patch) {
    for (const auto& [old_value, new_value] : patch.replacements()) {
      const bool visible = old_value->graph().can_see(*new_value);
      if (visible && old_value->type.compatible_with(new_value->type)) continue;
      report_.contradictions.push_back(fmt::format("{}: '{}' is {}, its replacement {}", rule.name(),
                                                   old_value->name(), old_value->type.str(),
                                                   new_value->type.str()));
      return Outcome::refused(report_.contradictions.back());
    }
    return Outcome::applied();
  }

  void trace(const Rule& rule, const std::string& place, const Outcome& outcome, RuleStats& stats) {
    ++(outcome.is_applied() ? stats.applied : stats.refused);
    if (options_.trace)
      options_.trace(
          {rule.name(), place, outcome.is_applied(), outcome.is_applied() ? "" : outcome.reason()});
  }

  void commit(Patch& patch) {
    ++report_.patches;
    patch.commit();
    for (Node* node : patch.new_nodes()) {
      enqueue(node);
      for (Value* input : node->inputs())
        if (input) enqueue(input->producer());
    }
    for (const auto& [old_value, new_value] : patch.replacements()) {
      enqueue_users(*new_value);
      enqueue(new_value->producer());
    }
    Node& root = patch.root();
    enqueue(&root);
    std::vector<Node*> suspects = patch.new_nodes();
    suspects.push_back(&root);
    for (const auto& [old_value, new_value] : patch.replacements())
      if (old_value->producer()) suspects.push_back(old_value->producer());
    remove_dead(std::move(suspects));
  }

  void remove_dead(std::vector<Node*> suspects) {
    std::unordered_set<Node*> gone;
    while (!suspects.empty()) {
      Node* node = suspects.back();
      suspects.pop_back();
      if (gone.contains(node) || !is_dead(*node)) continue;
      forget(*node);
      gone.insert(node);
      Graph& graph = node->graph();
      const std::vector<Value*> inputs(node->inputs().begin(), node->inputs().end());
      graph.remove(*node);
      std::unordered_set<Value*> released;  // in the order of the inputs, whatever their addresses
      for (Value* input : inputs)
        if (released.insert(input).second) release(input, suspects);
    }
  }

  // An input of a removed node: it has one use fewer, which may be what a rule was waiting for.
  void release(Value* value, std::vector<Node*>& suspects) {
    if (!value) return;
    if (value->is_constant()) {
      if (value->is_unused()) value->graph().remove_constant(*value);
      return;
    }
    enqueue_users(*value);
    if (!value->producer()) return;
    suspects.push_back(value->producer());
    enqueue(value->producer());
  }

  void forget(Node& node) {
    worklist_.forget(&node);
    for (Graph* subgraph : node.subgraphs()) for_each_node(*subgraph, [&](Node& inner) { forget(inner); });
  }

  void verify_after(const Rule& rule) const {
    try {
      graph_.verify();
    } catch (InternalError& error) {
      error.in("after rule " + rule.name());
      throw;
    }
  }

  Graph& graph_;
  RewriteReport report_;
  RuleIndex rules_;
  const RewriteOptions& options_;
  Worklist worklist_;
  int64_t nodes_at_start_ = 0;
};

}  // namespace

void RewriteReport::merge(const RewriteReport& other) {
  patches += other.patches;
  hit_limit = hit_limit || other.hit_limit;
  contradictions.insert(contradictions.end(), other.contradictions.begin(), other.contradictions.end());
  for (const auto& [rule, stats] : other.rules) {
    RuleStats& mine = rules[rule];
    mine.applied += stats.applied;
    mine.refused += stats.refused;
    mine.seconds += stats.seconds;
  }
}

RewriteReport rewrite(Graph& graph, const Rules& rules, const RewriteOptions& options) {
  return Driver(graph, rules, options).run();
}

}  // namespace modelconv
