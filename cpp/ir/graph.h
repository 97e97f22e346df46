// The one graph type of every stage. It knows no file format and no operator's meaning.
//
// Invariants (checked by verify()):
//  - nodes() is in topological order: a node's inputs are constants, graph inputs, outputs of earlier nodes, or values
//    of an enclosing graph;
//  - each value has one producer: it is a graph input, a constant (an initialiser), or one output of one node;
//  - use lists are exact, and names of values are unique in a graph and its enclosing graphs;
//  - a graph output is a slot with a name of its own. Rewriting changes which value fills the slot, never the slot's
//    name, order or declared type: what the user sees cannot change by rewriting.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/attribute.h"
#include "ir/op_name.h"
#include "ir/type.h"

namespace modelconv {

class Graph;
class Node;

using Metadata = std::map<std::string, std::string>;

struct Use {
  Node* node;
  size_t index;  // which input of the node
};

class Value {
 public:
  enum class Kind : uint8_t { input, constant, node_output };

  const std::string& name() const { return name_; }
  Kind kind() const { return kind_; }
  bool is_input() const { return kind_ == Kind::input; }
  bool is_constant() const { return kind_ == Kind::constant; }
  Graph& graph() const { return *graph_; }
  Node* producer() const { return producer_; }           // null unless kind() is node_output
  size_t output_index() const { return output_index_; }  // which output of the producer
  const Tensor& constant() const { return constant_; }   // undefined unless is_constant()
  std::span<const Use> uses() const {
    return uses_;
  }  // by nodes of this graph and of its subgraphs, in no order
  size_t output_slots() const {
    return output_slots_;
  }  // how many graph outputs it fills, subgraphs' included
  bool is_graph_output() const { return output_slots_ > 0; }
  bool is_unused() const { return uses_.empty() && output_slots_ == 0; }
  bool has_one_use() const { return uses_.size() + output_slots_ == 1; }

  Type type;
  // What is known of the elements of a small integer tensor that shapes are computed with; shape inference fills it in.
  // Row-major, for rank 0 and 1; empty optional: nothing known.
  std::optional<std::vector<Dim>> elements;
  // Name of the source model's tensor that this value equals, for comparison layer by layer. Empty: same as name().
  std::string source_name;
  Metadata metadata;

  DType dtype() const { return type.dtype; }
  const Shape& shape() const { return type.shape; }

 private:
  friend class Graph;
  Value() = default;
  std::string name_;
  Kind kind_ = Kind::node_output;
  Graph* graph_ = nullptr;
  Node* producer_ = nullptr;
  size_t output_index_ = 0;
  Tensor constant_;
  std::vector<Use> uses_;
  size_t output_slots_ = 0;
  std::list<std::unique_ptr<Value>>::iterator position_;
};

class Node {
 public:
  OpName op() const { return op_; }
  void set_op(OpName op) { op_ = op; }
  const std::string& name() const { return name_; }  // may be empty; not necessarily unique
  void set_name(std::string name) { name_ = std::move(name); }
  Graph& graph() const { return *graph_; }

  size_t input_count() const { return inputs_.size(); }
  std::span<Value* const> inputs() const { return inputs_; }  // null: an optional input left out
  Value* input(size_t index) const { return index < inputs_.size() ? inputs_[index] : nullptr; }
  size_t output_count() const { return outputs_.size(); }
  std::span<Value* const> outputs() const { return outputs_; }  // null: an optional output left out
  Value* output(size_t index = 0) const { return index < outputs_.size() ? outputs_[index] : nullptr; }

  Attrs attrs;
  Metadata metadata;
  std::string doc;
  // The source model's node that this one came from, for messages; empty: same as name().
  std::string origin;

  std::vector<Graph*> subgraphs() const;  // all in its attributes, in attribute order
  Node* next() const;                     // in the graph's order; null at the end
  Node* previous() const;
  // For messages: "Conv 'conv1'", or "Conv (output 'y')" when it has no name.
  std::string describe() const;

