#include "formats/keras/ops/arguments.h"

#include <algorithm>
#include <numeric>

namespace modelconv::keras {
namespace {

template <class... Args>
[[noreturn]] void malformed(const Translation& t, fmt::format_string<Args...> format, Args&&... args) {
  throw MalformedModelError(
      fmt::format("{}: {}", t.node().describe(), fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace

bool has(const Translation& t, std::string_view name) { return t.node().attrs.has(name); }

int64_t int_of(const Translation& t, std::string_view name, int64_t fallback) {
  const Attribute* attribute = t.node().attrs.find(name);
  if (!attribute) return fallback;
  if (const auto* value = std::get_if<float>(attribute)) {
    const auto whole = static_cast<int64_t>(std::clamp(*value, -2e9F, 2e9F));
    if (static_cast<float>(whole) != *value) malformed(t, "{} is {}, which is no integer", name, *value);
    return whole;
  }
  if (const auto* list = std::get_if<std::vector<int64_t>>(attribute); list && list->size() == 1)
    return (*list)[0];
  return t.node().attrs.get_or<int64_t>(name, fallback);
}

float float_of(const Translation& t, std::string_view name, float fallback) {
  const Attribute* attribute = t.node().attrs.find(name);
  if (!attribute) return fallback;
  if (const auto* value = std::get_if<int64_t>(attribute)) return static_cast<float>(*value);
  return t.node().attrs.get_or<float>(name, fallback);
}

std::string string_of(const Translation& t, std::string_view name, std::string fallback) {
  return t.node().attrs.get_or<std::string>(name, std::move(fallback));
}

std::vector<int64_t> ints_of(const Translation& t, std::string_view name, std::vector<int64_t> fallback) {
  const Attribute* attribute = t.node().attrs.find(name);
  if (!attribute) return fallback;
  if (std::get_if<int64_t>(attribute) || std::get_if<float>(attribute)) return {int_of(t, name, 0)};
  return *t.node().attrs.get<std::vector<int64_t>>(name);
}

std::vector<float> floats_of(const Translation& t, std::string_view name) {
  const Attribute* attribute = t.node().attrs.find(name);
  if (!attribute) return {};
  if (const auto* list = std::get_if<std::vector<int64_t>>(attribute)) return {list->begin(), list->end()};
  if (std::get_if<int64_t>(attribute) || std::get_if<float>(attribute)) return {float_of(t, name, 0)};
  return *t.node().attrs.get<std::vector<float>>(name);
}

std::vector<int64_t> sizes_of(const Translation& t, std::string_view name, size_t count, int64_t fallback,
                              int64_t low) {
  std::vector<int64_t> sizes = ints_of(t, name, {fallback});
  if (sizes.size() == 1) sizes.resize(count, sizes[0]);
  if (sizes.size() != count) malformed(t, "{} has {} entries, {} are expected", name, sizes.size(), count);
  for (const int64_t size : sizes)
    if (size < low || size >= (int64_t{1} << 31)) malformed(t, "{} has the entry {}", name, size);
  return sizes;
}

Value* argument(const Translation& t, std::string_view name) {
  const auto* names = t.node().attrs.get<std::vector<std::string>>("arguments");
  if (!names) return nullptr;
  for (size_t i = 0; i < names->size(); ++i)
    if ((*names)[i] == name) return t.input(i);
  return nullptr;
}

Value& need_argument(const Translation& t, std::string_view name) {
  Value* value = argument(t, name);
  if (!value) malformed(t, "it has no '{}'", name);
  return *value;
}

Value& weight(const Translation& t, std::string_view name, size_t rank) {
  Value& value = need_argument(t, name);
  if (!value.is_constant()) t.refuse("its weight '{}' is computed", name);
  const Dims& dims = value.constant().dims();
  if (dims.size() != rank)
    malformed(t, "weight '{}' has the shape {}, {} axes are expected", value.name(), to_string(dims), rank);
  for (const int64_t size : dims)
    if (size >= (int64_t{1} << 31))
      malformed(t, "weight '{}' has the shape {}", value.name(), to_string(dims));
  return value;
}

const Dims& dims_of(const Value& constant) { return constant.constant().dims(); }

DType element_type(const Translation& t, const Value& x) {
  if (x.dtype() == DType::undefined) t.refuse("the element type of '{}' is not known", x.name());
  return x.dtype();
}

int64_t axis_of(const Translation& t, int64_t axis, size_t rank) {
  const auto count = static_cast<int64_t>(rank);
  if (axis < -count || axis >= count) malformed(t, "axis {} of a tensor with {} axes", axis, rank);
  return axis < 0 ? axis + count : axis;
}

std::vector<int64_t> axes_up_to(size_t count) {
  std::vector<int64_t> axes(count);
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return axes;
}

std::vector<int64_t> axes_to_the_end(const std::vector<int64_t>& axes, size_t rank) {
  std::vector<int64_t> perm;
  for (const int64_t axis : axes_up_to(rank))
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) perm.push_back(axis);
  perm.insert(perm.end(), axes.begin(), axes.end());
  return perm;
}

std::vector<int64_t> inverse_of(const std::vector<int64_t>& perm) {
  std::vector<int64_t> inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return inverse;
}

}  // namespace modelconv::keras
