// simplify() that proves its work: compared with the original, and the guilty rule switched off when they differ.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/convert.h"

namespace modelconv {

// A rule whose rewrite changed what the model computes: a bug of ours.
struct GuiltyRule {
  std::string rule;
  std::string node;           // where; Node::describe() of the root
  int64_t patch;              // the how manieth rewrite it was
  std::string output, error;  // what differed first
};

struct CheckedReport : PipelineReport {
  std::vector<GuiltyRule> guilty;  // switched off, in the order found
  // The difference is no single rule's: the model is left as it was. Says what differs; empty otherwise.
  std::string left_alone;
};

using Simplifier = std::function<PipelineReport(Model&, const SimplifyOptions&)>;

// Simplifies, evaluates original and result on `samples` made-up inputs and compares (verify/compare_graphs.h). On a
// difference the first guilty rewrite is found by bisection over their number, its rule is added to those to skip, and
// all begins again: what remains in `model` computes what it did before. Costs one evaluation of each per sample when
// nothing is wrong. Throws what the evaluator throws when the original cannot be run.
CheckedReport simplify_checked(Model& model, const SimplifyOptions& options, int samples,
                               const Simplifier& simplify = simplify_model);

// BadArgument with the nearest names for a name that is neither a rule nor a pass.
void require_known_rules(const std::set<std::string, std::less<>>& names,
                         const std::vector<const Pass*>& passes);

}  // namespace modelconv
