// Shape and type inference: what a shape rule sees, and running the rules over a graph.
#pragma once

#include <fmt/core.h>

#include <optional>
#include <vector>

#include "ir/graph.h"
#include "ops/attributes.h"

namespace modelconv {

// Given to the shape rule of one node. A rule sets what it knows; outputs that it leaves alone stay unknown.
class InferContext {
 public:
  explicit InferContext(Node& node) : node_(node) {}
  const Node& node() const { return node_; }

  size_t input_count() const { return node_.input_count(); }
  bool has_input(size_t index) const { return node_.input(index) != nullptr; }
  const Type& input_type(size_t index) const;  // unknown type for an input left out
  DType input_dtype(size_t index) const { return input_type(index).dtype; }
  const Shape& input_shape(size_t index) const { return input_type(index).shape; }
  const Tensor* constant(size_t index) const;  // null unless the input is a constant
  // Elements of an integer tensor of rank 0 or 1, numbers or symbolic, from a constant or computed shapes.
  std::optional<std::vector<Dim>> elements(size_t index) const;
  // The same when every one of them is a number.
  std::optional<std::vector<int64_t>> known_ints(size_t index) const;

  size_t output_count() const { return node_.output_count(); }
  bool has_output(size_t index) const { return node_.output(index) != nullptr; }
  // Ignored for an output left out. What the graph already knows of the output is kept where the rule knows less.
  void set_output(size_t index, DType dtype, Shape shape);
  void set_output_type(size_t index, Type type);
  void set_elements(size_t index, std::vector<Dim> elements);

  // A dimension that depends on data (NonZero, ...): the same symbol each time this node is inferred.
  Dim data_dependent(size_t output, size_t axis) const;
  // Infers a subgraph whose inputs have these types (fewer or unknown ones are left as declared); types of its outputs.
  std::vector<Type> infer_subgraph(Graph& graph, const std::vector<Type>& inputs) const;

  // ShapeError naming the node and its inputs' types.
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw_shape_error(fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  [[noreturn]] void throw_shape_error(const std::string& message) const;
  Node& node_;
};

// Infers one node's outputs from its inputs' current types. Nodes of unknown operators keep what is declared.
void infer_node(Node& node);
// All nodes in order, subgraphs included.
void infer_graph(Graph& graph);

// --- rules that many operators share
using InferFn = void (*)(InferContext&);
void infer_same_as_first(InferContext& context);           // output 0 like input 0
void infer_broadcast(InferContext& context);               // all inputs broadcast; dtype of the first
void infer_broadcast_to_bool(InferContext& context);       // comparisons
void infer_broadcast(InferContext& context, DType dtype);  // all inputs broadcast; this dtype

}  // namespace modelconv
