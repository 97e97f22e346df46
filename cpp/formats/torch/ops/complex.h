// Complex numbers. ONNX has no tensors of them: a complex tensor is a real one with one axis more, of size 2, real part first,
// also at inputs, outputs and constants. While a program is raised, such values are marked.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

bool holds_complex(const Value& value);
void mark_complex(Value& value);

// Some input of the node holds complex numbers.
bool has_complex_input(const Translation& t);
// The operator works on them, or on each part by itself.
bool knows_complex_numbers(std::string_view op);

// Inputs and constants of complex types become real ones with an axis more; call before raising, and the other after.
void represent_complex_numbers(Graph& graph);
void forget_complex_numbers(Graph& graph);

// As PyTorch counts: without the axis of the parts.
size_t axes_of(const Term& x);
// The axis of the parts as further entry of a list of sizes or of a permutation of x's axes, where there is one.
Term with_parts(const Term& sizes, const Term& x);
std::vector<int64_t> with_parts(std::vector<int64_t> perm, const Term& x);

Term real_part(const Term& x);  // without the axis of the parts
Term imaginary_part(const Term& x);
Term complex_of(const Term& real, const Term& imaginary);  // marked

// The parameter as a complex tensor: a number or a real tensor gets 0 as imaginary part.
Term complex_operand(const Call& call, std::string_view name);

void raise_complex_sum(Translation& t);  // add, sub
void raise_complex_product(Translation& t);
void raise_complex_quotient(Translation& t);
void raise_complex_abs(Translation& t);
void raise_complex_angle(Translation& t);

// Chooses between the rules for real and for complex operands.
template <TranslateFn Real, TranslateFn Complex>
void by_numbers(Translation& t) {
  (has_complex_input(t) ? Complex : Real)(t);
}

}  // namespace modelconv::torch
