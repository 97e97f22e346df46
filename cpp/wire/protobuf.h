// The protobuf wire format, for files that nobody vouches for: a reader that checks every length and knows where it is,
// and a writer that never copies large byte fields. Source: protobuf.dev, "Encoding".
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"

namespace modelconv::protobuf {

enum class WireType : uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

// Reads one message, field by field:
//   while (node.next()) switch (node.field()) {
//     case 1: inputs.push_back(std::string(node.as_string())); break;
//     case 5: read_attribute(node.as_message("attribute")); break;
//   }  // fields that are not asked for are skipped
// Every error is a MalformedModelError with the place: "ModelProto.graph.node[12], byte 4711".
class Reader {
 public:
  // `message` and `name` (a literal, for errors) must outlive the reader.
  Reader(Bytes message, std::string_view name);
  Reader(const Reader&) = delete;  // readers of nested messages point to it
  Reader& operator=(const Reader&) = delete;

  bool next();  // to the next field; false at the end
  uint32_t field() const { return field_; }
  WireType wire_type() const { return type_; }

  // The value of the current field; an error when it is stored with another wire type.
  bool as_bool() { return varint() != 0; }
  int32_t as_int32() { return static_cast<int32_t>(varint()); }  // also for enums
  int64_t as_int64() { return static_cast<int64_t>(varint()); }
  uint32_t as_uint32() { return static_cast<uint32_t>(varint()); }
  uint64_t as_uint64() { return varint(); }
  int64_t as_sint() { return zigzag(varint()); }
  float as_float() { return fixed<float>(); }
  double as_double() { return fixed<double>(); }
  uint32_t as_fixed32() { return fixed<uint32_t>(); }
  uint64_t as_fixed64() { return fixed<uint64_t>(); }
  Bytes as_bytes();  // a view of the input
  std::string_view as_string();
  std::string_view as_name();  // an error when it is no valid UTF-8

  // A reader of the nested message in the current field. It must not outlive this one. Nesting is limited to kMaxDepth.
  Reader as_message(std::string_view name) { return Reader(as_bytes(), name, this); }

