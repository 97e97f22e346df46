// Reader of TensorFlow's V2 checkpoints ("tensor bundles"): an index table and one or several data files.
// Sources: tensorflow/core/protobuf/tensor_bundle.proto (messages), tensorflow/core/util/tensor_bundle (layout).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"

namespace modelconv {

class TensorBundle {
 public:
  // One tensor. `bytes` is row-major and little endian, a view of the mapped data file, which `keep_alive` holds; only
  // a partitioned variable is put together in memory of its own. int4 and uint4 take a byte per element.
  struct Tensor {
    int dtype = 0;  // tensorflow.DataType: 1 float, 2 double, 3 int32, 7 string, 9 int64, ...
    std::vector<int64_t> dims;
    Bytes bytes;
    std::shared_ptr<const void> keep_alive;
  };

  // `path` may be the prefix ("model.ckpt-100"), the .index or a .data file, a folder with a file "checkpoint" that
  // names the prefix, a SavedModel folder, its folder "variables", or a folder with one .index file (also one that is
  // named just ".index"). Reads the index and maps the data files that it refers to. Throws FileError when a file is
  // missing and MalformedModelError when the index is damaged or a tensor ends beyond its file.
  static TensorBundle open(const std::filesystem::path& path);

  // Whether open() would find an index there; looks at names only.
  static bool exists(const std::filesystem::path& path);

  // Ascending; without the parts of partitioned variables.
  std::vector<std::string> names() const;
  bool has(std::string_view name) const { return entries_.find(name) != entries_.end(); }

  // Shape and type without touching the data. Throws BadArgument with the nearest names when there is none.
  int dtype(std::string_view name) const;
  const std::vector<int64_t>& dims(std::string_view name) const;

  // Verifies the checksum of what it returns, which reads all of it, unless `verify` is false.
  Tensor tensor(std::string_view name, bool verify = true) const;

  // The elements of a string tensor (dtype 7), views of the data file.
  std::vector<std::string_view> strings(std::string_view name) const;

  const std::filesystem::path& prefix() const { return prefix_; }

 private:
  struct Extent {
    int64_t start = 0, length = -1;  // -1: the whole dimension
  };
  using Slice = std::vector<Extent>;
  struct Entry {
    int dtype = 0;
    std::vector<int64_t> dims;
    uint32_t shard = 0;
    uint64_t offset = 0, size = 0;
    uint32_t crc = 0;
    std::vector<Slice> slices;  // not empty: the data is in the entries of these parts
  };

  friend class TensorBundleReader;
  const Entry& find(std::string_view name) const;
  Bytes bytes_of(const Entry& entry) const;
  Tensor assemble(std::string_view name, const Entry& entry, bool verify) const;

  std::filesystem::path prefix_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Entry, std::less<>> parts_;  // by the encoded name of the slice
  std::map<uint32_t, std::shared_ptr<const MappedFile>> shards_;
};

}  // namespace modelconv
