// What a rule proposes: new nodes, new constants, and which old values they replace.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// New nodes go into the graph in front of the root at once, with their types inferred, so that a rule can ask for
// shapes of what it has just built; a patch that is not committed takes them out again.
class Patch {
 public:
  explicit Patch(Node& root);
  ~Patch();  // rolls back unless committed
  Patch(const Patch&) = delete;
  Patch& operator=(const Patch&) = delete;

  Node& root() const { return root_; }
  Graph& graph() const { return graph_; }

  // A node with one output, which is returned. Null inputs are optional inputs left out.
  Value& add(OpName op, std::vector<Value*> inputs, Attrs attrs = {}, const std::string& name = "");
  Node& add_node(OpName op, std::vector<Value*> inputs, Attrs attrs, size_t outputs,
                 const std::string& name = "");
  Value& constant(Tensor tensor, const std::string& name = "");
  // int64 vector / scalar constants, for axes, shapes and the like.
  Value& ints(const std::vector<int64_t>& values);
  Value& int_scalar(int64_t value);
  // Changes attributes of an existing node in place on commit.
  void set_attrs(Node& node, Attrs attrs);

  // Uses of `old_value` become uses of `new_value` on commit. Types must not contradict (the driver checks).
  void replace(Value& old_value, Value& new_value);
  const std::vector<std::pair<Value*, Value*>>& replacements() const { return replacements_; }
  const std::vector<Node*>& new_nodes() const { return nodes_; }

  // Carries out the replacements; nodes left without uses are removed by the caller (the driver).
  void commit();

 private:
  Node& root_;
  Graph& graph_;
  bool committed_ = false;
  std::vector<Node*> nodes_;
  std::vector<Value*> constants_;
  std::vector<std::pair<Value*, Value*>> replacements_;
  std::vector<std::pair<Node*, Attrs>> new_attrs_;
};

}  // namespace modelconv
