// Writes a lowered graph (operators "tf.X") as nodes of a GraphDef and as functions of its library.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "formats/tensorflow/encode/names.h"
#include "ir/graph.h"
#include "wire/protobuf.h"

namespace modelconv::tensorflow {

using EmitNode = std::function<void(const protobuf::Writer& node_def)>;

// One graph or function that is being written: how its nodes call a value.
struct Scope {
  EmitNode emit;
  bool is_function = false;
  Names names;
  std::unordered_map<const Value*, std::string> references;  // "node", "node:1"; in functions "node:output:0"
  std::unordered_map<const Value*, std::string> chosen_names;  // of the nodes that make these values
};

// A weight that is a variable: it is read from the handle `argument` of the function.
struct Variable {
  const Value* value;
  std::string name, argument;
};

struct FunctionArguments {
  std::vector<const Value*> values;  // what the arguments stand for, in order
  std::vector<Variable> variables;   // handles, behind them
};

class GraphEncoder {
 public:
  // All nodes and constants that they need, into `scope`, whose references name the inputs.
  void encode_nodes(const Graph& graph, Scope& scope);
  // How `scope` calls the value; writes it first if it is a constant.
  std::string reference(const Value& value, Scope& scope);

  // Adds a function that computes the graph's outputs, `passed_on` behind them. Its arguments are called arg0, arg1, ...
  // (`argument_names` where given), its results out0, ... (`result_names`).
  struct FunctionShape {
    std::string name;
    FunctionArguments arguments;
    std::vector<const Value*> passed_on;
    std::vector<std::string> argument_names, result_names;
  };
  void add_function(const Graph& graph, const FunctionShape& shape);
  void add_function(const protobuf::Writer& function) { functions_.push_back(function); }

  std::string function_name(const std::string& wanted) { return function_names_.take(wanted); }
  // FunctionDefLibrary; empty when there is none.
  protobuf::Writer library() const;

 private:
  void encode_node(const Node& node, Scope& scope);
  protobuf::Writer encode_control_flow(const Node& node, Scope& scope, const std::string& name);
  void note_outputs(const Node& node, const std::string& name, Scope& scope);

  Names function_names_;
  std::vector<protobuf::Writer> functions_;
  std::unordered_map<const Value*, const Variable*> variables_;  // of the function that is being written
  std::unordered_set<const Value*> variable_values_;             // of all functions
};

// NodeDef of a constant.
protobuf::Writer encode_constant(const std::string& name, const Tensor& tensor);
// NodeDef with one type attribute `type_name`, and inputs.
protobuf::Writer encode_simple_node(const std::string& name, const std::string& op,
                                    const std::vector<std::string>& inputs, const char* type_name,
                                    int64_t type);

// The largest constant that a function has as its own; larger ones are arguments.
inline constexpr uint64_t kSmallConstant = 1024;

}  // namespace modelconv::tensorflow
