// From protobuf text to protobuf binary with the help of a schema, so that a .pbtxt or .prototxt goes through the same
// decoder as the binary file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/text_proto.h"

namespace modelconv::text_proto {

// The messages of one format, written as in a .proto file. Only the fields that a decoder wants need to be there:
//   const Schema kSchema = Schema::parse(R"(
//     message NodeDef { string name = 1; string op = 2; repeated string input = 3; map<string, AttrValue> attr = 5; }
//     message AttrValue { oneof value { bytes s = 2; int64 i = 3; DataType type = 6; } }
//     enum DataType { DT_INVALID = 0; DT_FLOAT = 1; }
//   )");
// Understood: messages and enums, nested too, repeated/optional/required, oneof, map. Skipped: syntax, package, option,
// reserved, extensions, import and field options in brackets.
class Schema {
 public:
  enum class Type : uint8_t {
    float64,
    float32,
    int32,
    int64,
    uint32,
    uint64,
    sint32,
    sint64,
    fixed32,
    fixed64,
    sfixed32,
    sfixed64,
    boolean,
    text,
    enumeration,
    message
  };
  struct Field {
    uint32_t number = 0;
    Type type = Type::message;
    bool repeated = false;
    std::string
        type_name{};  // of messages and enums; once parsed, the full name: "PoolingParameter.PoolMethod"
  };
  using Fields = std::map<std::string, Field, std::less<>>;
  using Enum = std::map<std::string, int32_t, std::less<>>;

  // Throws MalformedModelError for text that it does not understand.
  static Schema parse(std::string_view proto);

  // Throw InternalError when there is none of that name.
  const Fields& message(std::string_view name) const;
  const Enum& enumeration(std::string_view name) const;

 private:
  friend class SchemaParser;
  std::map<std::string, Fields, std::less<>> messages_;
  std::map<std::string, Enum, std::less<>> enums_;
};

// The binary form of a message of type `type`, fields in the order of their numbers, repeated fields not packed.
// Throws MalformedModelError with the line where the text does not fit the schema. Fields that the schema does not have
// are described in `unknown` ("line 12: NodeDef has no field 'foo'"); when it is null, one error names them all.
// Extensions and Any ("[...]") are left out in silence.
std::string to_binary(const Message& message, const Schema& schema, std::string_view type,
                      std::vector<std::string>* unknown = nullptr);

}  // namespace modelconv::text_proto
