// Small expressions in one variable, whatever the order and the grouping that an exporter has chosen.
#pragma once

#include <array>
#include <optional>

#include "ir/graph.h"

namespace modelconv {

// The number in a constant of one element, of any numeric dtype.
std::optional<double> number_in(const Value* value);

// Coefficients of 1, x, x^2, x^3.
using Polynomial = std::array<double, 4>;

// `value` as a polynomial in `x`, read through Add, Sub, Neg, Mul, Div by a number, and Pow with the exponents 2 and 3.
// Nothing when it is none, or when a constant could broadcast x to a larger shape.
std::optional<Polynomial> polynomial_in(const Value& value, const Value& x);

// Equal up to the digits that exporters print of a constant.
bool nearly(const Polynomial& a, const Polynomial& b);
bool nearly(double a, double b);

}  // namespace modelconv
