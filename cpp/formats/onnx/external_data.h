// Weights that lie in other files beside the model.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "formats/onnx/messages.h"
#include "ir/tensor.h"

namespace modelconv::onnx {

class ExternalFiles {
 public:
  // `folder`: where the model lies; empty when the model came from memory, and then nothing can be read.
  explicit ExternalFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // A view of the tensor's bytes. Only regular files inside the folder are opened; each is mapped once.
  // MalformedModelError for a location outside it (absolute, "..", a link that leads out), for one that does not
  // exist, and for bytes that are not there.
  Tensor read(const TensorMessage& message, DType dtype, Dims dims, size_t nbytes);

 private:
  std::shared_ptr<const MappedFile> open(const std::string& location);
  std::filesystem::path folder_;
  std::map<std::string, std::shared_ptr<const MappedFile>> files_;
};

}  // namespace modelconv::onnx
