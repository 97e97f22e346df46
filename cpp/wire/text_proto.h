// The protobuf text format (.pbtxt, .prototxt): a parser that needs no schema.
// Source: protobuf.dev, "Text Format Language Specification".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace modelconv::text_proto {

struct Message;

struct Value {
  enum class Kind : uint8_t {
    number,      // text as written, with its sign: "-0x1F", "1.5e3f"
    identifier,  // true, false, inf, nan, names of enum values; "-inf" too
    string,      // with escapes resolved and adjacent parts joined
    message,
  };
  Kind kind = Kind::number;
  int line = 0;
  std::string text;
  std::unique_ptr<Message> message;

  // The value as a field of that type wants it. Throws MalformedModelError with the line.
  bool as_bool() const;      // true, false, t, f, 0, 1
  int64_t as_int64() const;  // decimal, hexadecimal or octal
  uint64_t as_uint64() const;
  double as_double() const;  // also inf, nan and integers
  const std::string& as_string() const;
  const Message& as_message() const;
};

struct Message {
  int line = 0;
  // All values of a field in the order of the file, whether written one by one or as a list. Extensions and Any types
  // keep their brackets: "[my.extension]".
  std::map<std::string, std::vector<Value>, std::less<>> fields;

  const std::vector<Value>* find(std::string_view name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? nullptr : &found->second;
  }
};

// Throws MalformedModelError("line 12, column 5: ..."). Messages may be nested kMaxDepth deep.
Message parse(std::string_view text);

inline constexpr int kMaxDepth = 100;

// An error about a value, for what only the caller can know.
MalformedModelError error_at(int line, const std::string& what);

}  // namespace modelconv::text_proto
