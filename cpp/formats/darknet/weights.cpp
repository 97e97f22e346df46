#include "formats/darknet/weights.h"

#include <cmath>
#include <cstring>

namespace modelconv::darknet {
namespace {

constexpr size_t kVersionBytes = 3 * sizeof(int32_t);
constexpr int64_t kMostRandomFloats = int64_t{1} << 28;  // 1 GiB in one tensor

}  // namespace

WeightsFile::WeightsFile(Bytes bytes, std::shared_ptr<const void> keep_alive)
    : keep_alive_(std::move(keep_alive)) {
  ENSURE(bytes.size() >= kVersionBytes + sizeof(uint32_t), MalformedModelError,
         "the weights file has {} bytes, its header alone would take 16 or 20", bytes.size());
  std::memcpy(version_, bytes.data(), kVersionBytes);
  const int64_t major = version_[0], minor = version_[1];
  const size_t seen = major * 10 + minor >= 2 ? sizeof(uint64_t) : sizeof(uint32_t);
  ENSURE(bytes.size() >= kVersionBytes + seen, MalformedModelError,
         "the weights file ends inside its header, after {} bytes", bytes.size());
  transposed_ = major > 1000 || minor > 1000;
  floats_ = bytes.subspan(kVersionBytes + seen);
}

Tensor WeightsFile::view(int64_t first, const Dims& dims) const {
  const auto begin = static_cast<size_t>(first) * sizeof(float);
  const size_t size = static_cast<size_t>(element_count(dims)) * sizeof(float);
  ENSURE(begin <= floats_.size() && size <= floats_.size() - begin, MalformedModelError,
         "the weights file ends after {} floats, numbers {} to {} are wanted", float_count(), first,
         first + element_count(dims));
  return Tensor::view(DType::float32, dims, floats_.subspan(begin, size), keep_alive_);
}

std::string WeightsFile::describe() const {
  return fmt::format("header {}.{}.{}, {} floats", version_[0], version_[1], version_[2], float_count());
}

TakeWeights random_weights(uint64_t seed) {
  auto state = std::make_shared<uint64_t>(seed * 2654435761u + 88172645463325252u);
  return [state](const WeightRequest& request) {
    ENSURE(element_count(request.dims) <= kMostRandomFloats, BadArgument,
           "random weights {} would be too large", to_string(request.dims));
    Tensor tensor = Tensor::allocate(DType::float32, request.dims);
    const int64_t fan_in = request.dims.empty() || request.dims[0] == 0 ? 1 : tensor.size() / request.dims[0];
    const float scale = std::sqrt(2.0F / static_cast<float>(std::max<int64_t>(fan_in, 1)));
    for (float& value : tensor.mutable_data<float>()) {
      *state ^= *state << 13;  // xorshift64
      *state ^= *state >> 7;
      *state ^= *state << 17;
      const float uniform = static_cast<float>(*state >> 40) / static_cast<float>(1 << 24);  // 0 ... 1
      const bool positive = request.what == "variance" || request.what == "scales";
      value = positive ? 0.5F + uniform : scale * (2 * uniform - 1);
    }
    return tensor;
  };
}

}  // namespace modelconv::darknet
