#include "wire/tensor_bundle.h"

#include <fmt/ranges.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "base/error.h"
#include "wire/byte_cursor.h"
#include "wire/crc32c.h"
#include "wire/protobuf.h"
#include "wire/sorted_table.h"
#include "wire/tensor_bundle_path.h"
#include "wire/tensor_bundle_slice.h"

namespace modelconv {
namespace {

constexpr int kString = 7, kVariant = 21;
constexpr uint32_t kMostShards = 100000;  // "-of-%05d"

// Bytes per element in a data file; 0 where the size is not fixed or the type is not known.
// Numbers: tensorflow/core/framework/types.proto, DataType.
size_t element_bytes(int dtype) {
  switch (dtype) {
    case 4:
    case 6:
    case 10:
    case 11:
    case 12:  // uint8, int8, bool, qint8, quint8
    case 24:
    case 25:
    case 26:
    case 27:
    case 28:  // 8-bit floats
    case 29:
    case 30: return 1;  // int4, uint4: one per byte
    case 5:
    case 14:
    case 15:
    case 16:
    case 17:
    case 19: return 2;  // int16, bfloat16, qint16, quint16, uint16, half
    case 1:
    case 3:
    case 13:
    case 22: return 4;  // float, int32, qint32, uint32
    case 2:
    case 8:
    case 9:
    case 23: return 8;   // double, complex64, int64, uint64
    case 18: return 16;  // complex128
    default: return 0;
  }
}

// Nothing when the product does not fit.
std::optional<uint64_t> product(const std::vector<int64_t>& dims, uint64_t factor) {
  uint64_t result = factor;
  for (const int64_t dim : dims)
    if (dim < 0 || __builtin_mul_overflow(result, static_cast<uint64_t>(dim), &result)) return std::nullopt;
  return result;
}

std::filesystem::path shard_path(const std::filesystem::path& prefix, uint32_t shard, uint32_t count) {
  return prefix.string() + fmt::format(".data-{:05}-of-{:05}", shard, count);
}

}  // namespace

// Reads the index; messages as in tensor_bundle.proto, tensor_shape.proto and tensor_slice.proto.
class TensorBundleReader {
 public:
  explicit TensorBundleReader(TensorBundle& bundle) : bundle_(bundle) {}

  void read(Bytes table) {
    for_each_entry(table, [&](std::string_view key, Bytes value) {
      if (key.empty()) return header(value);
      ENSURE(shard_count_ > 0, MalformedModelError, "the checkpoint's index has no header");
      add(key, value, table.size());
    });
    ENSURE(shard_count_ > 0, MalformedModelError, "the checkpoint's index is empty");
    for (const auto& [name, entry] : bundle_.entries_)
      if (entry.slices.empty()) open_shard(name, entry);
    for (const auto& [name, entry] : bundle_.parts_) open_shard("a part of a variable", entry);
  }

 private:
  void header(Bytes value) {
    protobuf::Reader reader(value, "BundleHeaderProto");
    int endianness = 0;
    while (reader.next()) {
      if (reader.field() == 1) shard_count_ = reader.as_uint32();
      if (reader.field() == 2) endianness = reader.as_int32();
    }
    ENSURE(shard_count_ > 0 && shard_count_ <= kMostShards, MalformedModelError,
           "the checkpoint has {} data files", shard_count_);
    ENSURE(endianness == 0, MalformedModelError, "the checkpoint was written by a big-endian machine");
  }

  void add(std::string_view key, Bytes value, size_t table_size) {
    // Keys share prefixes, so that a small table could fill the memory with long names; real ones stay below 10.
    constexpr size_t kMostExpansion = 64;
    names_size_ += key.size();
    ENSURE(names_size_ <= kMostExpansion * table_size, MalformedModelError,
           "the names in the checkpoint's index expand to more than {} times its size", kMostExpansion);
    // The name of a part begins with an encoded 0, see tensor_bundle_slice.h.
    auto& group = key[0] == '\0' ? bundle_.parts_ : bundle_.entries_;
    group.emplace_hint(group.end(), std::string(key), entry(key, value));
  }

  TensorBundle::Entry entry(std::string_view key, Bytes value) const {
    TensorBundle::Entry entry;
    int64_t offset = 0, size = 0;
    protobuf::Reader reader(value, "BundleEntryProto");
    while (reader.next()) switch (reader.field()) {
        case 1: entry.dtype = reader.as_int32(); break;
        case 2: {
          protobuf::Reader shape = reader.as_message("shape");
          entry.dims = dims(shape);
          break;
        }
        case 3: entry.shard = reader.as_uint32(); break;
        case 4: offset = reader.as_int64(); break;
        case 5: size = reader.as_int64(); break;
        case 6: entry.crc = reader.as_fixed32(); break;
        case 7: {
          protobuf::Reader slice_reader = reader.as_message("slices");
          entry.slices.push_back(slice(slice_reader));
          break;
        }
        default: break;
      }
    ENSURE(offset >= 0 && size >= 0 && entry.shard < shard_count_, MalformedModelError,
           "tensor '{}': {} bytes at byte {} of data file {} of {} make no sense", key, size, offset,
           entry.shard, shard_count_);
    entry.offset = static_cast<uint64_t>(offset);
    entry.size = static_cast<uint64_t>(size);
    check_size(key, entry);
    return entry;
  }

