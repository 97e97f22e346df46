// What a trace says when all is done, for `--explain`.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rewrite/driver.h"

namespace modelconv {

class TraceCollector {
 public:
  void note(const RewriteEvent& event);

  // What was applied, in order; then the refusals that still hold: of nodes that are in `graph`, at which the rule did
  // not fire later on, each with its last reason, sorted by rule and node.
  std::vector<RewriteEvent> finish(const Graph& graph) const;

 private:
  std::vector<RewriteEvent> applied_;
  std::map<std::pair<std::string, std::string>, std::string> refused_;  // (rule, node) -> reason
};

}  // namespace modelconv
