// Builds sorted tables byte by byte, right ones and wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "wire/crc32c.h"

namespace modelconv {

inline std::string little_endian(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

inline std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}

// One entry: `shared` bytes of the key before, then `rest`.
inline std::string table_entry(uint64_t shared, const std::string& rest, const std::string& value) {
  return varint(shared) + varint(rest.size()) + varint(value.size()) + rest + value;
}

// Entries and one restart.
inline std::string table_block(const std::string& entries) {
  return entries + little_endian(0, 4) + little_endian(1, 4);
}

class TableBuilder {
 public:
  // Adds a block (stored as it is) and its line in the index.
  void add(const std::string& block, char compression = 0) {
    index_ +=
        table_entry(0, std::string(1, static_cast<char>('a' + blocks_++)), handle_of(block, compression));
  }

  std::string finish() {
    std::string footer = varint(0) + varint(0) + handle_of(table_block(index_), 0);
    footer.resize(40);
    return file_ + footer + little_endian(0xDB4775248B80FB57, 8);
  }

 private:
  std::string handle_of(const std::string& block, char compression) {
    const std::string handle = varint(file_.size()) + varint(block.size());
    const std::string stored = block + compression;
    file_ += stored + little_endian(masked_crc32c(crc32c(std::as_bytes(std::span(stored)))), 4);
    return handle;
  }

  std::string file_, index_;
  int blocks_ = 0;
};

}  // namespace modelconv
