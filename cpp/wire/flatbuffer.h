// Reads flatbuffers, of which nothing is trusted: every offset and count is checked against the bytes that are there.
// Layout: https://flatbuffers.dev/internals/
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"

namespace modelconv::flatbuffer {

// The bytes, and how many of them may still be visited. Offsets only lead forward, so there are no cycles, but a thousand
// entries may lead to one table with a thousand entries: a file that asks for more than a multiple of its size is refused.
class Buffer {
 public:
  explicit Buffer(Bytes bytes) : bytes_(bytes), left_(kVisitsPerByte * uint64_t{bytes.size()} + kSmallFile) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  Bytes bytes() const { return bytes_; }
  void visit(uint64_t count);

 private:
  static constexpr uint64_t kVisitsPerByte = 16, kSmallFile = uint64_t{1} << 20;
  Bytes bytes_;
  uint64_t left_;
};

// Files begin with the offset of the root table and four letters.
bool has_identifier(Bytes bytes, std::string_view identifier);

class Table;
using Tables = std::vector<Table>;

// A view; the Buffer must outlive it. Fields are called by their numbers, in the order of the schema.
class Table {
 public:
  // `what` (a literal) names tables of this kind in errors: "Tensor".
  static Table root(Buffer& buffer, std::string_view what);

  size_t position() const { return position_; }
  bool has(size_t field) const { return place_of(field) != 0; }

  template <class T>
  T number(size_t field, T fallback = {}) const {
    static_assert(std::is_arithmetic_v<T>);
    const size_t place = place_of(field);
    if (place == 0) return fallback;
    check_inline(field, place, sizeof(T));
    return read<T>(position_ + place);
  }
  std::optional<Table> table(size_t field, std::string_view what) const;
  std::string_view text(size_t field) const;  // empty when it is not there; any bytes
  Bytes bytes(size_t field) const;            // of a vector of bytes
  // Numbers of a vector, copied: they need not be aligned. Empty when it is not there.
  template <class T>
  std::vector<T> numbers(size_t field) const {
    const Bytes raw = vector(field, sizeof(T));
    std::vector<T> values(raw.size() / sizeof(T));
    if (!raw.empty()) std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  }
  Tables tables(size_t field, std::string_view what) const;

 private:
  Table(Buffer& buffer, uint64_t position, std::string_view what);
  template <class T>
  T read(size_t at) const {
    T value;
    std::memcpy(&value, buffer_->bytes().data() + at, sizeof(T));
    return value;
  }
  size_t place_of(size_t field) const;  // from the table's start; 0: not there
  void check_inline(size_t field, size_t place, size_t size) const;
  std::optional<size_t> target_of(size_t field) const;  // where the offset in a field leads
  size_t follow(size_t at) const;
  Bytes vector(size_t field, size_t element_size) const;

  Buffer* buffer_;
  std::string_view what_;
  size_t position_ = 0, size_ = 0, vtable_ = 0, vtable_size_ = 0;
};

}  // namespace modelconv::flatbuffer
