#include "ir/take_over.h"

namespace modelconv {

void take_over(Value& x, Node& node) {
  Graph& graph = node.graph();
  Value& y = *node.output();
  const std::string name = y.name(), source = y.source_name;
  graph.replace_all_uses(y, x);
  graph.remove(node);
  graph.rename(x, name);
  x.source_name = source;
}

}  // namespace modelconv
