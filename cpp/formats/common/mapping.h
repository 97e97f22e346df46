// Translation of operators between a format's dialect ("tf.Conv2D") and the canonical graph, one table per format.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/common/format.h"
#include "ir/graph.h"
#include "ops/infer.h"

namespace modelconv {

// Given to a raise or lower function: the node to translate and a builder for what replaces it. New nodes are
// inserted in front of the old one with their types inferred; the old node is removed when all is translated, and its
// values' names go to the values that stand for them.
class Translation {
 public:
  // `target`: the other side's operator, from the table's row. `infer` gives new nodes their types.
  Translation(Node& node, OpName target, void (*infer)(Node&) = infer_node)
      : node_(node), target_(target), infer_(infer) {}
  const Node& node() const { return node_; }
  Graph& graph() const { return node_.graph(); }
  OpName target() const { return target_; }

  size_t input_count() const { return node_.input_count(); }
  Value* input(size_t index) const { return node_.input(index); }
  // An input that must be there; MalformedModelError naming the node otherwise.
  Value& required(size_t index) const;
  // Contents of an input that must be constant. refuse() with a reason otherwise.
  const Tensor& constant(size_t index, std::string_view what) const;
  // Integers that are constant or known from shapes (ops/infer.h); nothing when they depend on data.
  std::optional<std::vector<int64_t>> known_ints(size_t index) const;
  std::vector<int64_t> constant_ints(size_t index, std::string_view what) const;
  // Rank of an input; refuse() when it is not known.
  size_t rank(size_t index) const { return rank_of(required(index)); }
  size_t rank_of(const Value& value) const;

  // New node with one output; named after the translated node. Null inputs are optional inputs left out.
  Value& add(OpName op, std::vector<Value*> inputs, Attrs attrs = {});
  Node& add_node(OpName op, std::vector<Value*> inputs, Attrs attrs, size_t outputs);
  Value& constant(Tensor tensor);
  Value& ints(const std::vector<int64_t>& values);               // int64 [n]
  Value& scalar(DType dtype, double value);                      // rank 0
  Value& scalar_like(const Value& like, double value);           // rank 0, dtype of `like`
  Value& transpose(Value& x, const std::vector<int64_t>& perm);  // no node for the identity
  Value& cast(Value& x, DType dtype);                            // no node when it has that dtype
  Value& shape_of(Value& x);  // int64 [rank]. Not a constant even where the shape is
                              // static: users change input shapes later

  // Output `index` of the translated node is `value`. Ignored for an output that the node does not have.
  void set_output(size_t index, Value& value);
  bool wants_output(size_t index) const { return node_.output(index) && !node_.output(index)->is_unused(); }

  // The node cannot be translated; the reason goes into the one UnsupportedOpError of the stage.
  template <class... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    throw Refusal{fmt::format(format, std::forward<Args>(args)...)};
  }
  struct Refusal {
    std::string reason;
  };

 private:
  friend class Translator;  // mapping.cpp
  Node& node_;
  OpName target_;
  void (*infer_)(Node&);
  std::vector<Node*> added_;
  std::vector<std::pair<Value*, Value*>> outputs_;  // old, new
};

using TranslateFn = void (*)(Translation&);

// One row: an operator of the dialect and how it goes each way.
struct OpMapping {
  OpName source;     // in the dialect; for lowering, what the operator mainly becomes
  OpName canonical;  // the operator that it is closest to; for lowering, the operator that is lowered
  TranslateFn raise = nullptr;  // null: not read; with `lower` null too, `note` says why not
  TranslateFn lower = nullptr;  // null: not written by this row; one row per canonical operator has it
  std::string note;             // restriction, for the coverage table
};

using OpMappings = std::vector<OpMapping>;

// For rows whose operators differ in name only: same inputs, same outputs, no attributes.
void translate_name(Translation& t);

// Raises every node of the dialect's domain in `graph` (subgraphs included), in order; the nodes that `custom_ops` names,
// of whatever domain, by those. Collects all operators without a
// row and all refusals into one UnsupportedOpError. Nodes that need the result of a node that was refused are only
// looked up in the table: their own refusals would have no meaning.
// The dialect is the domains of the table's rows; `every_domain`: all that is not canonical, for dialects to which users add
// domains of their own (PyTorch's "mylib::op").
void raise_graph(Graph& graph, const OpMappings& table, const std::string& stage,
                 const CustomOps& custom_ops = {}, bool every_domain = false);

// The other direction: every node that is not of the dialect's `domain`, subgraphs included, by the rows that have
// `lower`. What a rule puts in may be canonical again, and is lowered in turn. `infer` gives the dialect's nodes the types
// of their outputs (those of canonical nodes are inferred as always); a value that stands for an old one also has what was
// known of that. Problems are collected as in raise_graph.
void lower_graph(Graph& graph, const OpMappings& table, const std::string& domain, const std::string& stage,
                 void (*infer)(Node&));

// Raises node by node while a graph is being built, for decoders that have to know types as they go: a TorchScript program
// asks for the rank of a tensor and takes one branch or the other.
class GraphRaiser {
 public:
  // Arguments as of raise_graph; the table has to live on.
  GraphRaiser(const OpMappings& table, const std::string& stage, CustomOps custom_ops, bool every_domain);
  ~GraphRaiser();
  GraphRaiser(const GraphRaiser&) = delete;
  GraphRaiser& operator=(const GraphRaiser&) = delete;

  // The node is the last of its graph. Returns what stands for its outputs, which all count as wanted; where the node was
  // refused, the outputs themselves, of unknown types.
  std::vector<Value*> raise(Node& node);
  void throw_if_missing() const;

 private:
  const CustomOps custom_ops_;
  const std::unique_ptr<class Raiser> raiser_;
};

// The table as the documentation shows it, sorted by name.
std::vector<OperatorCoverage> coverage_of(const OpMappings& table);

}  // namespace modelconv
