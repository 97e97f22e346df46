// Sparse constants: a compressed form of a tensor's bytes.
#pragma once

#include "ir/tensor.h"
#include "wire/flatbuffer.h"

namespace modelconv::tflite {

// The dense tensor. `largest`: number of bytes that it may have (shapes come from the file, too).
Tensor expand_sparse(const flatbuffer::Table& sparsity, DType dtype, const Dims& dims, Bytes values);

}  // namespace modelconv::tflite
