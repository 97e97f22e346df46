#include "ir/type.h"

#include "base/error.h"

namespace modelconv {
namespace {

bool elements_compatible(const Type& a, const Type& b) {
  return !a.element || !b.element || a.element->compatible_with(*b.element);
}

std::string element_text(const Type& type) { return type.element ? type.element->str() : "?"; }

std::string tensor_text(const Type& type) {
  return (type.dtype == DType::undefined ? "?" : std::string(name_of(type.dtype))) + type.shape.str();
}

}  // namespace

bool Type::compatible_with(const Type& other) const {
  if (kind == Kind::unknown || other.kind == Kind::unknown) return true;
  if (kind != other.kind) return false;
  if (dtype != DType::undefined && other.dtype != DType::undefined && dtype != other.dtype) return false;
  return shape.compatible_with(other.shape) && elements_compatible(*this, other);
}

Type Type::merged_with(const Type& other) const {
  if (kind == Kind::unknown) return other;
  if (other.kind == Kind::unknown) return *this;
  ENSURE(compatible_with(other), ShapeError, "types {} and {} contradict each other", str(), other.str());
  Type merged = *this;
  if (dtype == DType::undefined) merged.dtype = other.dtype;
  merged.shape = shape.merged_with(other.shape);
  if (!element)
    merged.element = other.element;
  else if (other.element)
    merged.element = std::make_shared<const Type>(element->merged_with(*other.element));
  return merged;
}

std::string Type::str() const {
  switch (kind) {
    case Kind::tensor: return tensor_text(*this);
    case Kind::sparse_tensor: return "sparse(" + tensor_text(*this) + ")";
    case Kind::sequence: return "seq(" + element_text(*this) + ")";
    case Kind::optional: return "optional(" + element_text(*this) + ")";
    case Kind::map:
      return "map(" + (dtype == DType::undefined ? "?" : std::string(name_of(dtype))) + ", " +
             element_text(*this) + ")";
    case Kind::unknown: break;
  }
  return "?";
}

}  // namespace modelconv
