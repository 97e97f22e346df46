// What values inside a loop's body are.
#pragma once

#include "ir/graph.h"

namespace modelconv {

// Through Identity to what a value is.
inline const Value* behind_identities(const Value* value) {
  while (value && value->producer() && value->producer()->op() == OpName("Identity"))
    value = value->producer()->input(0);
  return value;
}

// The iteration's number, perhaps of another integer type.
bool is_iteration(const Value& value, const Graph& body);

// Two scalars or vectors of one element that shape inference knows as the same number.
bool is_same_number(const Value& a, const Value& b);

}  // namespace modelconv
