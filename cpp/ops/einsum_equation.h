// The equation of Einsum, read.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// Axes are named by labels: letters by themselves, the axes of an ellipsis by kEllipsis + their number from the right.
using Label = int;
inline constexpr Label kEllipsis = 256;

struct EinsumEquation {
  std::vector<std::string> terms;  // as written, "." standing for an ellipsis
  std::string result;              // likewise, of the implicit form too
};

// MalformedModelError for what is not an equation.
EinsumEquation parse_einsum(const Node& node);

// The labels of a term for an operand of this rank; of the result with `ellipsis_rank` axes for its ellipsis.
// ShapeError when they do not fit.
std::vector<Label> labels_of(const Node& node, const std::string& term, size_t rank);
std::vector<Label> labels_of_result(const EinsumEquation& equation, size_t ellipsis_rank);

}  // namespace modelconv
