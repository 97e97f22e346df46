// Where each node of a TensorFlow 1 graph stands: in which loop (frame), in which branch of which condition. The file
// says it only through Enter, Exit, Switch and Merge; this finds the nesting from the edges, names are not looked at.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/tensorflow/flatten.h"

namespace modelconv::tensorflow {

// Nodes named "Ref..." do the same with reference variables.
bool is_op(const FlatNode& node, std::string_view op);
// The edge that closes a loop of TensorFlow 1.
bool closes_loop(const FlatNode& from, const FlatNode& to);

// Numbers of flat nodes.
struct LoopVariable {
  size_t merge = 0;
  std::optional<size_t>
      select;  // its Switch, absent when neither the body nor anything behind the loop uses it
  std::optional<size_t> exit;  // the first of `exits`
  std::vector<size_t> exits;
  TensorRef initial, next;  // inputs of Enter and NextIteration
};

struct Region {
  enum class Kind : uint8_t { main, loop, branch };
  Kind kind = Kind::main;
  Region* parent = nullptr;
  std::string name;  // of a loop: its frame's
  // Of a loop.
  std::vector<LoopVariable> variables;
  std::optional<TensorRef> condition;  // what LoopCond gets
  // Of a branch.
  TensorRef predicate;
  size_t side = 0;  // 1: where the predicate holds

  bool is_inside(const Region& outer) const;  // or the same
};

// Merges of one condition that can be one node If.
struct Conditional {
  Region* region = nullptr;  // in which it stands
  TensorRef predicate;
  Region* sides[2] = {nullptr, nullptr};  // null: nothing stands in that branch
  std::vector<size_t> merges;
  std::vector<TensorRef> results[2];  // per merge
};

class Regions {
 public:
  // `order`: all nodes, producers before consumers but for the edges that close loops. Throws UnsupportedOpError where
  // the nesting is none that a structured graph can have.
  Regions(const FlatGraph& flat, const std::vector<size_t>& order);

  Region& main() { return regions_.front(); }
  // Of a tensor as its users see it.
  Region& region_of(const TensorRef& ref) const;
  // What a tensor is the same as: through Enter, and through Switch of a condition.
  TensorRef resolve(TensorRef ref) const;
  bool is_loop_switch(size_t node) const;
  bool is_loop_merge(size_t node) const;
  Region& loop_of(size_t node) const { return *region_[node]; }  // of an Exit
  // False for a variable that each iteration hands on as it is.
  bool changes(const LoopVariable& variable) const;
  const Conditional& conditional_of(size_t merge) const { return conditionals_[conditional_of_.at(merge)]; }

  // Tensors outside of a loop, or of both branches, that are needed inside.
  std::vector<TensorRef> captured_by(Region& loop) const;
  std::vector<TensorRef> captured_by(const Conditional& conditional) const;

 private:
  void place_nodes(const std::vector<size_t>& order, bool last_try);
  Region* place(size_t node, bool last_try);
  Region* join(Region* a, Region* b, size_t node, bool last_try) const;
  Region& frame_of(size_t enter, Region& parent);
  Region& branch(Region& parent, TensorRef predicate, size_t side);
  TensorRef through_identities(TensorRef ref) const;
  void collect_variables();
  void collect_conditionals(const std::vector<size_t>& order);
  void merge_sides(size_t merge, Conditional& conditional) const;
  std::vector<TensorRef> captured(std::vector<TensorRef> pending,
                                  const std::vector<const Region*>& inside) const;
  [[noreturn]] void refuse(size_t node, const std::string& reason) const;

  const FlatGraph& flat_;
  std::deque<Region> regions_;
  std::vector<Region*> region_;                                              // of a node
  std::map<std::pair<std::string, size_t>, Region*> frames_;                 // frame name and call -> loop
  std::map<std::tuple<Region*, size_t, size_t, size_t>, Region*> branches_;  // parent, predicate, side
  bool moved_ = false;  // a frame turned out to be deeper than was known
  std::vector<Conditional> conditionals_;
  std::map<size_t, size_t> conditional_of_;  // merge -> number
};

}  // namespace modelconv::tensorflow
