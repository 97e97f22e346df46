// Function calls are replaced by the functions' bodies: what is left is one flat list of nodes, only those that the
// wanted tensors need. Nodes of a body are named "call/node", as TensorFlow's own inliner names them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/tensorflow/graph_def.h"

namespace modelconv::tensorflow {

struct TensorRef {
  size_t node = 0;  // in FlatGraph::nodes
  size_t port = 0;
};

struct FlatNode {
  std::string name;
  std::string_view op;
  EncodedAttrs attrs;  // attributes of the enclosing functions filled in
  std::vector<TensorRef> inputs;
  // Control inputs, of constants only: in TensorFlow 1 they alone say in which branch or loop a constant stands.
  std::vector<TensorRef> controls;
  size_t call = 0;  // number of the call whose body it is from; 0: of none
  size_t file_index =
      0;  // place in the file's list of nodes; the call's for a node of a body; of an "_Arg": the
          // place of its first tensor among the function's arguments
  std::optional<size_t>
      cut;  // stands for FlattenOptions::cuts[*cut], a tensor of this node, and has no inputs
  size_t cut_port = 0;
};

struct FlatGraph {
  std::vector<FlatNode> nodes;
  std::vector<TensorRef> outputs;  // as asked for
};

struct FlattenOptions {
  // Instead of the main graph: this function, whose arguments become nodes "_Arg". Its returns are the outputs.
  const FunctionDef* function = nullptr;
  EncodedAttrs function_attrs;       // of the call
  std::string prefix;                // of the nodes' names, "call/"
  std::vector<std::string> outputs;  // "node", "node:1"; bodies' nodes by their flat names
  std::vector<std::string> cuts;     // tensors that become inputs
  bool with_control =
      false;  // follow control inputs, and take the whole body of each function that is called
};

// Throws BadArgument for names that the graph does not have, MalformedModelError for inputs that do not exist,
// UnsupportedOpError for functions that call themselves.
FlatGraph flatten(const GraphDef& graph, const FlattenOptions& options);

// "node:1" -> {"node", 1}; port 0 when there is none.
std::pair<std::string, size_t> split_tensor_name(const std::string& name);
bool is_call(std::string_view op);  // PartitionedCall and its kin

}  // namespace modelconv::tensorflow
