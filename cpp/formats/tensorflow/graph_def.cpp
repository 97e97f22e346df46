#include "formats/tensorflow/graph_def.h"

#include "base/utf8.h"
#include "formats/tensorflow/schema.h"

namespace modelconv::tensorflow {
namespace {

// One entry of a map<string, X>; keys and values left out are empty.
std::pair<std::string_view, Bytes> read_map_entry(protobuf::Reader entry) {
  std::pair<std::string_view, Bytes> result;
  while (entry.next()) {
    if (entry.field() == field::map_entry::key) result.first = entry.as_name();
    if (entry.field() == field::map_entry::value) result.second = entry.as_bytes();
  }
  return result;
}

}  // namespace

NodeDef parse_node_def(protobuf::Reader message, bool is_named) {
  NodeDef node;
  while (message.next()) switch (message.field()) {
      case field::node_def::name: node.name = message.as_name(); break;
      case field::node_def::op: node.op = message.as_name(); break;
      case field::node_def::input: node.inputs.push_back(message.as_name()); break;
      case field::node_def::attr: node.attrs.push_back(read_map_entry(message.as_message("attr"))); break;
      default: break;
    }
  if ((is_named && node.name.empty()) || node.op.empty())
    throw message.error("a node has no name or no operator");
  return node;
}

namespace {

ArgDef parse_arg(protobuf::Reader message) {
  ArgDef arg;
  while (message.next()) switch (message.field()) {
      case field::arg_def::name: arg.name = message.as_name(); break;
      case field::arg_def::number_attr: arg.number_attr = message.as_name(); break;
      case field::arg_def::type_list_attr: arg.type_list_attr = message.as_name(); break;
      default: break;
    }
  arg.is_list = !arg.number_attr.empty() || !arg.type_list_attr.empty();
  return arg;
}

void parse_signature(protobuf::Reader message, FunctionDef& function) {
  while (message.next()) switch (message.field()) {
      case field::op_def::name: function.name = message.as_name(); break;
      case field::op_def::input_arg:
        function.inputs.push_back(parse_arg(message.as_message("input_arg")));
        break;
      case field::op_def::output_arg:
        function.outputs.push_back(parse_arg(message.as_message("output_arg")));
        break;
      default: break;
    }
}

FunctionDef parse_function(protobuf::Reader message) {
  FunctionDef function;
  while (message.next()) switch (message.field()) {
      case field::function_def::signature: parse_signature(message.as_message("signature"), function); break;
      case field::function_def::node_def:
        function.nodes.push_back(parse_node_def(message.as_message("node_def")));
        break;
      case field::function_def::ret: {
        const auto [name, value] = read_map_entry(message.as_message("ret"));
        function.returns[name] = {reinterpret_cast<const char*>(value.data()), value.size()};
        if (!is_valid_utf8(function.returns[name])) throw message.error("the name is no valid UTF-8");
        break;
      }
      default: break;
    }
  if (function.name.empty()) throw message.error("a function has no name");
  return function;
}

void parse_library(protobuf::Reader message, GraphDef& graph) {
  while (message.next()) {
    if (message.field() != field::function_library::function) continue;
    FunctionDef function = parse_function(message.as_message("function"));
    const std::string_view name = function.name;
    graph.functions.insert_or_assign(name, std::move(function));
  }
}

int64_t parse_producer(protobuf::Reader message) {
  int64_t producer = 0;
  while (message.next())
    if (message.field() == field::version_def::producer) producer = message.as_int32();
  return producer;
}

}  // namespace

const Bytes* NodeDef::attr(std::string_view attr_name) const {
  for (const auto& entry : attrs)
    if (entry.first == attr_name) return &entry.second;
  return nullptr;
}

GraphDef parse_graph_def(protobuf::Reader message, std::shared_ptr<const void> keep_alive) {
  GraphDef graph;
  graph.keep_alive = std::move(keep_alive);
  while (message.next()) switch (message.field()) {
      case field::graph_def::node: graph.nodes.push_back(parse_node_def(message.as_message("node"))); break;
      case field::graph_def::library: parse_library(message.as_message("library"), graph); break;
      case field::graph_def::versions: graph.producer = parse_producer(message.as_message("versions")); break;
      default: break;
    }
  return graph;
}

}  // namespace modelconv::tensorflow
