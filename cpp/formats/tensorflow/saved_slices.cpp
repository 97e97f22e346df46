// V1 checkpoints: sorted tables of SavedTensorSlices messages, in one file or in several ("model.ckpt-00000-of-00002").
// Source: tensorflow/core/util/saved_tensor_slice.proto. Everything is read at once: the values are in messages that the
// table may have compressed.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include "base/mapped_file.h"
#include "formats/tensorflow/checkpoint.h"
#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/tensor_proto.h"
#include "formats/tensorflow/types.h"
#include "wire/sorted_table.h"
#include "wire/tensor_bundle_slice.h"

namespace modelconv::tensorflow {
namespace {

namespace fs = std::filesystem;
namespace slices = field::saved_slices;

struct Extent {
  int64_t start = 0, length = -1;  // -1: the whole dimension
};

struct Part {
  std::vector<int64_t> starts;
  Tensor values;
};

struct Stored {
  DType dtype = DType::undefined;
  Dims dims;
  std::vector<Part> parts;
};

std::vector<Extent> decode_extents(protobuf::Reader message) {
  std::vector<Extent> extents;
  while (message.next()) {
    if (message.field() != slices::extent) continue;
    protobuf::Reader encoded = message.as_message("extent");
    Extent extent;
    while (encoded.next()) {
      if (encoded.field() == slices::start) extent.start = encoded.as_int64();
      if (encoded.field() == slices::length) extent.length = encoded.as_int64();
    }
    extents.push_back(extent);
  }
  return extents;
}

class SlicesCheckpoint : public Checkpoint {
 public:
  explicit SlicesCheckpoint(std::string path) : path_(std::move(path)) {}

  // One file; all files say the same about names, shapes and types.
  void read(const fs::path& file) {
    const auto mapped = MappedFile::open(file);
    try {
      for_each_entry(mapped->bytes(), [&](std::string_view, Bytes value) {
        protobuf::Reader message(value, "SavedTensorSlices");
        while (message.next()) {
          if (message.field() == slices::meta) read_meta(message.as_message("meta"));
          if (message.field() == slices::data) read_data(message.as_message("data"));
        }
      });
    } catch (Error& error) {
      error.in(fmt::format("checkpoint '{}'", file.string()));
      throw;
    }
  }

  bool has(std::string_view name) const override { return stored_.find(name) != stored_.end(); }

  Tensor tensor(std::string_view name) const override {
    const auto found = stored_.find(name);
    ENSURE(found != stored_.end(), MalformedModelError, "the checkpoint '{}' has no tensor '{}'", path_,
           name);
    const Stored& stored = found->second;
    if (stored.parts.size() == 1 && stored.parts[0].values.dims() == stored.dims)
      return stored.parts[0].values;
    return assemble(name, stored);
  }

  std::string describe() const override { return fmt::format("checkpoint '{}'", path_); }

 private:
  void read_meta(protobuf::Reader message) {
    while (message.next()) {
      if (message.field() != slices::meta_tensor) continue;
      protobuf::Reader tensor = message.as_message("tensor");
      std::string name;
      Stored stored;
      while (tensor.next()) {
        if (tensor.field() == slices::name) name = tensor.as_string();
        if (tensor.field() == slices::type) stored.dtype = dtype_from_number(tensor.as_int32());
        if (tensor.field() == slices::shape) {
          const auto dims = decode_shape(tensor.as_message("shape")).static_dims();
          ENSURE(dims, MalformedModelError, "tensor '{}' has no complete shape", name);
          stored.dims = *dims;
        }
      }
      element_count(stored.dims);  // refuses what no memory can hold
      stored_.emplace(name, std::move(stored));
    }
  }

