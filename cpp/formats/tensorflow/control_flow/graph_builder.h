// Flat nodes to a Graph: loops and conditions of both generations become nodes "tf.Loop" and "tf.If" with subgraphs.
//
// tf.Loop is ONNX's Loop in TensorFlow's operators: inputs (condition, variables...), attribute "body" with inputs
// (iteration, condition, variables...) and outputs (condition, variables...). tf.If has the attributes "then_branch" and
// "else_branch", graphs without inputs that use values of the graph around them.
#pragma once

#include <string>
#include <vector>

#include "formats/tensorflow/build_graph.h"
#include "formats/tensorflow/control_flow/regions.h"

namespace modelconv::tensorflow {

// Shared by the builders of a graph and of the functions in it.
struct BuildContext {
  const GraphDef& def;
  const FindVariable& find_variable;
  RepeatBudget budget;
  size_t nodes = 0;                      // built so far
  std::vector<const FunctionDef*> open;  // functions that are being built, outermost first
  const LookupTables* tables = nullptr;
};

// Throws when more is built than a file of honest size describes.
void count_nodes(BuildContext& context, size_t nodes);

// Producers before consumers; edges that close loops are left out.
std::vector<size_t> topological_order(const FlatGraph& flat);

class GraphBuilder {
 public:
  GraphBuilder(BuildContext& context, FlatGraph flat, Graph& graph);
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;
  const FlatGraph& flat() const { return flat_; }
  size_t port_count(size_t node) const { return ports_[node]; }  // outputs that someone uses

  // The node's outputs are these; it is not built.
  void set_outputs(size_t node, std::vector<Value*> values);
  // Adds what the outputs need to the graph; values of flat.outputs.
  std::vector<Value*> build();

 private:
  using Values = std::vector<std::vector<Value*>>;

  void count_ports();
  size_t item_of(const TensorRef& ref) const;
  std::vector<TensorRef> needs_of(size_t item) const;
  void build_all(Graph& graph, const std::vector<TensorRef>& wanted);
  bool is_built(size_t item) const;
  void build_item(Graph& graph, size_t item);
  void add(Graph& graph, size_t index);
  void add_constant(size_t index, const Tensor& tensor);
  std::optional<TableContents> contents_of(const FlatNode& lookup) const;
  void add_plain(Graph& graph, const FlatNode& node, size_t index);
  void add_loop(Graph& graph, Region& loop);
  void add_conditional(Graph& graph, const Conditional& conditional);
  void remember(size_t node, std::vector<Value*> values);
  void set_variables(const Region& loop, const std::vector<Value*>& values);
  Value& value_of(TensorRef ref) const;
  std::vector<Value*> values_of(const std::vector<TensorRef>& refs) const;
  Tensor constant_of(const FlatNode& node);
  Attrs decode_attrs(const FlatNode& node);

  // What is built while it lives is forgotten afterwards: it stands in a subgraph.
  class Inside;

  BuildContext& context_;
  const FlatGraph flat_;
  const std::vector<size_t> order_;
  const Regions regions_;
  Graph& graph_;
  std::vector<size_t> ports_;
  Values values_;  // per flat node and port
  std::vector<size_t>* undo_ = nullptr;
};

// The operators that call functions: While, If, Case and their kin. What they compute, in `graph`.
bool calls_branches(std::string_view op);
std::vector<Value*> add_function_node(BuildContext& context, Graph& graph, const FlatNode& node,
                                      const std::vector<Value*>& inputs);

// Appends the node tf.Loop. `names` of its outputs; kNoOutput for one left out.
Node& add_loop_node(Graph& graph, const std::string& name, Value& condition,
                    const std::vector<Value*>& initial, GraphPtr body, const std::vector<std::string>& names);
// A body with the inputs (iteration, condition, variables...).
GraphPtr start_body(Graph& graph, const std::string& name, const std::vector<std::string>& variables);

}  // namespace modelconv::tensorflow
