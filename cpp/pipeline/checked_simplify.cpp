#include "pipeline/checked_simplify.h"

#include <algorithm>

#include "base/error.h"
#include "ops/infer.h"
#include "verify/compare_graphs.h"

namespace modelconv {
namespace {

class CheckedSimplification {
 public:
  CheckedSimplification(const Model& original, SimplifyOptions options, int samples,
                        const Simplifier& simplify)
      : original_(original),
        options_(std::move(options)),
        simplify_(simplify),
        check_(*original.graph, samples, 0, [this] { report(); }) {}

  // The result, or a copy of the original when that must stay.
  Model run(CheckedReport& report) {
    for (;;) {
      Model result = original_.clone();
      std::vector<RewriteEvent> events;
      SimplifyOptions options = options_;
      if (options_.trace) options.trace = [&](const RewriteEvent& event) { events.push_back(event); };
      static_cast<PipelineReport&>(report) = simplify_(result, options);
      const auto difference = compare(result);
      if (!difference) {
        for (const RewriteEvent& event : events) options_.trace(event);  // of the attempt that counts
        return result;
      }
      const auto guilty = find_guilty(report.patches);
      // A rule that is switched off and still fires would go on for ever.
      if (!guilty || !options_.skip.insert(guilty->rule).second) {
        report.left_alone = describe(*difference);
        return original_.clone();
      }
      report.guilty.push_back(*guilty);
    }
  }

 private:
  std::optional<Difference> compare(const Model& candidate) { return check_.compare(*candidate.graph); }

  // How many evaluations there will be depends on their results.
  void report() {
    if (options_.progress) options_.progress("check", evaluations_++, 0);
  }

  static std::string describe(const Difference& difference) {
    return difference.output.empty() ? difference.error
                                     : fmt::format("output '{}': {}", difference.output, difference.error);
  }

  std::optional<Difference> difference_after(int64_t patches) {
    SimplifyOptions options = quiet();
    options.stop_after = patches;
    Model trial = original_.clone();
    simplify_(trial, options);
    return compare(trial);
  }

  // The rewrite after which the outputs differ, while they do not before it. Nothing when they differ without any.
  std::optional<GuiltyRule> find_guilty(int64_t patches) {
    if (patches == 0 || difference_after(0)) return std::nullopt;
    int64_t right = 0, wrong = patches;
    while (wrong - right > 1) {
      const int64_t middle = right + (wrong - right) / 2;
      (difference_after(middle) ? wrong : right) = middle;
    }
    RewriteEvent last;
    SimplifyOptions options = quiet();
    options.stop_after = wrong;
    options.trace = [&](const RewriteEvent& event) {
      if (event.applied) last = event;
    };
    Model trial = original_.clone();
    simplify_(trial, options);
    const auto difference = compare(trial);
    if (!difference || last.rule.empty()) return std::nullopt;
    return GuiltyRule{last.rule, last.node, wrong, difference->output, difference->error};
  }

  SimplifyOptions quiet() const {
    SimplifyOptions options = options_;
    options.trace = {};
    options.progress = {};
    return options;
  }

  const Model& original_;
  SimplifyOptions options_;
  const Simplifier& simplify_;
  int64_t evaluations_ = 0;
  GraphCheck check_;
};

}  // namespace

CheckedReport simplify_checked(Model& model, const SimplifyOptions& options, int samples,
                               const Simplifier& simplify) {
  ENSURE(samples > 0, BadArgument, "check asks for {} samples; at least 1 is needed", samples);
  set_input_shapes(*model.graph, options.input_shapes);
  infer_graph(*model.graph);  // the evaluator rounds to the dtypes that are inferred
  CheckedReport report;
  model = CheckedSimplification(model, options, samples, simplify).run(report);
  return report;
}

void require_known_rules(const std::set<std::string, std::less<>>& names,
                         const std::vector<const Pass*>& passes) {
  std::vector<std::string> known;
  for (const Pass* pass : passes) {
    known.push_back(pass->name);
    for (const RuleInfo& rule : pass->rules) known.push_back(rule.name);
  }
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    BadArgument error(fmt::format("there is no rule or pass '{}'", name));
    const std::vector<std::string> near = nearest_names(name, known);
    error.hint(near.empty()
                   ? "modelconv simplify --list-rules"
                   : fmt::format("did you mean '{}'? modelconv simplify --list-rules lists all", near[0]));
    throw error;
  }
}

}  // namespace modelconv