  void read_data(protobuf::Reader message) {
    std::string name;
    std::vector<Extent> extents;
    Bytes data;
    while (message.next()) {
      if (message.field() == slices::name) name = message.as_string();
      if (message.field() == slices::slice) extents = decode_extents(message.as_message("slice"));
      if (message.field() == slices::slice_data) data = message.as_bytes();
    }
    const auto found = stored_.find(name);
    ENSURE(found != stored_.end(), MalformedModelError, "there are values for '{}', which has no shape",
           name);
    Stored& stored = found->second;
    ENSURE(stored.dtype != DType::undefined, MalformedModelError, "tensor '{}' has an unknown element type",
           name);
    ENSURE(extents.empty() || extents.size() == stored.dims.size(), MalformedModelError,
           "a part of '{}' has {} axes, the tensor {}", name, extents.size(), stored.dims.size());
    Part part;
    Dims dims = stored.dims;
    for (size_t axis = 0; axis < dims.size(); ++axis) {
      const Extent extent = extents.empty() ? Extent{} : extents[axis];
      const int64_t length = extent.length < 0 ? dims[axis] : extent.length;
      ENSURE(extent.start >= 0 && length <= dims[axis] && extent.start <= dims[axis] - length,
             MalformedModelError, "a part of '{}' does not lie inside of it", name);
      part.starts.push_back(extent.start);
      dims[axis] = length;
    }
    part.values = decode_values(protobuf::Reader(data, "TensorProto"), stored.dtype, dims);
    stored.parts.push_back(std::move(part));
  }

  Tensor assemble(std::string_view name, const Stored& stored) const {
    int64_t present = 0;
    for (const Part& part : stored.parts) present += part.values.size();
    ENSURE(present == element_count(stored.dims), MalformedModelError,
           "the checkpoint '{}' has {} values of the tensor '{}', its shape {} needs {}", path_, present,
           name, to_string(stored.dims), element_count(stored.dims));
    ENSURE(stored.dtype != DType::string, MalformedModelError, "tensor '{}' of strings comes in parts", name);
    const size_t width = storage_bytes(stored.dtype, 1);
    const auto whole = std::make_shared<std::vector<std::byte>>(storage_bytes(stored.dtype, present));
    for (const Part& part : stored.parts)
      copy_slice(part.values.bytes(), part.values.dims(), part.starts, stored.dims, width, *whole);
    return Tensor::view(stored.dtype, stored.dims, Bytes(*whole), whole);
  }

  const std::string path_;
  std::map<std::string, Stored, std::less<>> stored_;
};

// The magic number at the end of every table (LevelDB, table/format.h), little endian.
bool is_table(const fs::path& path) {
  constexpr unsigned char kMagic[] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  const auto file = MappedFile::open(path);
  const Bytes bytes = file->bytes();
  return bytes.size() > 48 &&
         std::equal(bytes.end() - 8, bytes.end(), kMagic,
                    [](std::byte a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
}

// "P-00000-of-00002" -> {"P", 2}; nothing for other names.
std::pair<std::string, int> split_shard_name(const std::string& path) {
  constexpr size_t kLength = 15;  // of "-00000-of-00002"
  if (path.size() <= kLength) return {};
  const std::string end = path.substr(path.size() - kLength);
  int count = 0;
  const auto [rest, error] = std::from_chars(end.data() + 10, end.data() + kLength, count);
  if (end[0] != '-' || end.substr(6, 4) != "-of-" || error != std::errc() || rest != end.data() + kLength ||
      count < 1)
    return {};
  return {path.substr(0, path.size() - kLength), count};
}

// All files of a checkpoint; empty when `path` names none.
std::vector<fs::path> files_of(const fs::path& path) {
  std::error_code error;
  auto [prefix, count] = split_shard_name(path.string());
  if (count == 0) {
    if (is_table(path)) return {path};
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const auto [candidate, shards] = split_shard_name(entry.path().string());
      if (shards > 0 && fs::path(candidate).filename() == path.filename()) {
        prefix = candidate;
        count = shards;
        break;
      }
    }
  }
  std::vector<fs::path> files;
  for (int shard = 0; shard < count; ++shard)
    files.emplace_back(fmt::format("{}-{:05}-of-{:05}", prefix, shard, count));
  return files;
}

}  // namespace

bool is_saved_slices(const fs::path& path) {
  const auto files = files_of(path);
  return std::any_of(files.begin(), files.end(), is_table);
}

std::unique_ptr<Checkpoint> open_saved_slices(const fs::path& path) {
  auto checkpoint = std::make_unique<SlicesCheckpoint>(path.string());
  for (const fs::path& file : files_of(path)) checkpoint->read(file);
  return checkpoint;
}

}  // namespace modelconv::tensorflow
