// What the decoder has to know of layer types: which have weights, which give data, which only matter for training.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/caffe/net.h"

namespace modelconv::caffe {

bool has_weights(const Layer& layer);
bool is_data(std::string_view type);  // its tops are inputs of the model
bool is_training(
    std::string_view type);  // left out; what it reads are outputs, as far as nothing else reads them
// A loss that is used without its loss: SoftmaxWithLoss is Softmax. Empty: none.
std::string_view without_loss(std::string_view type);

// Throws MalformedModelError when a layer of a known type has more tops than the type gives.
void check_tops(const Layer& layer);

// Types that are read but make no node, with what becomes of them: for the coverage table.
std::vector<std::pair<std::string, std::string>> types_without_nodes();

}  // namespace modelconv::caffe
