// Formulas of canonical operators, written as formulas: where(x < 0.0, -x, x * 2.0). Numbers have the type of the term
// that they stand beside. Index arithmetic is int64 throughout.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "formats/common/mapping.h"

namespace modelconv::formula {

class Term {
 public:
  Term(Translation& t, Value& value) : t_(&t), value_(&value) {}
  Value& value() const { return *value_; }
  Translation& translation() const { return *t_; }
  DType dtype() const { return value_->dtype(); }
  size_t rank() const { return t_->rank_of(*value_); }

 private:
  Translation* t_;
  Value* value_;
};

// --- beginnings
Term input(Translation& t, size_t index);
Term number(Translation& t, DType dtype, double value);
Term numbers(Translation& t, const std::vector<int64_t>& values);  // int64 [n]
Term filled(const Term& shape, DType dtype, double value);
Term range(const Term& count);  // int64: 0, 1, ... count - 1; `count` has one element

void set_output(Translation& t, size_t index, const Term& term);

// --- any operator
Term compute(OpName op, const std::vector<Term>& inputs, Attrs attrs = {});

// --- element by element
Term operator+(const Term& a, const Term& b);
Term operator-(const Term& a, const Term& b);
Term operator*(const Term& a, const Term& b);
Term operator/(const Term& a, const Term& b);
Term operator<(const Term& a, const Term& b);
Term operator<=(const Term& a, const Term& b);
Term operator+(const Term& a, double b);
Term operator-(const Term& a, double b);
Term operator-(double a, const Term& b);
Term operator*(const Term& a, double b);
Term operator/(const Term& a, double b);
Term operator<(const Term& a, double b);
Term operator<=(const Term& a, double b);
Term operator-(const Term& a);
Term equal(const Term& a, const Term& b);
Term equal(const Term& a, double b);
Term both(const Term& a, const Term& b);
Term either(const Term& a, const Term& b);
Term negated(const Term& a);
Term minimum(const Term& a, const Term& b);
Term maximum(const Term& a, const Term& b);
Term clip(const Term& x, double low, double high);
Term modulo(const Term& a, const Term& b);  // of integers: the divisor's sign
Term where(const Term& condition, const Term& a, const Term& b);
Term where(const Term& condition, const Term& a, double b);
Term cast(const Term& x, DType dtype);

// --- shapes
Term shape_of(const Term& x);               // int64 [rank]
Term size_of(const Term& x, int64_t axis);  // int64 [1]
Term shape_part(const Term& x, int64_t first, int64_t end);
Term shape_from(const Term& x, int64_t first);   // sizes of the axes from `first` on
Term reshape(const Term& x, const Term& shape);  // -1: what is left; 0 is a size
Term reshape(const Term& x, const std::vector<int64_t>& shape);
Term unsqueeze(const Term& x, const std::vector<int64_t>& axes);
Term squeeze(const Term& x, const std::vector<int64_t>& axes);
Term expand(const Term& x, const Term& shape);
Term transpose(const Term& x, const std::vector<int64_t>& perm);
Term concat(const std::vector<Term>& parts, int64_t axis);

// --- choosing
Term slice(const Term& x, int64_t axis, int64_t start, int64_t end);
Term slice(const Term& x, int64_t axis, const Term& start, const Term& end);  // vectors of one element
Term reversed(const Term& x, int64_t axis);                                   // the last index first
Term gather(const Term& x, const Term& indices, int64_t axis = 0);
Term gather_nd(const Term& x, const Term& indices, int64_t batch_dims = 0);
Term scatter_nd(const Term& x, const Term& indices, const Term& updates, const std::string& reduction);

Term reduce(OpName op, const Term& x, const std::vector<int64_t>& axes, bool keep = false);
Term cumulative_sum(const Term& x, int64_t axis, bool exclusive = false, bool reverse = false);

inline constexpr int64_t kEnd = INT64_MAX;  // of a slice

}  // namespace modelconv::formula
