// The .weights file: a header of three integers and the number of images seen, then float32 numbers in the order in which
// the layers want them. Source: load_weights_upto in parser.c of github.com/AlexeyAB/darknet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "ir/tensor.h"

namespace modelconv::darknet {

// What one layer wants next.
struct WeightRequest {
  int64_t section = 0;
  std::string what;  // "biases", "scales", "mean", "variance", "weights"
  Dims dims;
};

using TakeWeights = std::function<Tensor(const WeightRequest&)>;

class WeightsFile {
 public:
  // Throws MalformedModelError when there is no header.
  WeightsFile(Bytes bytes, std::shared_ptr<const void> keep_alive);

  // Matrices of connected layers are stored [inputs, outputs]: files of 2015 and before say so by a large version.
  bool transposed() const { return transposed_; }
  int64_t float_count() const { return static_cast<int64_t>(floats_.size() / sizeof(float)); }
  // A view of the floats from number `first` on.
  Tensor view(int64_t first, const Dims& dims) const;
  std::string describe() const;  // "header 0.2.5, 350000 floats"

 private:
  Bytes floats_;
  std::shared_ptr<const void> keep_alive_;
  int32_t version_[3] = {};
  bool transposed_ = false;
};

// Numbers of the size that layers begin to learn from, the same for the same seed: for trying out a .cfg that has no
// weights.
TakeWeights random_weights(uint64_t seed);

}  // namespace modelconv::darknet
