// Rows of operators that are formulas of their operands: {"aten.square", "Mul", raise_formula<[](const Term& x) { return x * x; }>}.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

// ln(1 + x) and e^x - 1 with all digits near 0, where 1 + x and e^x have lost those of x.
Term log_of_one_plus(const Term& x);
Term exp_minus_one(const Term& x);

// Of one tensor, of whatever type.
template <auto Formula>
void raise_formula(Translation& t) {
  const Call call(t, "self");
  give(Formula(tensor(call, "self")));
}

// Integers and bool become float32.
template <auto Formula>
void raise_float_formula(Translation& t) {
  const Call call(t, "self");
  give(Formula(Term(t, as_float(t, call.tensor("self")))));
}

// Of two, in the type in which they meet.
template <auto Formula>
void raise_pair_formula(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = promoted(call, "self", "other");
  give(Formula(Term(t, *a), Term(t, *b)));
}

template <auto Formula>
void raise_float_pair_formula(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = promoted_to_float(call, "self", "other");
  give(Formula(Term(t, *a), Term(t, *b)));
}

}  // namespace modelconv::torch
