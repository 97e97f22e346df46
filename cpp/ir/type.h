// Type of a value: a tensor, or a sequence, optional or sparse tensor of one.
#pragma once

#include <memory>
#include <string>

#include "base/dtype.h"
#include "ir/shape.h"

namespace modelconv {

struct Type {
  enum class Kind : uint8_t { unknown, tensor, sparse_tensor, sequence, optional, map };

  Kind kind = Kind::unknown;
  DType dtype = DType::undefined;       // of a tensor; of the keys of a map
  Shape shape;                          // of a tensor
  std::shared_ptr<const Type> element;  // of a sequence, an optional, or the values of a map

  static Type tensor(DType dtype, Shape shape = {}) {
    return {Kind::tensor, dtype, std::move(shape), nullptr};
  }
  static Type sequence(Type element) { return wrap(Kind::sequence, std::move(element)); }
  static Type optional(Type element) { return wrap(Kind::optional, std::move(element)); }

  bool is_tensor() const { return kind == Kind::tensor; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_optional() const { return kind == Kind::optional; }

  // Not contradicting: kinds and dtypes agree where both are known, shapes are compatible.
  bool compatible_with(const Type& other) const;
  // Takes from each what is known; throws ShapeError when not compatible.
  Type merged_with(const Type& other) const;

  std::string str() const;  // "float32[N, 3]", "seq(int64[...])", "?" when unknown

 private:
  static Type wrap(Kind kind, Type element) {
    return {kind, DType::undefined, {}, std::make_shared<const Type>(std::move(element))};
  }
};

}  // namespace modelconv