 private:
  friend class Graph;
  Node() = default;
  OpName op_;
  std::string name_;
  Graph* graph_ = nullptr;
  std::vector<Value*> inputs_;
  std::vector<size_t> use_positions_;  // where each input's Use stands in the value's use list
  std::vector<Value*> outputs_;
  std::list<std::unique_ptr<Node>>::iterator position_;
};

struct GraphOutput {
  std::string name;
  Value* value;
  Type declared;  // what the source file says of it, names of dynamic dimensions included
};

class Graph {
 public:
  explicit Graph(std::string name = "main", Graph* parent = nullptr);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  std::string name;
  std::string doc;
  Metadata metadata;
  Graph* parent() const { return parent_; }  // the enclosing graph, null for the main graph

  // --- building. A wanted name that is taken gets a suffix ("x", "x_1", ...); empty: one is made up.
  Value& add_input(const std::string& name, Type type);
  Value& add_constant(Tensor tensor, const std::string& name = "");
  // Appends, or inserts before `before`. `output_names` gives the number of outputs: "" makes a name up, kNoOutput
  // stands for an output left out.
  Node& add_node(OpName op, std::vector<Value*> inputs, Attrs attrs = {},
                 const std::vector<std::string>& output_names = {""}, const std::string& name = "",
                 Node* before = nullptr);
  static const std::string kNoOutput;
  void add_output(const std::string& name, Value& value, Type declared = {});

  // --- looking
  const std::list<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  std::vector<Node*> node_list() const;  // a snapshot, for loops that change the graph
  const std::list<std::unique_ptr<Value>>& constants() const { return constants_; }
  std::span<Value* const> inputs() const { return inputs_; }
  std::span<const GraphOutput> outputs() const { return outputs_; }
  size_t node_count() const { return nodes_.size(); }
  Value* find_value(const std::string& name) const;  // in this graph only; by value name
  Node* find_node(const std::string& name) const;    // linear
  // True when nodes of this graph can use `value`: it is its own or of an enclosing graph.
  bool can_see(const Value& value) const;

  // --- rewiring; use lists are kept exact
  void set_input(Node& node, size_t index, Value* value);
  void set_inputs(Node& node, const std::vector<Value*>& inputs);
  void append_output(Node& node, const std::string& name);  // a further output of an existing node
  void drop_output(Node& node, size_t index);               // an unused one; the slot becomes null
  void set_output_value(size_t slot, Value& value);
  void remove_output(size_t slot);
  void rename_output(size_t slot, const std::string& name);
  void set_declared(size_t slot, Type declared);
  // Every use of `old_value`, in subgraphs and output slots too, becomes one of `new_value`.
  void replace_all_uses(Value& old_value, Value& new_value);
  void move_before(Node& node, Node& before);
  void set_constant(Value& value, Tensor tensor);  // replaces a constant's data and type
  void rename(Value& value, const std::string& name);
  void remove(Node& node);             // all its outputs must be unused
  void remove_constant(Value& value);  // unused
  void remove_input(Value& value);     // unused
  void reorder_inputs(const std::vector<Value*>& inputs);

  // A name that no value of this graph, its enclosing graphs and their subgraphs has.
  std::string unique_name(const std::string& wanted);

  // Deep copy with subgraphs. Values captured from enclosing graphs stay those unless `captured` maps them.
  // `copies`, if given, receives original -> copy for every value.
  std::unique_ptr<Graph> clone(Graph* new_parent = nullptr,
                               const std::unordered_map<const Value*, Value*>& captured = {},
                               std::unordered_map<const Value*, Value*>* copies = nullptr) const;

  // Throws InternalError naming the node or value that breaks an invariant. Subgraphs included.
  void verify() const;

 private:
  struct Names;  // shared by a graph and its subgraphs
  Value& new_value(std::list<std::unique_ptr<Value>>& where, Value::Kind kind, const std::string& name);
  void delete_value(std::list<std::unique_ptr<Value>>& where, Value& value);
  void add_use(Node& node, size_t index);
  void remove_use(Node& node, size_t index);

  Graph* parent_;
  std::shared_ptr<Names> names_;
  std::list<std::unique_ptr<Node>> nodes_;
  std::list<std::unique_ptr<Value>> constants_;
  std::list<std::unique_ptr<Value>> values_;  // graph inputs and node outputs
  std::vector<Value*> inputs_;
  std::vector<GraphOutput> outputs_;
};

// All nodes of `graph` and of its subgraphs, an outer node before the nodes inside it.
void for_each_node(Graph& graph, const std::function<void(Node&)>& visit);
void for_each_node(const Graph& graph, const std::function<void(const Node&)>& visit);

}  // namespace modelconv
