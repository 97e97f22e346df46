// Values of variables by name, whichever way TensorFlow stored them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "ir/tensor.h"

namespace modelconv::tensorflow {

class Checkpoint {
 public:
  virtual ~Checkpoint() = default;
  virtual bool has(std::string_view name) const = 0;
  // The whole tensor, put together where it was stored in parts. MalformedModelError when it is damaged.
  virtual Tensor tensor(std::string_view name) const = 0;
  virtual std::string describe() const = 0;  // "checkpoint 'model.ckpt'"
};

// `path` as people name checkpoints: see TensorBundle::open() for those of today (V2), and for V1 the file itself, the
// prefix of "model.ckpt-00000-of-00002", or one of those. FileError when there is none or a data file is missing.
std::unique_ptr<Checkpoint> open_checkpoint(const std::filesystem::path& path);

// The prefix that `path` means, without reading; empty when there is no checkpoint there.
std::string checkpoint_prefix(const std::filesystem::path& path);

// Of the first bytes of a file: a V1 checkpoint is a table of its own.
std::unique_ptr<Checkpoint> open_saved_slices(const std::filesystem::path& path);
bool is_saved_slices(const std::filesystem::path& path);

}  // namespace modelconv::tensorflow
