// Operands of functions (keras.ops, TensorFlow's): each parameter is a tensor (an input of that name) or a number (an
// attribute of that name), which takes the type of what it meets.
#pragma once

#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {

// The tensor that the function works on: its first input.
inline Value& main_operand(const Translation& t) { return t.required(0); }
// The parameter as a tensor of the type of `like`; a number that has no place there is refused.
Value& operand(Translation& t, std::string_view name, const Value& like);
bool has_operand(const Translation& t, std::string_view name);

struct Pair {
  Value *a, *b;
};
// Two parameters in their common type: floating-point types win over integers, larger ones over smaller.
Pair common_operands(Translation& t, std::string_view a, std::string_view b);

// Axes of `x` from the setting, counted from the front; all of them where the setting is missing.
std::vector<int64_t> reduced_axes(const Translation& t, const Value& x);
Value& to_float(Translation& t, Value& x);  // integers and bool to float32

}  // namespace modelconv::keras
