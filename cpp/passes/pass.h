// A named step over a whole graph, and pipelines of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "rewrite/driver.h"

namespace modelconv {

struct PassOptions : RewriteOptions {
  // Largest result, in bytes, that folding may make when it grows the file; nothing: folding never grows the file
  // by more than kDefaultFoldLimit (passes/fold/).
  std::optional<int64_t> fold_limit;
};

struct RuleInfo {
  std::string name, description;
};

struct Pass {
  std::string name;
  std::string description;
  std::function<RewriteReport(Graph&, const PassOptions&)> run;
  // What it consists of, for `--list-rules` and to check the names in `skip`. A pass that reports rewrites under its own
  // name alone lists none.
  std::vector<RuleInfo> rules;
};

std::vector<RuleInfo> describe_rules(const Rules& rules);

// A pass that runs rules to their fixed point.
Pass rule_pass(std::string name, std::string description, Rules rules);

struct PassStats {
  std::string pass;
  int64_t nodes_before, nodes_after;
  double seconds;
};

struct PipelineReport : RewriteReport {
  std::vector<PassStats> passes;
};

// Runs the passes in order, and the whole list again while it changes something (at most `rounds` times). Shapes are
// inferred before the first; the graph is verified after each pass. `skip` names rules or passes.
PipelineReport run_passes(Graph& graph, const std::vector<Pass>& passes, const PassOptions& options = {},
                          int rounds = 4, const ProgressSink& progress = {});

}  // namespace modelconv