  // Appends the values of a repeated field, packed or not (a packed one may come in several parts).
  // varints: bool, int32, int64, uint32, uint64 and enums; zigzags: sint32, sint64; fixed: float, double, fixed32, ...
  template <std::integral T>
  void append_varints(std::vector<T>& out) {
    if (type_ == WireType::varint) return out.push_back(static_cast<T>(varint()));
    for_each_varint([&](uint64_t value) { out.push_back(static_cast<T>(value)); },
                    [&](size_t n) { grow(out, n); });
  }
  template <std::integral T>
  void append_zigzags(std::vector<T>& out) {
    if (type_ == WireType::varint) return out.push_back(static_cast<T>(as_sint()));
    for_each_varint([&](uint64_t v) { out.push_back(static_cast<T>(zigzag(v))); },
                    [&](size_t n) { grow(out, n); });
  }
  template <typename T>
  void append_fixed(std::vector<T>& out) {
    static_assert(std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
    if (type_ != WireType::bytes) return out.push_back(fixed<T>());
    const Bytes packed = packed_fixed(sizeof(T));
    const size_t before = out.size();
    out.resize(before + packed.size() / sizeof(T));
    copy_fixed(packed, out.data() + before);
  }

  // An error about the current field, for what only the caller can know: throw reader.error("dtype 77 is not known").
  MalformedModelError error(const std::string& what) const;
  // "ModelProto.graph.node[12]"
  std::string path() const;

  static constexpr int kMaxDepth = 100;  // as in protobuf itself

 private:
  Reader(Bytes message, std::string_view name, const Reader* parent);
  uint64_t varint();
  uint64_t read_varint();
  uint64_t fixed_bits(WireType type);
  Bytes packed_fixed(size_t width) const;
  static void copy_fixed(Bytes from, void* to);
  size_t index_of(const Reader& child) const;
  void expect(WireType type) const;
  static int64_t zigzag(uint64_t value) {
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

  template <typename T>
  T fixed() {
    if constexpr (sizeof(T) == 4)
      return std::bit_cast<T>(static_cast<uint32_t>(fixed_bits(WireType::fixed32)));
    else
      return std::bit_cast<T>(fixed_bits(WireType::fixed64));
  }
  template <typename T>
  static void grow(std::vector<T>& out, size_t n) {
    if (out.capacity() - out.size() < n) out.reserve(std::max(out.size() + n, out.capacity() * 2));
  }
  template <typename Add, typename Reserve>
  void for_each_varint(Add add, Reserve reserve) {
    PackedVarints packed(*this);
    reserve(packed.count());
    for (uint64_t value = 0; packed.next(value);) add(value);
  }
  class PackedVarints {
   public:
    explicit PackedVarints(Reader& reader) : reader_(reader), rest_(reader.as_bytes()) {}
    size_t count() const;
    bool next(uint64_t& value);

   private:
    Reader& reader_;
    Bytes rest_;
  };

  const std::byte* base_;  // start of the outermost message: byte offsets in errors count from here
  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  const std::byte* field_start_;
  std::string_view name_;
  const Reader* parent_;
  int depth_;
  uint32_t field_ = 0;
  WireType type_ = WireType::varint;
  uint64_t number_ = 0;  // value of the current field, unless it is bytes
  Bytes bytes_;
};

// Bytes in pieces: small ones are collected, large ones are only referenced, so that a model is written to its file
// straight from where the tensors lie.
class Rope {
 public:
  void append(std::string_view text);  // copied
  // Referenced: the bytes must stay until the rope is gone; `keep_alive` may see to that. Short ones are copied.
  void append_view(Bytes bytes, std::shared_ptr<const void> keep_alive = nullptr);
  void append(const Rope& other);  // copies the collected pieces and references the referenced ones

  uint64_t size() const { return size_; }
  void write_to(AtomicFiles::Stream& stream) const;
  std::string to_string() const;

 private:
  friend class Writer;
  std::string& tail();  // the string to which small pieces go
  struct Piece {
    std::string text;  // either this
    Bytes view;        // or this
    std::shared_ptr<const void> keep_alive;
  };
  std::vector<Piece> pieces_;
  uint64_t size_ = 0;
};

// Builds one message. Fields come out in the order of the calls, so equal calls give equal bytes. A nested message is
// built by its own Writer and then added. No message may reach 2 GiB: add_message and finish throw BadArgument.
class Writer {
 public:
  void add_bool(uint32_t field, bool value) { add_uint(field, value ? 1 : 0); }
  void add_int(uint32_t field, int64_t value) {
    add_uint(field, static_cast<uint64_t>(value));
  }  // int32, int64, enum
  void add_uint(uint32_t field, uint64_t value);
  void add_sint(uint32_t field, int64_t value);
  void add_float(uint32_t field, float value);
  void add_double(uint32_t field, double value);
  void add_fixed32(uint32_t field, uint32_t value);
  void add_fixed64(uint32_t field, uint64_t value);
  void add_string(uint32_t field, std::string_view value);  // copied; for bytes too
  void add_view(uint32_t field, Bytes bytes,
                std::shared_ptr<const void> keep_alive = nullptr);  // see Rope::append_view
  void add_message(uint32_t field, const Writer& message);

  // Packed repeated fields; nothing is written for an empty one.
  template <std::integral T>
  void add_packed_ints(uint32_t field, std::span<const T> values) {
    std::string packed;
    for (const T value : values) append_varint(packed, static_cast<uint64_t>(static_cast<int64_t>(value)));
    if (!values.empty()) add_string(field, packed);
  }
  void add_packed_floats(uint32_t field, std::span<const float> values);
  void add_packed_doubles(uint32_t field, std::span<const double> values);

  uint64_t size() const { return rope_.size(); }
  const Rope& finish() const;
  std::string to_string() const { return finish().to_string(); }

  static constexpr uint64_t kLargestMessage = 0x7FFFFFFF;

 private:
  static void append_varint(std::string& out, uint64_t value);
  void add_key(uint32_t field, WireType type);
  template <typename T>
  void add_fixed(uint32_t field, WireType type, T value);
  Rope rope_;
};

}  // namespace modelconv::protobuf
