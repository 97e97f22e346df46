#include "ops/attributes.h"

#include "base/error.h"
#include "ops/schema.h"

namespace modelconv {
namespace {

template <class T>
constexpr std::string_view kKindName = "";
template <>
constexpr std::string_view kKindName<int64_t> = "an int";
template <>
constexpr std::string_view kKindName<float> = "a float";
template <>
constexpr std::string_view kKindName<std::string> = "a string";
template <>
constexpr std::string_view kKindName<std::vector<int64_t>> = "a list of ints";
template <>
constexpr std::string_view kKindName<std::vector<float>> = "a list of floats";
template <>
constexpr std::string_view kKindName<std::vector<std::string>> = "a list of strings";
template <>
constexpr std::string_view kKindName<GraphPtr> = "a graph";
template <>
constexpr std::string_view kKindName<Tensor> = "a tensor";

// Null when absent.
template <class T>
const T* find_attr(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attrs.find(name);
  if (!attribute) return nullptr;
  const T* value = std::get_if<T>(attribute);
  ENSURE(value, MalformedModelError, "{}: attribute '{}' must be {}, it is of kind '{}'", node.describe(),
         name, kKindName<T>, kind_of(*attribute));
  return value;
}

template <class T>
std::optional<T> optional_attr(const Node& node, std::string_view name) {
  const T* value = find_attr<T>(node, name);
  return value ? std::optional<T>(*value) : std::nullopt;
}

[[noreturn]] void throw_missing(const Node& node, std::string_view name) {
  throw MalformedModelError(fmt::format("{}: the required attribute '{}' is missing", node.describe(), name));
}

// The schema's entry with a default of this kind.
const AttributeSchema& default_of(const Node& node, std::string_view name, AttributeSchema::Kind kind) {
  const OpSchema* schema = find_schema(node.op());
  const AttributeSchema* attribute = schema ? schema->attribute(name) : nullptr;
  if (!attribute || !attribute->has_default || attribute->kind != kind) throw_missing(node, name);
  return *attribute;
}

template <class T>
const T& required_attr(const Node& node, std::string_view name) {
  const T* value = find_attr<T>(node, name);
  if (!value) throw_missing(node, name);
  return *value;
}

using Kind = AttributeSchema::Kind;

DType checked_dtype(const Node& node, std::string_view name, int64_t number) {
  ENSURE(number > 0 && number < kDTypeCount, MalformedModelError,
         "{}: attribute '{}' is {}, which is not a data type", node.describe(), name, number);
  return static_cast<DType>(number);
}

}  // namespace

int64_t int_attr(const Node& node, std::string_view name) {
  const auto* value = find_attr<int64_t>(node, name);
  return value ? *value : default_of(node, name, Kind::integer).default_int;
}

float float_attr(const Node& node, std::string_view name) {
  const auto* value = find_attr<float>(node, name);
  return value ? *value : default_of(node, name, Kind::floating).default_float;
}

std::string string_attr(const Node& node, std::string_view name) {
  const auto* value = find_attr<std::string>(node, name);
  return value ? *value : std::string(default_of(node, name, Kind::string).default_string);
}

std::vector<int64_t> ints_attr(const Node& node, std::string_view name) {
  if (const auto* value = find_attr<std::vector<int64_t>>(node, name)) return *value;
  const auto values = default_of(node, name, Kind::integers).default_ints;
  return {values.begin(), values.end()};
}

std::vector<float> floats_attr(const Node& node, std::string_view name) {
  if (const auto* value = find_attr<std::vector<float>>(node, name)) return *value;
  const auto values = default_of(node, name, Kind::floats).default_floats;
  return {values.begin(), values.end()};
}

std::vector<std::string> strings_attr(const Node& node, std::string_view name) {
  if (const auto* value = find_attr<std::vector<std::string>>(node, name)) return *value;
  const auto values = default_of(node, name, Kind::strings).default_strings;
  return {values.begin(), values.end()};
}

Graph& graph_attr(const Node& node, std::string_view name) {
  const auto& graph = required_attr<GraphPtr>(node, name);
  if (!graph) throw_missing(node, name);
  return *graph;
}

const Tensor& tensor_attr(const Node& node, std::string_view name) {
  return required_attr<Tensor>(node, name);
}

DType dtype_attr(const Node& node, std::string_view name) {
  return checked_dtype(node, name, int_attr(node, name));
}

std::optional<int64_t> optional_int(const Node& node, std::string_view name) {
  return optional_attr<int64_t>(node, name);
}

std::optional<float> optional_float(const Node& node, std::string_view name) {
  return optional_attr<float>(node, name);
}

std::optional<std::string> optional_string(const Node& node, std::string_view name) {
  return optional_attr<std::string>(node, name);
}

std::optional<std::vector<int64_t>> optional_ints(const Node& node, std::string_view name) {
  return optional_attr<std::vector<int64_t>>(node, name);
}

std::optional<DType> optional_dtype(const Node& node, std::string_view name) {
  const auto* number = find_attr<int64_t>(node, name);
  return number ? std::optional<DType>(checked_dtype(node, name, *number)) : std::nullopt;
}

}  // namespace modelconv
