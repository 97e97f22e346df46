// Integers that say where or how many, as ONNX wants them.
#pragma once

#include "formats/common/mapping.h"
#include "formats/common/term.h"

namespace modelconv {

// The integers that a value is known to hold: those of a constant, or what shape inference followed.
std::optional<std::vector<int64_t>> known_ints(const Value& value);

// An integer tensor input as int64.
Value& as_int64(Translation& t, Value& value);
// A scalar (or one-element) integer input as an int64 vector of one element.
Value& as_int64_vector(Translation& t, Value& value);

namespace formula {

Term index_input(Translation& t, size_t index);  // as int64

}  // namespace formula
}  // namespace modelconv
