// TensorProto and SparseTensorProto to Tensor.
#pragma once

#include <memory>

#include "formats/onnx/external_data.h"
#include "formats/onnx/messages.h"
#include "ir/tensor.h"

namespace modelconv::onnx {

class TensorDecoder {
 public:
  // `keep_alive` owns the bytes of the messages; raw data become views of them.
  TensorDecoder(std::shared_ptr<const void> keep_alive, std::filesystem::path folder)
      : keep_alive_(std::move(keep_alive)), external_(std::move(folder)) {}

  // MalformedModelError when the declared shape and the data that are there do not agree.
  Tensor decode(const TensorMessage& message);
  // Dense, zeros (or empty strings) elsewhere.
  Tensor decode(const SparseTensorMessage& message);

 private:
  Tensor decode_typed(const TensorMessage& message, DType dtype, Dims dims, int64_t count);
  std::shared_ptr<const void> keep_alive_;
  ExternalFiles external_;
};

}  // namespace modelconv::onnx
