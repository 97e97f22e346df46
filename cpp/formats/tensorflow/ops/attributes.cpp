#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {

int64_t int_of(const Translation& t, std::string_view name, int64_t fallback) {
  return t.node().attrs.get_or<int64_t>(name, fallback);
}

float float_of(const Translation& t, std::string_view name, float fallback) {
  return t.node().attrs.get_or<float>(name, fallback);
}

std::string string_of(const Translation& t, std::string_view name, std::string fallback) {
  return t.node().attrs.get_or<std::string>(name, std::move(fallback));
}

std::vector<int64_t> ints_of(const Translation& t, std::string_view name, std::vector<int64_t> fallback) {
  const auto* values = t.node().attrs.get<std::vector<int64_t>>(name);
  return values ? *values : fallback;
}

// An empty list has no kind in the file and comes out as one of integers.
std::vector<float> floats_of(const Translation& t, std::string_view name) {
  const Attribute* attribute = t.node().attrs.find(name);
  if (!attribute) return {};
  if (const auto* integers = std::get_if<std::vector<int64_t>>(attribute); integers && integers->empty())
    return {};
  return *t.node().attrs.get<std::vector<float>>(name);
}

DType type_of(const Translation& t, std::string_view name, DType fallback) {
  const Type* type = t.node().attrs.get<Type>(name);
  return type ? type->dtype : fallback;
}

DType element_type(const Translation& t) {
  const DType type = type_of(t, "T");
  return type == DType::undefined && t.input(0) ? t.input(0)->dtype() : type;
}

}  // namespace modelconv::tensorflow
