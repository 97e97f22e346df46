// The one place that changes graphs by rules: a worklist run to a fixed point, with limits and a trace.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "rewrite/rule.h"

namespace modelconv {

// One line of the trace: a rule that fired, or that found what it looks for but refused ("almost").
struct RewriteEvent {
  std::string rule;
  std::string node;  // Node::describe() of the root
  bool applied;
  std::string reason;  // why not, when refused
};

struct RewriteOptions {
  std::set<std::string, std::less<>> skip;  // names of rules not to run
  int64_t stop_after = -1;  // patches in all; -1: no limit. For finding a guilty rewrite by bisection.
  std::function<void(const RewriteEvent&)> trace;
  // Checks the graph's invariants after every patch (slow; tests and the dev build).
  bool verify_each = false;
};

struct RuleStats {
  int64_t applied = 0, refused = 0;
  double seconds = 0;
};

struct RewriteReport {
  int64_t patches = 0;
  std::map<std::string, RuleStats> rules;
  bool hit_limit = false;  // stopped because of the work limit below; the graph is valid all the same
  // Patches that were rolled back because their types contradict the old ones: bugs of a rule. Empty in our tests.
  std::vector<std::string> contradictions;
  void merge(const RewriteReport& other);
};

// Applies the rules until none applies, subgraphs included. For each node, rules are tried in the order given. After a
// patch: types of replaced values are compared (a contradiction rolls the patch back and is reported), nodes without
// uses are removed, and the nodes around the change are looked at again. The number of
// patches is limited to 10,000 and 100 per node of the given graph, so that two rules that undo each other cannot hang.
RewriteReport rewrite(Graph& graph, const Rules& rules, const RewriteOptions& options = {});

// True when none of its outputs is used. A node without outputs is there for its effect: false.
bool is_dead(const Node& node);

// Removes nodes and constants that nothing uses, subgraphs included; returns how many nodes. Nodes without outputs
// and outputs of the graph stay.
int64_t remove_unused(Graph& graph);

}  // namespace modelconv
