// GraphDef as the file has it: nodes, functions, and attributes that stay encoded until someone asks for them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "formats/tensorflow/tensor_proto.h"
#include "ir/attribute.h"
#include "wire/protobuf.h"

namespace modelconv::tensorflow {

// Name -> encoded AttrValue. Views of the file.
using EncodedAttrs = std::vector<std::pair<std::string_view, Bytes>>;

struct NodeDef {
  std::string_view name, op;
  std::vector<std::string_view>
      inputs;  // "node", "node:1", "^node"; in functions "argument", "node:output:0"
  EncodedAttrs attrs;

  const Bytes* attr(std::string_view attr_name) const;
};

struct ArgDef {
  std::string_view name;
  bool is_list = false;  // number_attr or type_list_attr: one argument stands for several tensors
  std::string_view number_attr, type_list_attr;
};

struct FunctionDef {
  std::string_view name;
  std::vector<ArgDef> inputs, outputs;
  std::vector<NodeDef> nodes;
  std::map<std::string_view, std::string_view> returns;  // output argument -> "node:output:0"
};

struct GraphDef {
  std::vector<NodeDef> nodes;
  std::map<std::string_view, FunctionDef> functions;
  int64_t producer = 0;  // version of the TensorFlow that wrote it; 0 in old files
  std::shared_ptr<const void> keep_alive;
};

NodeDef parse_node_def(protobuf::Reader message, bool is_named = true);
GraphDef parse_graph_def(protobuf::Reader message, std::shared_ptr<const void> keep_alive);

// --- attributes
// An AttrValue as an attribute of ir: element types and shapes as Type, booleans as integers, functions as their names.
// An empty list comes out as a list of integers.
Attribute decode_attr(Bytes encoded, const std::shared_ptr<const void>& keep_alive, RepeatBudget& budget);
// A function attribute's name and its own attributes; empty name when it is something else.
struct FunctionCall {
  std::string_view name;
  EncodedAttrs attrs;
};
FunctionCall decode_function_call(Bytes encoded);
std::vector<FunctionCall> decode_function_calls(Bytes encoded);  // of a list of functions
// Name of the function's attribute that stands here, else empty.
std::string_view decode_placeholder(Bytes encoded);
int64_t decode_int(Bytes encoded, int64_t fallback);
std::string_view decode_string(Bytes encoded);
size_t decode_list_size(Bytes encoded);  // of a list of element types

}  // namespace modelconv::tensorflow
