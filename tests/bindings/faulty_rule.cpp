// A rule that is wrong on purpose, for tests of simplify(check=...): compiled only into the module that tests use.
#include <pybind11/pybind11.h>

#include "ops/infer.h"
#include "passes/all_passes.h"
#include "pipeline/convert.h"

namespace modelconv {
namespace {

bool faulty = false;

std::vector<Pass> passes_with_fault() {
  Rule rule("replace_sub_by_add");
  rule.describe("wrong on purpose").on({"Sub"}, [](Node& node, Patch& patch) {
    return replace_root(patch, patch.add("Add", {node.input(0), node.input(1)}));
  });
  std::vector<Pass> passes = simplify_pipeline();
  passes.insert(passes.begin() + 1, rule_pass("faulty", "wrong on purpose", {rule}));
  return passes;
}

}  // namespace

PipelineReport simplify_for_tests(Model& model, const SimplifyOptions& options) {
  if (!faulty) return simplify_model(model, options);
  return run_passes(*model.graph, passes_with_fault(), options, 4, options.progress);
}

void bind_test_rules(pybind11::module_& m) {
  m.def("set_faulty_rule", [](bool is_on) { faulty = is_on; });
}

}  // namespace modelconv
