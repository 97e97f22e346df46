// Patterns over the graph, in the expression grammar of ir/text.h.
//
//   "y = BatchNormalization(c = Conv(x, w, b?), scale, beta, mean, var)"
//
// The outermost call is the root. A plain name binds the value there; the same name twice asks for the same value;
// `c = Call(...)` binds an inner result; `b?` also matches an input left out; `_` asks for an input left out; `*rest`
// as the last operand takes all that follow. `Conv|ConvTranspose(...)` matches either operator. A number (1.0) asks
// for a constant all of whose elements have that value. The operands of operators marked commutative (ops/op_def.h)
// are tried in both orders.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// What a pattern bound.
class Match {
 public:
  explicit Match(Node& root) : root_(&root) {}
  Node& root() const { return *root_; }
  // The value bound to `name`; null when it is an optional operand left out. InternalError when the pattern has no
  // such name.
  Value* operator[](std::string_view name) const;
  // Producer of the value bound to `name`.
  Node& node(std::string_view name) const;
  const Attrs& attrs(std::string_view name) const { return node(name).attrs; }
  const std::vector<Value*>& rest() const { return rest_; }

 private:
  friend class Pattern;
  Node* root_;
  std::map<std::string, Value*, std::less<>> values_;
  std::vector<Value*> rest_;
};

class Pattern {
 public:
  explicit Pattern(std::string_view text);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // The operators that a root can have, to index rules by.
  const std::vector<OpName>& root_ops() const;
  // True when the pattern matches with `root` as its outermost call.
  bool match(Node& root, Match& match) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelconv
