// Builtin operators and their options: the tables of the schema as data, read and written by one loop.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attribute.h"
#include "wire/flatbuffer.h"
#include "wire/flatbuffer_writer.h"

namespace modelconv::tflite {

struct BuiltinRow {
  int32_t code;
  std::string_view name;     // "CONV_2D"
  std::string_view options;  // "Conv2DOptions"; empty: no fields
};
const std::vector<BuiltinRow>& builtin_rows();  // schema_operators.cpp
const BuiltinRow* find_builtin(int32_t code);
const BuiltinRow* find_builtin(std::string_view name);

struct OptionsRow {
  std::string_view name;
  int union_number;  // 1: builtin_options, 2: builtin_options_2
  uint8_t type;      // the number of the table in that union
  std::string_view fields;
};
const std::vector<OptionsRow>& options_rows();  // schema_options.cpp

struct EnumRow {
  std::string_view name;
  size_t width;                          // bytes
  std::vector<std::string_view> values;  // by number
};
const EnumRow* find_enum(std::string_view name);  // schema_enums.cpp

// A field as an attribute of the node, under the field's name:
//   bool, byte, int, uint, long      int
//   float, string                    float, string
//   an enumeration                   string: "SAME", "RELU6", "INT32"
//   [int], [uint], [long], [bool]    ints
//   [float], [ubyte]                 floats, tensor of uint8
//   subgraph, [subgraph]             graph, graphs; without "_subgraph_index" in the name
struct OptionField {
  size_t number = 0;
  std::string name, type;
  std::string fallback;  // the default; empty: 0
  const EnumRow* values = nullptr;
};

struct Options {
  const OptionsRow* row;
  std::vector<OptionField> fields;
};
const Options* find_options(std::string_view table);

// Every field becomes an attribute, those that the file leaves out with the schema's default.
using SubgraphReader = std::function<GraphPtr(int64_t index)>;
Attrs decode_options(const Options& options, const flatbuffer::Table& table, const SubgraphReader& subgraph);

// An attribute that is missing means the default. Throws InternalError for attributes of another kind.
using SubgraphWriter = std::function<int64_t(const GraphPtr& graph)>;
flatbuffer::Object encode_options(const Options& options, const Attrs& attrs, const SubgraphWriter& subgraph);

// The schema's default of one field.
Attribute default_of(const OptionField& field);

// Of an operator whose options the file leaves out. MalformedModelError where they name subgraphs.
Attrs default_options(const Options& options);

}  // namespace modelconv::tflite
