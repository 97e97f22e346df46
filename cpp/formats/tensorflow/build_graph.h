// From the nodes of a file to a Graph with operators "tf.X".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/tensorflow/flatten.h"
#include "formats/tensorflow/lookup_tables.h"
#include "ir/graph.h"

namespace modelconv::tensorflow {

struct GraphInput {
  std::string tensor;        // where the graph is cut: "node", "node:1"
  std::string name;          // what the user sees
  std::optional<Type> type;  // else as the node says
};

struct GraphOutputName {
  std::string tensor, name;
};

// Value of a variable node (VariableV2, VarHandleOp); nothing when there is none.
using FindVariable = std::function<std::optional<Tensor>(const FlatNode& node)>;

// `inputs` become the graph's first inputs, in that order, used or not; placeholders that are needed besides follow in
// the file's order. Only what the outputs need is built. Values are called after their nodes ("conv1/Relu", "split:1"),
// and their source_name is TensorFlow's own name of the tensor.
std::unique_ptr<Graph> build_graph(const GraphDef& def, const std::vector<GraphInput>& inputs,
                                   const std::vector<GraphOutputName>& outputs,
                                   const FindVariable& find_variable = {},
                                   const LookupTables* tables = nullptr);

// Names of the nodes that look like the graph's results: no other node uses them, and they are no leftovers of training
// or saving. BadArgument when there are none.
std::vector<std::string> guess_outputs(const GraphDef& def);

// A sentence for the report.
std::string describe_guess(const std::vector<std::string>& outputs);

bool is_variable(std::string_view op);

}  // namespace modelconv::tensorflow
