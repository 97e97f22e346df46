#include "wire/tensor_bundle_slice.h"

#include <bit>
#include <cstring>

namespace modelconv {
namespace {

// The number of bytes that follow, then these bytes, the highest first.
void append_number(std::string& out, uint64_t value) {
  const int width = (static_cast<int>(std::bit_width(value)) + 7) / 8;
  out += static_cast<char>(width);
  for (int i = width; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

// Ends with 00 01; inside, 00 becomes 00 FF and FF becomes FF 00.
void append_string(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c;
    if (c == '\0') out += '\xFF';
    if (c == '\xFF') out += '\0';
  }
  out.append("\0\1", 2);
}

// As UTF-8 does it: as many leading one bits as there are bytes (complemented for negative numbers), then the number in
// two's complement, the highest byte first; n bytes hold 7n - 1 bits of magnitude.
void append_signed(std::string& out, int64_t value) {
  const uint64_t magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  const int width = static_cast<int>(std::bit_width(magnitude)) / 7 + 1;
  const uint8_t sign = value < 0 ? 0xFF : 0;
  uint8_t bytes[10] = {sign, sign};
  for (int i = 0; i < 8; ++i) bytes[9 - i] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i));
  const unsigned ones = 0xFFFFU << (16 - width) & 0xFFFFU;  // `width` leading ones in two bytes
  uint8_t* begin = bytes + 10 - width;
  begin[0] = static_cast<uint8_t>(begin[0] ^ ones >> 8);
  if (width > 1) begin[1] = static_cast<uint8_t>(begin[1] ^ (ones & 0xFFU));
  out.append(reinterpret_cast<const char*>(begin), static_cast<size_t>(width));
}

}  // namespace

std::string encoded_slice_name(std::string_view name,
                               const std::vector<std::pair<int64_t, int64_t>>& extents) {
  std::string key;
  append_number(key, 0);
  append_string(key, name);
  append_number(key, extents.size());
  for (const auto& [start, length] : extents) {
    append_signed(key, start);
    append_signed(key, length);
  }
  return key;
}

void copy_slice(Bytes part, const std::vector<int64_t>& part_dims, const std::vector<int64_t>& starts,
                const std::vector<int64_t>& dims, size_t element_bytes, std::vector<std::byte>& whole) {
  if (part.empty()) return;
  const size_t rank = dims.size();
  const size_t row = rank == 0 ? element_bytes : static_cast<size_t>(part_dims[rank - 1]) * element_bytes;
  std::vector<int64_t> at(rank, 0);  // position of the current row in the part; the last one stays 0
  for (size_t read = 0; read < part.size(); read += row) {
    size_t write = 0;
    for (size_t i = 0; i < rank; ++i)
      write = write * static_cast<size_t>(dims[i]) + static_cast<size_t>(starts[i] + at[i]);
    std::memcpy(whole.data() + write * element_bytes, part.data() + read, row);
    for (size_t i = rank > 0 ? rank - 1 : 0; i-- > 0 && ++at[i] == part_dims[i];) at[i] = 0;
  }
}

}  // namespace modelconv
