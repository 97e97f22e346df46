// Storages: the flat pieces of memory that tensors of a checkpoint are windows on.
#pragma once

#include <functional>
#include <memory>

#include "base/dtype.h"
#include "base/mapped_file.h"
#include "wire/pickle.h"

namespace modelconv::torch_checkpoint {

struct Storage {
  DType dtype = DType::undefined;  // undefined: untyped, the tensor says
  Bytes bytes;
  std::shared_ptr<const void> owner;
};

// The storage that a persistent id of the pickle stands for.
using FindStorage = std::function<Storage(const PickleValue& persistent_id)>;

// "torch.FloatStorage" -> float32, "torch.storage.UntypedStorage" -> undefined. UnknownFormatError for quantised ones,
// MalformedModelError for what is no storage.
DType storage_dtype(std::string_view global);
// "torch.float32" -> float32; undefined for what is no element type.
DType dtype_of_global(std::string_view global);
bool is_storage_global(std::string_view global);

}  // namespace modelconv::torch_checkpoint
