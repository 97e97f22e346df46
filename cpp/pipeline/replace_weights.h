// Weights of a second file in the place of a graph's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

struct ReplacedWeights {
  std::string how;                                            // "name", "order" or "shape"
  std::vector<std::pair<std::string, std::string>> replaced;  // the graph's name, the file's
  std::vector<std::string> unused;                            // the file's
  std::vector<std::string> kept;                              // the graph's own that need not be in the file
};

// Replaces the graph's constants by those of `weights` (a graph of constants):
//  - by name, when any name fits; "state_dict.", "model.", "module." and the like in front, ":0" behind, and "/" for "." make
//    no difference;
//  - by order, when `weights` is a list (names that count from 0) or has the graph's shapes one by one;
//  - by shape, when each shape is there as often as in the graph.
// Floating-point constants of rank 1 and more have to be replaced, but for those with a made-up name that only arithmetic
// reads; those, scalars and integers are replaced where the file has them by name. What is missing and what shape is wrong is one MalformedModelError or ShapeError that lists all. Elements become
// what the graph's are.
ReplacedWeights replace_weights(Graph& graph, const Graph& weights);

}  // namespace modelconv
