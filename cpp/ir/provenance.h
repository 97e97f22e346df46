// Which tensor of the source model a value equals.
#pragma once

#include <string>

#include "ir/graph.h"

namespace modelconv {

// Value::source_name of a value that a rewrite made and that no tensor of the source model equals: its own name is
// made up and may by accident be that of another tensor.
inline const std::string kNoSource = "\x01none";

inline bool has_no_source(const Value& value) { return value.source_name == kNoSource; }

// Name of the source model's tensor, empty when there is none.
inline std::string source_name_of(const Value& value) {
  if (has_no_source(value)) return {};
  return value.source_name.empty() ? value.name() : value.source_name;
}

}  // namespace modelconv
