#include "formats/onnx/scope.h"

#include "base/error.h"

namespace modelconv::onnx {

void Scope::define(Text name, Value* value) {
  ENSURE(values_.emplace(name, value).second, MalformedModelError, "the name '{}' is given to two values",
         name);
}

Value* Scope::find(Text name) const {
  std::vector<std::string> candidates;
  for (const Scope* scope = this; scope; scope = scope->outer_)
    if (const auto found = scope->values_.find(name); found != scope->values_.end()) return found->second;
  constexpr size_t kMostCandidates =
      10000;  // edit distances to every name of a huge model would take too long
  for (const Scope* scope = this; scope; scope = scope->outer_)
    for (const auto& [known, value] : scope->values_)
      if (candidates.size() < kMostCandidates && known.size() < 200) candidates.emplace_back(known);
  MalformedModelError error(fmt::format("nothing has the name '{}'", name));
  if (const auto near = nearest_names(std::string(name), candidates); !near.empty())
    error.hint("the nearest name is '" + near.front() + "'");
  throw error;
}

}  // namespace modelconv::onnx
