// Which order of axes a graph takes an image in.
#pragma once

#include <optional>

#include "ops/axes.h"

namespace modelconv {

enum class ImageOrder : uint8_t { channels_first, channels_last };

// Followed through the graph to the first image operator (ops/channels_last.h) that reads the input, over operators that
// keep the axes and over Transposes. Nothing when it reaches none, or when its rank is not known.
std::optional<ImageOrder> image_order_of(const Value& input);

// The input, which has the other order, takes its image in this one from now on. A Transpose behind it restores what the
// graph computes with; its permutation is returned. Name and place stay.
Permutation set_image_order(Graph& graph, Value& input, ImageOrder order);

}  // namespace modelconv
