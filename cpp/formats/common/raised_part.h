// The part of a half-raised graph that does not need what was refused.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// Values of nodes that stay as they are: those of refused nodes and of all that need them.
using SpoiltValues = std::unordered_set<const Value*>;

// See RaiseSurvey::cuts.
std::vector<std::string> cuts_before(const Graph& graph, const SpoiltValues& spoilt);

// See RaiseSurvey::begins. `refused` are the values of the refused nodes alone.
std::vector<std::string> cuts_behind(const Graph& graph, const SpoiltValues& refused);

// The tensors of these names become inputs of the graph, and what only they needed goes. False, and nothing is done, when
// a name is not the graph's.
bool begin_at(Graph& graph, const std::vector<std::string>& names);

// Reduces the graph to what the tensors of these names need. False, and nothing is done, when a name is not the graph's
// or its value is spoilt.
bool reduce_to(Graph& graph, const std::vector<std::string>& names, const SpoiltValues& spoilt);

}  // namespace modelconv
