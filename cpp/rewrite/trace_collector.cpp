#include "rewrite/trace_collector.h"

#include <unordered_set>

namespace modelconv {

void TraceCollector::note(const RewriteEvent& event) {
  const std::pair place(event.rule, event.node);
  if (event.applied) {
    applied_.push_back(event);
    refused_.erase(place);
  } else {
    refused_[place] = event.reason;
  }
}

std::vector<RewriteEvent> TraceCollector::finish(const Graph& graph) const {
  std::unordered_set<std::string> nodes;
  for_each_node(graph, [&](const Node& node) { nodes.insert(node.describe()); });
  std::vector<RewriteEvent> events = applied_;
  for (const auto& [place, reason] : refused_)
    if (nodes.contains(place.second)) events.push_back({place.first, place.second, false, reason});
  return events;
}

}  // namespace modelconv
