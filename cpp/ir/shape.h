// Shape of a tensor: its rank may be unknown, and each dimension may be a number, symbolic or unknown.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "ir/dim.h"

namespace modelconv {

using Dims = std::vector<int64_t>;  // concrete sizes

class Shape {
 public:
  Shape() = default;                                                       // rank not known
  Shape(std::vector<Dim> dims) : ranked_(true), dims_(std::move(dims)) {}  // NOLINT: implicit on purpose
  Shape(std::initializer_list<Dim> dims) : ranked_(true), dims_(dims) {}
  static Shape of(const Dims& dims);
  static Shape unranked() { return {}; }
  static Shape of_rank(size_t rank) { return {std::vector<Dim>(rank)}; }  // all dimensions unknown

  bool has_rank() const { return ranked_; }
  size_t rank() const { return dims_.size(); }  // 0 when the rank is not known: ask has_rank() first
  const std::vector<Dim>& dims() const { return dims_; }
  const Dim& operator[](size_t axis) const { return dims_[axis]; }
  Dim& operator[](size_t axis) { return dims_[axis]; }

  bool is_static() const;  // rank and all dimensions are numbers
  std::optional<Dims> static_dims() const;
  Dim element_count() const;  // the product of all dimensions; unknown if the rank or a dimension is

  bool equals(const Shape& other) const;  // provably the same
  // False only when the two can never be the same: ranks differ, or two numbers do.
  bool compatible_with(const Shape& other) const;
  // Takes from each of the two what is known; numbers win over symbols, symbols of *this over those of `other`.
  // Throws ShapeError when they are not compatible.
  Shape merged_with(const Shape& other) const;

  std::string str() const;  // "[N, 3, 224, 224]", "[...]" when the rank is not known

 private:
  bool ranked_ = false;
  std::vector<Dim> dims_;
};

// NumPy broadcasting. Unranked if either is. Where two different symbols meet, the result's dimension is unknown
// (one of them may be 1). Throws ShapeError when two numbers contradict.
Shape broadcast(const Shape& a, const Shape& b);
Dims broadcast(const Dims& a, const Dims& b);

// Product of the sizes; throws ShapeError when it does not fit in 63 bits or a size is negative.
int64_t element_count(const Dims& dims);
std::string to_string(const Dims& dims);

// Axis counted from the front; throws ShapeError when it is outside [-rank, rank).
size_t normalize_axis(int64_t axis, size_t rank);

}  // namespace modelconv
