// A rewrite rule: proposes a patch or says why it does not apply. The driver decides.
#pragma once

#include <fmt/core.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rewrite/patch.h"
#include "rewrite/pattern.h"

namespace modelconv {

// What a rule answers: done (the patch holds the replacements), a printable reason why not although what it looks for is
// there ("almost"), or that what it looks for is not there.
class Outcome {
 public:
  static Outcome applied() { return Outcome(Kind::applied, {}); }
  static Outcome refused(std::string reason) { return Outcome(Kind::refused, std::move(reason)); }
  static Outcome unmatched() { return Outcome(Kind::unmatched, {}); }
  bool is_applied() const { return kind_ == Kind::applied; }
  bool is_unmatched() const { return kind_ == Kind::unmatched; }
  const std::string& reason() const { return reason_; }

 private:
  enum class Kind : uint8_t { applied, refused, unmatched };
  Outcome(Kind kind, std::string reason) : kind_(kind), reason_(std::move(reason)) {}
  Kind kind_;
  std::string reason_;
};

// For rules without a pattern, at nodes that they are not about: neither counted nor explained.
inline Outcome no_match() { return Outcome::unmatched(); }

// return refuse("'{}' has {} uses", ...);
template <class... Args>
Outcome refuse(fmt::format_string<Args...> format, Args&&... args) {
  return Outcome::refused(fmt::format(format, std::forward<Args>(args)...));
}

// A precondition on what a pattern bound: nothing when it holds, else the reason.
using Condition = std::function<std::optional<std::string>(const Match&)>;
Condition single_use(std::string name);                 // the value has one use and is no graph output
Condition constant(std::vector<std::string> names);     // all are constants (or optional operands left out)
Condition known_shape(std::vector<std::string> names);  // all have static shapes
Condition known_rank(std::vector<std::string> names);

class Rule {
 public:
  explicit Rule(std::string name) : name_(std::move(name)) {}

  // One line for `--explain` and the docs: what it does and when it does not.
  Rule& describe(std::string text);

  // Either a pattern with conditions and a replacement. The callback calls patch.replace() itself, or returns through
  // replace_root().
  Rule& match(std::string_view pattern);
  Rule& require(Condition condition);
  Rule& replace(std::function<Outcome(const Match&, Patch&)> build);

  // Or a function on every node of the given operators (empty: all).
  Rule& on(std::vector<OpName> ops, std::function<Outcome(Node&, Patch&)> rewrite);

  const std::string& name() const { return name_; }
  const std::string& description() const { return description_; }
  const std::vector<OpName>& root_ops() const { return root_ops_; }
  // Matches at `node` and builds into `patch`. Nothing when the pattern does not match at all; a refusal when it does
  // but a condition fails ("almost fired").
  std::optional<Outcome> apply(Node& node, Patch& patch) const;

 private:
  std::string name_, description_;
  std::vector<OpName> root_ops_;
  std::shared_ptr<const Pattern> pattern_;
  std::vector<Condition> conditions_;
  std::function<Outcome(const Match&, Patch&)> build_;
  std::function<Outcome(Node&, Patch&)> rewrite_;
};

// Replaces output 0 of the matched root.
Outcome replace_root(Patch& patch, Value& value);

using Rules = std::vector<Rule>;

}  // namespace modelconv
