// Source: tensorflow/core/protobuf/tensor_bundle.proto (messages), tensorflow/core/util/tensor_bundle (layout of texts).
#include "wire/tensor_bundle_writer.h"

#include <span>
#include <utility>

#include "base/error.h"
#include "wire/crc32c.h"
#include "wire/protobuf.h"
#include "wire/sorted_table_writer.h"

namespace modelconv {
namespace {

constexpr int64_t kText = 7;  // DT_STRING

namespace header {
constexpr uint32_t num_shards = 1, version = 3, version_producer = 1;
}
namespace entry {
constexpr uint32_t dtype = 1, shape = 2, offset = 4, size = 5, crc32c = 6, shape_dim = 2, dim_size = 1;
}

std::filesystem::path with_suffix(std::filesystem::path prefix, const char* suffix) {
  prefix += suffix;
  return prefix;
}

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

TensorBundleWriter::TensorBundleWriter(std::filesystem::path prefix, AtomicFiles& files)
    : prefix_(std::move(prefix)),
      files_(files),
      data_(files.create(with_suffix(prefix_, ".data-00000-of-00001"))) {}

void TensorBundleWriter::add(const std::string& name, int64_t dtype, const std::vector<int64_t>& dims,
                             Bytes bytes) {
  const size_t offset = data_.position();
  data_.write(bytes);
  add_entry(name, dtype, dims, offset, crc32c(bytes));
}

// The length as a varint, the checksum of the length as four bytes, the text. The last checksum is over the length (as
// four bytes, or eight for four gigabytes), that checksum and the text.
void TensorBundleWriter::add_text(const std::string& name, std::string_view text) {
  const size_t offset = data_.position();
  std::string length;
  uint64_t rest = text.size();
  for (; rest >= 0x80; rest >>= 7) length += static_cast<char>(rest | 0x80);
  length += static_cast<char>(rest);
  const auto words = static_cast<uint32_t>(text.size());
  ENSURE(words == text.size(), BadArgument, "a text of {} bytes in a checkpoint", text.size());
  const uint32_t crc_of_length = crc32c(std::as_bytes(std::span(&words, 1)));
  const uint32_t stored = masked_crc32c(crc_of_length);
  const Bytes stored_bytes = std::as_bytes(std::span(&stored, 1));
  data_.write(length);
  data_.write(stored_bytes);
  data_.write(text);
  add_entry(name, kText, {}, offset, crc32c(bytes_of(text), crc32c(stored_bytes, crc_of_length)));
}

void TensorBundleWriter::add_entry(const std::string& name, int64_t dtype, const std::vector<int64_t>& dims,
                                   size_t offset, uint32_t crc) {
  protobuf::Writer writer, shape;
  writer.add_int(entry::dtype, dtype);
  for (const int64_t size : dims) {
    protobuf::Writer dim;
    dim.add_int(entry::dim_size, size);
    shape.add_message(entry::shape_dim, dim);
  }
  writer.add_message(entry::shape, shape);
  if (offset > 0) writer.add_uint(entry::offset, offset);
  writer.add_uint(entry::size, data_.position() - offset);
  writer.add_fixed32(entry::crc32c, masked_crc32c(crc));
  ENSURE(entries_.emplace(name, writer.to_string()).second, BadArgument, "the checkpoint has '{}' already",
         name);
}

void TensorBundleWriter::finish() {
  protobuf::Writer writer, version;
  writer.add_int(header::num_shards, 1);
  version.add_int(header::version_producer, 1);
  writer.add_message(header::version, version);
  entries_.emplace("", writer.to_string());
  write_sorted_table(entries_, files_.create(with_suffix(prefix_, ".index")));
}

}  // namespace modelconv
