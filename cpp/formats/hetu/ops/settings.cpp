#include "formats/hetu/ops/settings.h"

#include <cmath>

#include "base/error.h"

namespace modelconv::hetu {
namespace {

const Attribute& need(const Translation& t, std::string_view name) {
  const Attribute* attribute = t.node().attrs.find(name);
  ENSURE(attribute, MalformedModelError, "{} has no '{}'", t.node().describe(), name);
  return *attribute;
}

[[noreturn]] void refuse_kind(const Translation& t, std::string_view name) {
  throw MalformedModelError(fmt::format("{}: '{}' is no number", t.node().describe(), name));
}

int64_t whole(const Translation& t, std::string_view name, double value) {
  ENSURE(std::nearbyint(value) == value && std::abs(value) < 9e15, MalformedModelError,
         "{}: '{}' is {}, a whole number is expected", t.node().describe(), name, value);
  return static_cast<int64_t>(value);
}

}  // namespace

double number_of(const Translation& t, std::string_view name) {
  const Attribute& attribute = need(t, name);
  if (const auto* number = std::get_if<int64_t>(&attribute)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<float>(&attribute)) return *number;
  refuse_kind(t, name);
}

int64_t int_of(const Translation& t, std::string_view name) { return whole(t, name, number_of(t, name)); }

bool flag_of(const Translation& t, std::string_view name) {
  return t.node().attrs.has(name) && number_of(t, name) != 0;
}

std::string text_of(const Translation& t, std::string_view name, std::string fallback) {
  const Attribute* attribute = t.node().attrs.find(name);
  const auto* text = attribute ? std::get_if<std::string>(attribute) : nullptr;
  return text ? *text : fallback;
}

std::optional<std::vector<int64_t>> ints_of(const Translation& t, std::string_view name) {
  const Attribute* attribute = t.node().attrs.find(name);
  if (!attribute) return std::nullopt;
  if (const auto* list = std::get_if<std::vector<int64_t>>(attribute)) return *list;
  if (const auto* list = std::get_if<std::vector<float>>(attribute)) {
    std::vector<int64_t> values;
    for (const float value : *list) values.push_back(whole(t, name, value));
    return values;
  }
  return std::vector<int64_t>{int_of(t, name)};
}

std::vector<int64_t> need_ints(const Translation& t, std::string_view name) {
  need(t, name);
  return *ints_of(t, name);
}

std::vector<int64_t> pair_of(const Translation& t, std::string_view name) {
  std::vector<int64_t> values = need_ints(t, name);
  if (values.size() == 1) values.push_back(values[0]);
  ENSURE(values.size() == 2, MalformedModelError, "{}: '{}' has {} numbers, one or two are expected",
         t.node().describe(), name, values.size());
  for (const int64_t value : values)
    ENSURE(value >= 0 && value < (int64_t{1} << 31), MalformedModelError, "{}: '{}' is {}",
           t.node().describe(), name, value);
  return values;
}

std::vector<int64_t> axes_of(const Translation& t, std::vector<int64_t> axes, const Value& x) {
  const auto rank = static_cast<int64_t>(t.rank_of(x));
  for (int64_t& axis : axes) {
    ENSURE(axis >= -rank && axis < rank, MalformedModelError, "{}: there is no axis {} of {}",
           t.node().describe(), axis, rank);
    if (axis < 0) axis += rank;
  }
  return axes;
}

}  // namespace modelconv::hetu
