#include "rewrite/rule.h"

#include "base/error.h"

namespace modelconv {

Rule& Rule::describe(std::string text) {
  description_ = std::move(text);
  return *this;
}

Rule& Rule::match(std::string_view pattern) {
  pattern_ = std::make_shared<const Pattern>(pattern);
  root_ops_ = pattern_->root_ops();
  return *this;
}

Rule& Rule::require(Condition condition) {
  conditions_.push_back(std::move(condition));
  return *this;
}

Rule& Rule::replace(std::function<Outcome(const Match&, Patch&)> build) {
  build_ = std::move(build);
  return *this;
}

Rule& Rule::on(std::vector<OpName> ops, std::function<Outcome(Node&, Patch&)> rewrite) {
  root_ops_ = std::move(ops);
  rewrite_ = std::move(rewrite);
  return *this;
}

std::optional<Outcome> Rule::apply(Node& node, Patch& patch) const {
  if (rewrite_) {
    Outcome outcome = rewrite_(node, patch);
    if (outcome.is_unmatched()) return std::nullopt;
    return outcome;
  }
  Match match(node);
  if (!pattern_->match(node, match)) return std::nullopt;
  for (const Condition& condition : conditions_)
    if (auto reason = condition(match)) return Outcome::refused(std::move(*reason));
  return build_(match, patch);
}

Outcome replace_root(Patch& patch, Value& value) {
  patch.replace(*patch.root().output(), value);
  return Outcome::applied();
}

Condition single_use(std::string name) {
  return [name = std::move(name)](const Match& match) -> std::optional<std::string> {
    const Value* value = match[name];
    if (!value || value->has_one_use()) return std::nullopt;
    return fmt::format("value '{}' has {} uses", value->name(), value->uses().size() + value->output_slots());
  };
}

namespace {

// A condition that every named value must meet; operands left out do.
Condition for_all(std::vector<std::string> names, bool (*holds)(const Value&), const char* complaint) {
  return [names = std::move(names), holds, complaint](const Match& match) -> std::optional<std::string> {
    for (const std::string& name : names)
      if (const Value* value = match[name]; value && !holds(*value))
        return fmt::format("'{}' {}", value->name(), complaint);
    return std::nullopt;
  };
}

}  // namespace

Condition constant(std::vector<std::string> names) {
  return for_all(std::move(names), [](const Value& value) { return value.is_constant(); }, "is not constant");
}

Condition known_shape(std::vector<std::string> names) {
  return for_all(
      std::move(names), [](const Value& value) { return value.shape().is_static(); },
      "has no fully known shape");
}

Condition known_rank(std::vector<std::string> names) {
  return for_all(
      std::move(names), [](const Value& value) { return value.shape().has_rank(); }, "has no known rank");
}

}  // namespace modelconv
