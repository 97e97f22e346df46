// Writes flatbuffers front to back: equal objects give equal bytes, and large vectors are written from where they lie.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/mapped_file.h"
#include "wire/protobuf.h"

namespace modelconv::flatbuffer {

using protobuf::Rope;

// A table, a vector, or a text, with everything below it.
class Object {
 public:
  static Object table() { return Object(Fields{}); }
  static Object text(std::string_view text);
  static Object list(std::vector<Object> items) { return Object(std::move(items)); }
  // A vector of bytes that stay where they are; they go behind everything else, at a multiple of `alignment`.
  static Object view(Bytes bytes, std::shared_ptr<const void> keep_alive, size_t alignment);
  template <class T>
  static Object numbers(std::span<const T> values) {
    static_assert(std::is_arithmetic_v<T>);
    return Object(Packed{std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes()),
                         values.size(), sizeof(T), false});
  }

  // --- fields of a table. A number that equals the schema's default is not written.
  template <class T>
  void set(size_t field, T value, T fallback = {}) {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
    if (std::memcmp(&value, &fallback, sizeof(T)) != 0) set_number(field, &value, sizeof(T));
  }
  void set_flag(size_t field, bool value, bool fallback = false) {
    set<uint8_t>(field, value ? 1 : 0, fallback ? 1 : 0);
  }
  void set(size_t field, Object child);
  void set_text(size_t field, std::string_view text);  // nothing when it is empty
  template <class T>
  void set_numbers(size_t field, const std::vector<T>& values) {  // nothing when it is empty
    if (!values.empty()) set(field, numbers<T>(std::span<const T>(values)));
  }

 private:
  friend class Layout;  // flatbuffer_writer.cpp
  struct Field {
    std::string number;                   // its bytes, or
    std::shared_ptr<const Object> child;  // where an offset leads
    size_t size() const { return child ? 4 : number.size(); }
  };
  using Fields = std::map<size_t, Field>;
  using List = std::vector<Object>;
  struct Packed {
    std::string bytes;
    size_t count, element_size;
    bool is_text;
  };
  struct View {
    Bytes bytes;
    std::shared_ptr<const void> keep_alive;
    size_t alignment;
  };
  template <class Content>
  explicit Object(Content content) : content_(std::move(content)) {}
  void set_number(size_t field, const void* bytes, size_t size);

  std::variant<Fields, List, Packed, View> content_;
};

// The file. BadArgument when it would reach 2 GiB, the most that offsets can span.
Rope finish(const Object& root, std::string_view identifier);

}  // namespace modelconv::flatbuffer
