// What translations of nodes with subgraphs have in common.
#pragma once

#include <string_view>
#include <vector>

#include "formats/common/mapping.h"

namespace modelconv {

// MalformedModelError where the node has no such attribute.
GraphPtr subgraph_of(const Node& node, std::string_view name);
inline GraphPtr subgraph_of(const Translation& t, std::string_view name) {
  return subgraph_of(t.node(), name);
}
// What branches and bodies hand on has to be a tensor in dialects that know nothing else.
void require_tensor(const Translation& t, const Value& value);

// A condition or a number of iterations: of rank 0, where it may have come as a tensor of one element.
Value& as_scalar(Translation& t, Value& value);

// Appends a canonical node with its types inferred.
Value& append(Graph& graph, OpName op, std::vector<Value*> inputs, Attrs attrs = {});
// Takes all outputs off the graph, to be put back in another form, and returns what filled them.
std::vector<Value*> take_outputs(Graph& graph);

}  // namespace modelconv
