// Layout: LevelDB, doc/table_format.md.
#include "wire/sorted_table_writer.h"

#include <algorithm>
#include <span>
#include <vector>

#include "wire/crc32c.h"

namespace modelconv {
namespace {

constexpr size_t kBlockSize = 4096, kEntriesPerRestart = 16, kFooterSize = 40;
constexpr uint64_t kMagic = 0xDB4775248B80FB57;

template <class T>
void append_little_endian(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(value >> (8 * i));
}

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Entries whose keys share their beginning with the one before, except at the restarts.
class Block {
 public:
  void add(const std::string& key, std::string_view value) {
    size_t shared = 0;
    if (count_++ % kEntriesPerRestart == 0)
      restarts_.push_back(static_cast<uint32_t>(bytes_.size()));
    else
      while (shared < std::min(key.size(), last_.size()) && key[shared] == last_[shared]) ++shared;
    append_varint(bytes_, shared);
    append_varint(bytes_, key.size() - shared);
    append_varint(bytes_, value.size());
    bytes_.append(key, shared);
    bytes_.append(value);
    last_ = key;
  }

  bool is_empty() const { return count_ == 0; }
  bool is_full() const { return bytes_.size() >= kBlockSize; }
  const std::string& last_key() const { return last_; }

  std::string finish() {
    if (restarts_.empty()) restarts_.push_back(0);
    for (const uint32_t restart : restarts_) append_little_endian(bytes_, restart);
    append_little_endian(bytes_, static_cast<uint32_t>(restarts_.size()));
    return std::move(bytes_);
  }

 private:
  std::string bytes_, last_;
  std::vector<uint32_t> restarts_;
  size_t count_ = 0;
};

// The block, that it is not compressed, and the checksum of both. Returns where it stands.
std::string write_block(Block& block, AtomicFiles::Stream& stream) {
  std::string bytes = block.finish(), handle;
  append_varint(handle, stream.position());
  append_varint(handle, bytes.size());
  bytes += '\0';
  const uint32_t crc = masked_crc32c(crc32c(std::as_bytes(std::span(bytes))));
  append_little_endian(bytes, crc);
  stream.write(bytes);
  return handle;
}

}  // namespace

void write_sorted_table(const std::map<std::string, std::string>& entries, AtomicFiles::Stream stream) {
  Block block, index, metadata;
  const auto close = [&] {
    const std::string last = block.last_key();
    index.add(last, write_block(block, stream));
    block = Block();
  };
  for (const auto& [key, value] : entries) {
    block.add(key, value);
    if (block.is_full()) close();
  }
  if (!block.is_empty()) close();
  std::string footer = write_block(metadata, stream);
  footer += write_block(index, stream);
  footer.resize(kFooterSize);
  append_little_endian(footer, kMagic);
  stream.write(footer);
}

}  // namespace modelconv
