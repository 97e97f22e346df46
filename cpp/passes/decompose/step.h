// What an adapter sees: one node that it edits, or replaces by other canonical operators. Versions of ONNX are crossed that
// way (formats/onnx/versions), and operators that a target lacks are taken apart.
#pragma once

#include <fmt/core.h>

#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv::decompose {

// An adapter either edits the node in place (it is then at the version on the other side of the boundary) or replaces
// all of it by canonical operators, with done().
class Step {
 public:
  explicit Step(Node& node) : node_(node) {}
  Node& node() const { return node_; }
  Attrs& attrs() const { return node_.attrs; }
  Graph& graph() const { return node_.graph(); }
  Value* input(size_t index) const { return node_.input(index); }
  Value& required(size_t index) const;  // MalformedModelError when it is left out
  // The attribute, with the default that this step's side of the boundary has.
  int64_t int_or(std::string_view name, int64_t fallback) const {
    return attrs().get_or<int64_t>(name, fallback);
  }

  // --- edits
  void set_input(size_t index, Value* value);  // grows the list of inputs where necessary
  void remove_inputs_from(size_t index);
  void set_op(const char* name) { name_ = name; }  // the chain goes on with this operator
  // The contents of an input that must be a constant; refuses otherwise.
  std::vector<int64_t> constant_ints(size_t index, std::string_view what) const;
  std::vector<double> constant_numbers(size_t index, std::string_view what) const;
  size_t rank_of(size_t index) const;  // refuses when it is not known

  // --- new canonical nodes in front of this one; types are inferred
  Value& add(OpName op, std::vector<Value*> inputs, Attrs attrs = {});
  Node& add_node(OpName op, std::vector<Value*> inputs, Attrs attrs, size_t outputs);
  Value& constant(Tensor tensor) { return graph().add_constant(std::move(tensor)); }
  Value& ints(const std::vector<int64_t>& values) { return constant(Tensor::vector(values)); }
  Value& scalar(const Value& like, double value);  // rank 0, dtype of `like`; refuses when that is not known
  Value& cast(Value& value, DType dtype);          // no node when it has that dtype

  // Whoever used output `index` uses the result of `op` on it from now on: op(output, inputs...). The node itself stays.
  void wrap_output(size_t index, OpName op, std::vector<Value*> inputs, Attrs attrs);
  const std::vector<Node*>& nodes_behind() const { return behind_; }

  // Output `index` of the node is `value` from now on. Call done() after the last.
  void replace_output(size_t index, Value& value);
  // The node has been replaced entirely and goes away.
  void done() { done_ = true; }
  bool is_done() const { return done_; }
  const std::string& new_name() const { return name_; }

  // There is no way; the reason goes into the one UnsupportedOpError.
  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    throw Refusal{fmt::format(format, std::forward<Args>(args)...)};
  }
  struct Refusal {
    std::string reason;
  };

 private:
  Node& node_;
  std::string name_;
  std::vector<Node*> behind_;
  bool done_ = false;
};

using Adapter = void (*)(Step&);

void count_axes_from_front(const Step& step, std::vector<int64_t>& axes, size_t rank);

}  // namespace modelconv::decompose
