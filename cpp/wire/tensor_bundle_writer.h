// Writes TensorFlow's V2 checkpoints: see tensor_bundle.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/atomic_file.h"

namespace modelconv {

// The data goes to `<prefix>.data-00000-of-00001` as it comes, from where it lies; finish() writes `<prefix>.index`.
class TensorBundleWriter {
 public:
  TensorBundleWriter(std::filesystem::path prefix, AtomicFiles& files);

  // `dtype` is a tensorflow.DataType, `bytes` are the elements in row-major order. BadArgument for a name that is there.
  void add(const std::string& name, int64_t dtype, const std::vector<int64_t>& dims, Bytes bytes);
  void add_text(const std::string& name, std::string_view text);  // a string scalar

  void finish();

 private:
  void add_entry(const std::string& name, int64_t dtype, const std::vector<int64_t>& dims, size_t offset,
                 uint32_t crc);

  std::filesystem::path prefix_;
  AtomicFiles& files_;
  AtomicFiles::Stream data_;
  std::map<std::string, std::string> entries_;
};

}  // namespace modelconv
