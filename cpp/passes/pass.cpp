#include "passes/pass.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "ops/infer.h"
#include "ops/schema.h"
#include "passes/fold/file_bytes.h"

namespace modelconv {

std::vector<RuleInfo> describe_rules(const Rules& rules) {
  std::vector<RuleInfo> infos;
  for (const Rule& rule : rules) infos.push_back({rule.name(), rule.description(), 0});
  return infos;
}

Pass rule_pass(std::string name, std::string description, Rules rules) {
  std::vector<RuleInfo> infos = describe_rules(rules);
  return {std::move(name), std::move(description),
          [rules = std::move(rules)](Graph& graph, const PassOptions& options) {
            return rewrite(graph, rules, options);
          },
          std::move(infos)};
}

Pass recovery_pass(std::string name, std::string description, std::vector<RecoveryRule> rules) {
  std::vector<RuleInfo> infos;
  for (const auto& [opset, rule] : rules) infos.push_back({rule.name(), rule.description(), opset});
  return {std::move(name), std::move(description),
          [rules = std::move(rules)](Graph& graph, const PassOptions& options) {
            const int64_t wanted = options.opset.value_or(kCanonicalOpset);
            Rules allowed;
            for (const auto& [opset, rule] : rules)
              if (opset <= wanted) allowed.push_back(rule);
            return rewrite(graph, allowed, options);
          },
          std::move(infos)};
}

namespace {

RewriteReport run_pass(Graph& graph, const Pass& pass, const PassOptions& options, PipelineReport& report) {
  const auto start = std::chrono::steady_clock::now();
  const auto nodes_before = static_cast<int64_t>(graph.node_count());
  RewriteReport result = pass.run(graph, options);
  const bool changed = result.patches > 0 || nodes_before != static_cast<int64_t>(graph.node_count());
  try {
    if (changed) graph.verify();
  } catch (InternalError& error) {
    error.in("after pass " + pass.name);
    throw;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  report.passes.push_back(
      {pass.name, nodes_before, static_cast<int64_t>(graph.node_count()), seconds.count()});
  return result;
}

}  // namespace

namespace {

void check_enabled(const std::vector<Pass>& passes, const PassOptions& options) {
  for (const std::string& name : options.enable) {
    std::string known;
    bool found = false;
    for (const Pass& pass : passes) {
      if (!pass.on_request) continue;
      found = found || pass.name == name;
      known += (known.empty() ? "" : ", ") + pass.name;
    }
    ENSURE(found, BadArgument, "no pass on request is called '{}'; there are: {}", name, known);
  }
}

void check_no_opposites(const std::vector<Pass>& passes, const PassOptions& options) {
  for (const Pass& pass : passes)
    ENSURE(
        pass.undoes.empty() || !(options.enable.contains(pass.name) && options.enable.contains(pass.undoes)),
        BadArgument, "{} and {} undo each other: ask for one of them", pass.name, pass.undoes);
}

bool runs(const Pass& pass, const PassOptions& options) {
  return !options.skip.contains(pass.name) && (!pass.on_request || options.enable.contains(pass.name));
}

}  // namespace

PipelineReport run_passes(Graph& graph, const std::vector<Pass>& passes, const PassOptions& options,
                          int rounds, const ProgressSink& progress) {
  check_enabled(passes, options);
  check_no_opposites(passes, options);
  PipelineReport report;
  const int64_t source_bytes = file_bytes(graph);
  infer_graph(graph);
  const auto total = static_cast<int64_t>(passes.size()) * rounds;
  int64_t done = 0;
  for (int round = 0; round < rounds; ++round) {
    int64_t patches = 0;
    for (const Pass& pass : passes) {
      if (progress) progress("simplify", done++, total);
      if (!runs(pass, options)) continue;
      PassOptions left = options;
      if (!left.source_bytes) left.source_bytes = source_bytes;
      if (left.stop_after >= 0) left.stop_after = std::max<int64_t>(0, left.stop_after - report.patches);
      const RewriteReport result = run_pass(graph, pass, left, report);
      patches += result.patches;
      report.merge(result);
    }
    if (patches == 0) break;
    infer_graph(graph);
  }
  if (progress) progress("simplify", total, total);
  return report;
}

}  // namespace modelconv