  static void check_size(std::string_view key, const TensorBundle::Entry& entry) {
    const auto elements = product(entry.dims, 1);
    ENSURE(elements, MalformedModelError, "tensor '{}' has the impossible shape [{}]", key,
           fmt::join(entry.dims, ", "));
    const size_t width = element_bytes(entry.dtype);
    if (width == 0 || !entry.slices.empty()) return;
    const auto needed = product(entry.dims, width);
    ENSURE(needed == entry.size, MalformedModelError,
           "tensor '{}' has {} bytes, its shape [{}] and type {} need {}", key, entry.size,
           fmt::join(entry.dims, ", "), entry.dtype, needed.value_or(0));
  }

  static std::vector<int64_t> dims(protobuf::Reader& shape) {
    std::vector<int64_t> result;
    while (shape.next()) {
      if (shape.field() == 3 && shape.as_bool()) throw shape.error("a stored tensor has an unknown rank");
      if (shape.field() != 2) continue;
      protobuf::Reader dim = shape.as_message("dim");
      int64_t size = 0;
      while (dim.next())
        if (dim.field() == 1) size = dim.as_int64();
      result.push_back(size);
    }
    return result;
  }

  static TensorBundle::Slice slice(protobuf::Reader& reader) {
    TensorBundle::Slice slice;
    while (reader.next()) {
      if (reader.field() != 1) continue;
      protobuf::Reader extent = reader.as_message("extent");
      TensorBundle::Extent& part = slice.emplace_back();
      while (extent.next()) {
        if (extent.field() == 1) part.start = extent.as_int64();
        if (extent.field() == 2) part.length = extent.as_int64();
      }
    }
    return slice;
  }

  void open_shard(std::string_view name, const TensorBundle::Entry& entry) {
    auto& shard = bundle_.shards_[entry.shard];
    if (!shard) {
      const auto path = shard_path(bundle_.prefix_, entry.shard, shard_count_);
      try {
        shard = MappedFile::open(path);
      } catch (FileError& error) {
        error.in(fmt::format("checkpoint '{}'", bundle_.prefix_.string()));
        std::error_code ignored;  // the file cannot be asked about: no hint
        if (!std::filesystem::exists(path, ignored))
          error.hint("the checkpoint lacks a data file; copy all its .data-* files");
        throw;
      }
    }
    const uint64_t size = shard->bytes().size();
    ENSURE(entry.offset <= size && entry.size <= size - entry.offset, MalformedModelError,
           "tensor '{}' ends at byte {} of '{}', which has {} bytes; is the copy complete?", name,
           entry.offset + entry.size, shard->path().string(), size);
  }

