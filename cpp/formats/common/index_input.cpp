#include "formats/common/index_input.h"

namespace modelconv {

std::optional<std::vector<int64_t>> known_ints(const Value& value) {
  if (value.is_constant() && (is_integer(value.dtype()) || value.dtype() == DType::boolean))
    return value.constant().to_int64();
  if (!value.elements) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const Dim& element : *value.elements) {
    if (!element.is_known()) return std::nullopt;
    numbers.push_back(element.value());
  }
  return numbers;
}

Value& as_int64(Translation& t, Value& value) {
  if (value.is_constant() && is_integer(value.dtype())) {
    if (value.dtype() == DType::int64) return value;
    return t.constant(Tensor::of<int64_t>(value.constant().dims(), value.constant().to_int64()));
  }
  return t.cast(value, DType::int64);
}

Value& as_int64_vector(Translation& t, Value& value) {
  if (value.is_constant() && is_integer(value.dtype())) return t.ints(value.constant().to_int64());
  return t.add("Reshape", {&t.cast(value, DType::int64), &t.ints({-1})});
}

formula::Term formula::index_input(Translation& t, size_t index) {
  return {t, as_int64(t, t.required(index))};
}

}  // namespace modelconv
