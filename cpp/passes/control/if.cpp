#include "ops/attributes.h"
#include "passes/control/control.h"
#include "passes/control/inline_body.h"
#include "rewrite/driver.h"

namespace modelconv {
namespace {

Outcome inline_taken_branch(Node& node, Patch& patch) {
  const Value* condition = node.input(0);
  if (!condition->is_constant() || condition->constant().size() != 1)
    return refuse("its condition is not constant");
  const bool taken = condition->constant().to_int64()[0] != 0;
  const std::vector<Value*> results =
      inline_body(patch, graph_attr(node, taken ? "then_branch" : "else_branch"), {});
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i)) patch.replace(*node.output(i), *results.at(i));
  return Outcome::applied();
}

Outcome drop_unused_outputs(Node& node, Patch& patch) {
  std::vector<size_t> unused;
  for (size_t i = 0; i < node.output_count(); ++i)
    if (!node.output(i) || node.output(i)->is_unused()) unused.push_back(i);
  if (unused.empty()) return no_match();
  if (unused.size() == node.output_count()) return no_match();
  Attrs attrs = node.attrs;
  for (const char* name : {"then_branch", "else_branch"}) {
    const GraphPtr branch = copy_body(patch, graph_attr(node, name));
    for (auto slot = unused.rbegin(); slot != unused.rend(); ++slot) branch->remove_output(*slot);
    remove_unused(*branch);
    attrs.set(name, branch);
  }
  Node& smaller = patch.add_node(node.op(), {node.input(0)}, std::move(attrs),
                                 node.output_count() - unused.size(), node.name());
  for (size_t i = 0, slot = 0; i < node.output_count(); ++i)
    if (node.output(i) && !node.output(i)->is_unused())
      patch.replace(*node.output(i), *smaller.output(slot++));
  return Outcome::applied();
}

}  // namespace

Rules if_rules() {
  return {Rule("inline_constant_if")
              .describe("an If whose condition is constant is the branch that it takes")
              .on({"If"}, inline_taken_branch),
          Rule("drop_unused_if_outputs")
              .describe("outputs of an If that nobody uses go, with what computes them")
              .on({"If"}, drop_unused_outputs)};
}

}  // namespace modelconv
