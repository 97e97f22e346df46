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
  // The operator set that the graph is meant for: operators that came later are not put in. Nothing: the newest.
  std::optional<int64_t> opset;
  // Names of passes to run that run on request only (Pass::on_request).
  std::set<std::string, std::less<>> enable;
  // Size of the graph that the pipeline was given (passes/fold/file_bytes.h); run_passes() fills it in.
  std::optional<int64_t> source_bytes;
};

struct RuleInfo {
  std::string name;
  std::string description;
  // The rule runs only for operator sets from this on, which have the operator that it puts in; 0: for all.
  int64_t opset = 0;
};

struct Pass {
  std::string name;
  std::string description;
  std::function<RewriteReport(Graph&, const PassOptions&)> run;
  // What it consists of, for `--list-rules` and to check the names in `skip`. A pass that reports rewrites under its own
  // name alone lists none.
  std::vector<RuleInfo> rules = {};
  bool on_request = false;  // runs only when PassOptions::enable names it
  std::string undoes = {};  // a pass on request that cannot be asked for together with this one
};

std::vector<RuleInfo> describe_rules(const Rules& rules);

// A pass that runs rules to their fixed point.
Pass rule_pass(std::string name, std::string description, Rules rules);

// A rule that puts in an operator which came with `opset`.
struct RecoveryRule {
  int64_t opset;
  Rule rule;
};
// A pass that runs those of the rules to their fixed point whose operators the wanted operator set has.
Pass recovery_pass(std::string name, std::string description, std::vector<RecoveryRule> rules);

struct PassStats {
  std::string pass;
  int64_t nodes_before, nodes_after;
  double seconds;
};

struct PipelineReport : RewriteReport {
  std::vector<PassStats> passes;
};

// Runs the passes in order, and the whole list again while it changes something (at most `rounds` times).
// Shapes are inferred before the first; the graph is verified after each pass that changed it. `skip` names
// rules or passes; passes on request run where `enable` names them (BadArgument for a name that is no such
// pass).
PipelineReport run_passes(Graph& graph, const std::vector<Pass>& passes, const PassOptions& options = {},
                          int rounds = 4, const ProgressSink& progress = {});

}  // namespace modelconv
