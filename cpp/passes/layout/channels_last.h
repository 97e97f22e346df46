// The channels-last form of a graph, for writers whose images are (N, spatial..., C).
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// Every image operator becomes its channels-last form (ops/channels_last.h) between Transposes; then Transposes move and
// cancel over everything else, and those in front of a product with constant weights go into the weights. Weights of
// image operators keep their canonical layout. Operators whose input has an unknown rank stay as they are.
//
// Returns one sentence for each Transpose of an image that is left, in the order of the graph, saying why: "layout: the
// Transpose before 'y' stays because ...". Transposes that the model itself computes with, and which touch no image
// operator, are not spoken of.
std::vector<std::string> to_channels_last(Graph& graph);

}  // namespace modelconv
