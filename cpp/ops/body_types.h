// Types around subgraphs: what two paths have in common, and what stays true from one iteration to the next.
#pragma once

#include <vector>

#include "ops/infer.h"

namespace modelconv {

// The most precise type that both have: dimensions that are not provably equal become unknown.
Type generalize(const Type& a, const Type& b);

// One iteration of a Loop or Scan body: its inputs are [fixed..., carried...] or [carried..., fixed...].
struct BodyInputs {
  std::vector<Type> before, after;  // types of the inputs that are not carried
  size_t first_carried_output;      // the body's outputs that feed the next iteration start here
};

// Types of the carried values that hold before the first iteration and after each one: the body is inferred until the
// types that come out say nothing new, then once more in place. `carried` is replaced; returns the body's output types.
std::vector<Type> infer_body(const InferContext& context, Graph& body, const BodyInputs& inputs,
                             std::vector<Type>& carried);

}  // namespace modelconv
