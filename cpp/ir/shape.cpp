#include "ir/shape.h"

#include <algorithm>

#include "base/error.h"

namespace modelconv {
namespace {

template <class Items, class Spell>
std::string bracketed(const Items& items, const Spell& spell) {
  std::string text = "[";
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ", ";
    text += spell(items[i]);
  }
  return text + "]";
}

// Numbers first, then symbols, of the two the first.
Dim merged(const Dim& first, const Dim& second) {
  if (first.is_known()) return first;
  if (second.is_known()) return second;
  return first.is_unknown() ? second : first;
}

// Nothing when two numbers contradict.
std::optional<Dim> broadcast_dim(const Dim& a, const Dim& b) {
  if (a.equals(1)) return b;
  if (b.equals(1)) return a;
  if (a.is_known() && b.is_known()) return a.value() == b.value() ? std::optional(a) : std::nullopt;
  if (a.is_known()) return a;  // the other one can only be 1 or the same
  if (b.is_known()) return b;
  return a == b ? a : Dim();
}

// The dimension of `dims` that meets axis `axis` of a result of rank `rank`: ranks are aligned at the end.
Dim aligned_dim(const std::vector<Dim>& dims, size_t rank, size_t axis) {
  const size_t missing = rank - dims.size();
  return axis < missing ? Dim(1) : dims[axis - missing];
}

}  // namespace

Shape Shape::of(const Dims& dims) { return {std::vector<Dim>(dims.begin(), dims.end())}; }

bool Shape::is_static() const {
  return ranked_ && std::all_of(dims_.begin(), dims_.end(), [](const Dim& dim) { return dim.is_known(); });
}

std::optional<Dims> Shape::static_dims() const {
  if (!is_static()) return std::nullopt;
  Dims dims;
  dims.reserve(dims_.size());
  for (const Dim& dim : dims_) dims.push_back(dim.value());
  return dims;
}

Dim Shape::element_count() const {
  if (!ranked_) return {};
  Dim count = 1;
  for (const Dim& dim : dims_) {
    if (dim.is_unknown()) return {};
    count = count * dim;
  }
  return count;
}

bool Shape::equals(const Shape& other) const { return ranked_ && other.ranked_ && dims_ == other.dims_; }

bool Shape::compatible_with(const Shape& other) const {
  if (!ranked_ || !other.ranked_) return true;
  if (rank() != other.rank()) return false;
  for (size_t i = 0; i < rank(); ++i)
    if (dims_[i].is_known() && other[i].is_known() && dims_[i].value() != other[i].value()) return false;
  return true;
}

Shape Shape::merged_with(const Shape& other) const {
  if (!ranked_) return other;
  if (!other.ranked_) return *this;
  ENSURE(compatible_with(other), ShapeError, "shapes {} and {} contradict each other", str(), other.str());
  std::vector<Dim> dims(rank());
  for (size_t i = 0; i < rank(); ++i) dims[i] = merged(dims_[i], other[i]);
  return dims;
}

std::string Shape::str() const {
  return ranked_ ? bracketed(dims_, [](const Dim& dim) { return dim.str(); }) : "[...]";
}

Shape broadcast(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return {};
  std::vector<Dim> dims(std::max(a.rank(), b.rank()));
  for (size_t i = 0; i < dims.size(); ++i) {
    const Dim x = aligned_dim(a.dims(), dims.size(), i), y = aligned_dim(b.dims(), dims.size(), i);
    std::optional<Dim> dim = broadcast_dim(x, y);
    ENSURE(dim, ShapeError, "shapes {} and {} do not broadcast: {} meets {} in axis {} of the result",
           a.str(), b.str(), x.str(), y.str(), i);
    dims[i] = std::move(*dim);
  }
  return dims;
}

Dims broadcast(const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()));
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t x = i < dims.size() - a.size() ? 1 : a[i - (dims.size() - a.size())];
    const int64_t y = i < dims.size() - b.size() ? 1 : b[i - (dims.size() - b.size())];
    ENSURE(x == y || x == 1 || y == 1, ShapeError,
           "shapes {} and {} do not broadcast: {} meets {} in axis {} of the result", to_string(a),
           to_string(b), x, y, i);
    dims[i] = x == 1 ? y : x;
  }
  return dims;
}

int64_t element_count(const Dims& dims) {
  for (const int64_t dim : dims)
    ENSURE(dim >= 0, ShapeError, "shape {} has a negative size", to_string(dims));
  // A size of zero makes the product zero, however large the others are.
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return 0;
  int64_t count = 1;
  for (const int64_t dim : dims)
    ENSURE(!__builtin_mul_overflow(count, dim, &count), ShapeError,
           "shape {} has more elements than a 63-bit number can count", to_string(dims));
  return count;
}

std::string to_string(const Dims& dims) {
  return bracketed(dims, [](int64_t dim) { return std::to_string(dim); });
}

size_t normalize_axis(int64_t axis, size_t rank) {
  const auto signed_rank = static_cast<int64_t>(rank);
  ENSURE(axis >= -signed_rank && axis < signed_rank, ShapeError,
         "axis {} is outside [{}, {}), the range for rank {}", axis, -signed_rank, signed_rank, rank);
  return static_cast<size_t>(axis < 0 ? axis + signed_rank : axis);
}

}  // namespace modelconv
