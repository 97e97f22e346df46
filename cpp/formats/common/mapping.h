// Translation of operators between a format's dialect ("tf.Conv2D") and the canonical graph, one table per format.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ops/infer.h"

namespace modelconv {

// Given to a raise or lower function: the node to translate and a builder for what replaces it. New nodes are
// inserted in front of the old one with their types inferred; the old node is removed when all is translated.
class Translation {
 public:
  explicit Translation(Node& node) : node_(node) {}
  const Node& node() const { return node_; }
  Graph& graph() const { return node_.graph(); }
  Value* input(size_t index) const { return node_.input(index); }
  // An input that must be there; MalformedModelError naming the node otherwise.
  Value& required(size_t index) const;
  // Contents of an input that must be constant. refuse() with a reason otherwise.
  const Tensor& constant(size_t index, std::string_view what) const;
  std::vector<int64_t> constant_ints(size_t index, std::string_view what) const;

  // New canonical node with one output; named after the translated node.
  Value& add(OpName op, std::vector<Value*> inputs, Attrs attrs = {});
  Node& add_node(OpName op, std::vector<Value*> inputs, Attrs attrs, size_t outputs);
  Value& constant(Tensor tensor);
  Value& ints(const std::vector<int64_t>& values);               // int64 [n]
  Value& scalar_like(const Value& like, double value);           // rank 0, dtype of `like`
  Value& transpose(Value& x, const std::vector<int64_t>& perm);  // no node for the identity
  Value& cast(Value& x, DType dtype);                            // no node when it has that dtype
  Value& shape_of(Value& x);                                     // int64 [rank]; a constant when static

  // Output `index` of the translated node is `value`.
  void set_output(size_t index, Value& value);

  // The node cannot be translated; the reason goes into the one UnsupportedOpError of the stage.
  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    throw Refusal{fmt::format(format, std::forward<Args>(args)...)};
  }
  struct Refusal {
    std::string reason;
  };

 private:
  Node& node_;
};

using TranslateFn = void (*)(Translation&);

// One row: an operator of the dialect and how it goes each way. Simple one-to-one rows need no functions.
struct OpMapping {
  OpName source;                // in the dialect
  OpName canonical;             // for one-to-one rows and for lowering
  TranslateFn raise = nullptr;  // null: not read
  TranslateFn lower = nullptr;  // null: not written
  std::string note;             // restriction, for the coverage table
};

using OpMappings = std::vector<OpMapping>;

// Raises every node of the dialect's domain in `graph` (subgraphs included), in order. Collects all operators without a
// row and all refusals into one UnsupportedOpError.
void raise_graph(Graph& graph, const OpMappings& table, const std::string& stage);

}  // namespace modelconv
