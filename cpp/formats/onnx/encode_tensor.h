// Tensor to TensorProto.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/atomic_file.h"
#include "ir/tensor.h"
#include "wire/protobuf.h"

namespace modelconv::onnx {

// The file beside the model that holds large weights.
class ExternalWriter {
 public:
  // `location`: the file's name as the model says it, without a folder.
  ExternalWriter(AtomicFiles::Stream stream, std::string location)
      : stream_(stream), location_(std::move(location)) {}

  // Below this size a tensor stays in the model.
  static constexpr size_t kSmallestBytes = 1024;
  // Alignment of a tensor in the file: a cache line, for reading through a mapping.
  static constexpr size_t kAlignment = 64;

  // Writes the tensor's bytes, those of one place in memory only once; returns their offset.
  size_t add(const Tensor& tensor);
  const std::string& location() const { return location_; }

 private:
  AtomicFiles::Stream stream_;
  std::string location_;
  std::map<std::pair<const std::byte*, size_t>, size_t> offsets_;
  std::vector<std::shared_ptr<const void>> keep_alive_;  // so that an address stands for one tensor
};

// The bytes of the tensor are referenced, not copied. `external` may be null.
protobuf::Writer encode_tensor(const Tensor& tensor, std::string_view name, ExternalWriter* external);

}  // namespace modelconv::onnx
