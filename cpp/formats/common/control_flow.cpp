#include "formats/common/control_flow.h"

#include "formats/common/subgraph.h"

namespace modelconv {

void raise_loop(Translation& t) {
  const GraphPtr body = subgraph_of(t, "body");
  std::vector<Value*> inputs = {nullptr, &t.required(0)};
  for (size_t i = 1; i < t.input_count(); ++i) inputs.push_back(&t.required(i));
  const Node& loop = t.add_node("Loop", std::move(inputs), {{"body", body}}, t.node().output_count());
  for (size_t i = 0; i < loop.output_count(); ++i) t.set_output(i, *loop.output(i));
}

void raise_if(Translation& t) {
  const GraphPtr holds = subgraph_of(t, "then_branch"), fails = subgraph_of(t, "else_branch");
  Value& condition = t.required(0);
  if (condition.dtype() == DType::string) t.refuse("its condition is a string");
  const Node& node = t.add_node("If", {&t.cast(condition, DType::boolean)},
                                {{"then_branch", holds}, {"else_branch", fails}}, t.node().output_count());
  for (size_t i = 0; i < node.output_count(); ++i) t.set_output(i, *node.output(i));
}

}  // namespace modelconv
