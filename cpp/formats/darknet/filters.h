// Convolutions and matrices of weights as sections describe them.
#pragma once

#include "formats/darknet/network.h"

namespace modelconv::darknet {

struct Filters {
  int64_t channels = 0, filters = 1, size = 1, stride_y = 1, stride_x = 1, padding = 0, dilation = 1,
          groups = 1;
  bool batch_normalize = false;
  bool flipped = false;  // stored [channels * size * size, filters]
  std::string activation;

  Extent output(const Extent& image) const;
  Attrs attrs(const Network& network) const;
  // biases, [scales, mean, variance,] weights: the order of the file.
  void append_weights(Network& network, const std::string& prefix, std::vector<Value*>& inputs) const;
};

// Keys that all kinds of convolutions have; size, strides and padding differ.
Filters read_filters(Network& network, const char* filters_key, int64_t channels);

// scales, mean, variance
void append_normalization(Network& network, const std::string& prefix, int64_t channels,
                          std::vector<Value*>& inputs);
// biases, weights, [scales, mean, variance]: the order of the file for connected layers.
Attrs append_connected(Network& network, const std::string& prefix, int64_t inputs, int64_t outputs,
                       std::vector<Value*>& values);

// antialiasing=: a fixed blur behind a convolution or pooling, which steps in its place. 1: 3 x 3, 2: 2 x 2.
struct Blur {
  int64_t size = 0, stride_y = 1, stride_x = 1;
  Extent output(const Extent& image) const;
  void set(Attrs& attrs) const;
};
Blur read_blur(const Section& section, int64_t stride_y, int64_t stride_x);

}  // namespace modelconv::darknet