  TensorBundle& bundle_;
  uint32_t shard_count_ = 0;
  size_t names_size_ = 0;
};

TensorBundle TensorBundle::open(const std::filesystem::path& path) {
  const auto prefix = find_checkpoint_prefix(path);
  if (!prefix) {
    FileError error(fmt::format("there is no TensorFlow checkpoint '{}'", path.string()));
    error.hint("give the folder, or the path of the .index file");
    throw error;
  }
  TensorBundle bundle;
  bundle.prefix_ = *prefix;
  const auto index = MappedFile::open(*prefix + ".index");
  try {
    TensorBundleReader(bundle).read(index->bytes());
  } catch (MalformedModelError& error) {
    error.in(fmt::format("checkpoint '{}.index'", *prefix));
    throw;
  }
  return bundle;
}

bool TensorBundle::exists(const std::filesystem::path& path) {
  try {
    return find_checkpoint_prefix(path).has_value();
  } catch (const FileError&) {
    return true;  // even several
  }
}

std::vector<std::string> TensorBundle::names() const {
  std::vector<std::string> result;
  for (const auto& [name, entry] : entries_) result.push_back(name);
  return result;
}

const TensorBundle::Entry& TensorBundle::find(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  BadArgument error(fmt::format("checkpoint '{}' has no tensor '{}'", prefix_.string(), name));
  for (const std::string& near : nearest_names(std::string(name), names(), 1))
    error.hint("did you mean '" + near + "'?");
  throw error;
}

int TensorBundle::dtype(std::string_view name) const { return find(name).dtype; }
const std::vector<int64_t>& TensorBundle::dims(std::string_view name) const { return find(name).dims; }

Bytes TensorBundle::bytes_of(const Entry& entry) const {
  return shards_.at(entry.shard)->bytes().subspan(entry.offset, entry.size);
}

TensorBundle::Tensor TensorBundle::tensor(std::string_view name, bool verify) const {
  const Entry& entry = find(name);
  if (!entry.slices.empty()) return assemble(name, entry, verify);
  const Bytes bytes = bytes_of(entry);
  // The checksum of strings covers something else than the bytes: strings() verifies it. Variants are alike.
  if (verify && entry.dtype != kString && entry.dtype != kVariant)
    ENSURE(masked_crc32c(crc32c(bytes)) == entry.crc, MalformedModelError,
           "tensor '{}' in checkpoint '{}' has a wrong checksum", name, prefix_.string());
  return {entry.dtype, entry.dims, bytes, shards_.at(entry.shard)};
}

TensorBundle::Tensor TensorBundle::assemble(std::string_view name, const Entry& entry, bool verify) const {
  const size_t width = element_bytes(entry.dtype);
  ENSURE(width > 0, MalformedModelError, "partitioned variable '{}' has type {}", name, entry.dtype);
  std::vector<std::pair<const Slice*, const Entry*>> parts;
  uint64_t present = 0;
  for (const Slice& slice : entry.slices) {
    std::vector<std::pair<int64_t, int64_t>> extents;
    for (const Extent& extent : slice) extents.emplace_back(extent.start, extent.length);
    const auto found = parts_.find(encoded_slice_name(name, extents));
    ENSURE(found != parts_.end(), MalformedModelError, "partitioned variable '{}' lacks part {} of {}", name,
           parts.size() + 1, entry.slices.size());
    const Entry& part = found->second;
    ENSURE(part.dtype == entry.dtype && part.slices.empty(), MalformedModelError,
           "a part of variable '{}' has another type", name);
    if (verify)
      ENSURE(masked_crc32c(crc32c(bytes_of(part))) == part.crc, MalformedModelError,
             "a part of variable '{}' has a wrong checksum", name);
    present += part.size;
    parts.emplace_back(&slice, &part);
  }
  // Also what keeps the allocation within what the files hold.
  const auto needed = product(entry.dims, width);
  ENSURE(needed == present, MalformedModelError,
         "the parts of variable '{}' have {} bytes, its shape needs {}", name, present, needed.value_or(0));
  const auto whole = std::make_shared<std::vector<std::byte>>(static_cast<size_t>(present));
  for (const auto& [slice, part] : parts) {
    std::vector<int64_t> starts;
    for (size_t i = 0; i < slice->size(); ++i) {
      const Extent& extent = (*slice)[i];
      const int64_t dim = i < entry.dims.size() ? entry.dims[i] : 0;
      const int64_t length = extent.length < 0 ? dim : extent.length;
      ENSURE(slice->size() == entry.dims.size() && part->dims.size() == slice->size() &&
                 part->dims[i] == length && extent.start >= 0 && length <= dim &&
                 extent.start <= dim - length,
             MalformedModelError, "a part of variable '{}' does not lie inside of it", name);
      starts.push_back(extent.start);
    }
    copy_slice(bytes_of(*part), part->dims, starts, entry.dims, width, *whole);
  }
  return {entry.dtype, entry.dims, Bytes(*whole), whole};
}

// Layout of a string tensor: the length of every string as a varint; the masked checksum of the lengths, each as four
// bytes (eight when above 4 GiB); the strings. The entry's checksum goes over lengths as above, that checksum and strings.
std::vector<std::string_view> TensorBundle::strings(std::string_view name) const {
  const Entry& entry = find(name);
  ENSURE(entry.dtype == kString && entry.slices.empty(), BadArgument, "tensor '{}' does not hold strings",
         name);
  const uint64_t count = product(entry.dims, 1).value_or(0);
  ENSURE(count <= entry.size, MalformedModelError, "tensor '{}' has {} bytes for {} strings", name,
         entry.size, count);
  ByteCursor cursor(bytes_of(entry), "string tensor");
  std::vector<uint64_t> lengths(static_cast<size_t>(count));
  uint32_t crc = 0;
  for (uint64_t& length : lengths) {
    length = cursor.take_varint();
    const size_t width = length <= std::numeric_limits<uint32_t>::max() ? 4 : 8;
    crc = crc32c(std::as_bytes(std::span(&length, 1)).first(width), crc);
  }
  const Bytes stored = cursor.take(4);
  uint32_t stored_crc = 0;
  std::memcpy(&stored_crc, stored.data(), 4);
  bool intact = stored_crc == masked_crc32c(crc);
  crc = crc32c(stored, crc);
  std::vector<std::string_view> result;
  for (const uint64_t length : lengths) {
    const Bytes text = cursor.take(length);
    crc = crc32c(text, crc);
    result.push_back(as_text(text));
  }
  intact = intact && masked_crc32c(crc) == entry.crc;
  ENSURE(intact && cursor.left() == 0, MalformedModelError, "string tensor '{}' has a wrong checksum", name);
  return result;
}

}  // namespace modelconv
