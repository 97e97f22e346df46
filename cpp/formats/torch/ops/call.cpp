#include "formats/torch/ops/call.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/dtype.h"
#include "formats/torch/ops/complex.h"
#include "formats/torch/ops/signature.h"

namespace modelconv::torch {
namespace {

using nlohmann::json;

json json_attribute(const Node& node, const char* name, const char* absent) {
  const auto* text = node.attrs.get<std::string>(name);
  return json::parse(text ? *text : absent);
}

bool is_reference(const json& argument) {
  return argument.is_object() && (argument.contains("t") || argument.contains("s"));
}

std::string list_of(std::initializer_list<std::string_view> forms) {
  std::string text;
  for (const std::string_view form : forms) text += fmt::format("{}({})", text.empty() ? "" : " or ", form);
  return text;
}

// TorchScript passes element types as numbers. Source: c10/core/ScalarType.h.
std::string scalar_type(int64_t number) {
  static const char* const kNames[] = {
      "uint8",     "int8",      "int16",      "int32", "int64", "float16", "float32", "float64",
      "complex32", "complex64", "complex128", "bool",  "qint8", "quint8",  "qint32",  "bfloat16"};
  const bool is_known = number >= 0 && static_cast<size_t>(number) < std::size(kNames);
  return is_known ? kNames[number] : fmt::format("number {}", number);
}

double special_float(const std::string& name) {
  if (name == "inf") return std::numeric_limits<double>::infinity();
  if (name == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Call::Call(Translation& t, std::initializer_list<std::string_view> forms) : t_(t) {
  if (has_complex_input(t) && !knows_complex_numbers(t.node().op().name()))
    t.refuse("it works on complex numbers");
  const json args = json_attribute(t.node(), "args", "[]"), kwargs = json_attribute(t.node(), "kwargs", "{}");
  for (const std::string_view form : forms) {
    const std::vector<Parameter>& parameters = parameters_of(form);
    if (std::optional<Bound> bound = bind(parameters, args, kwargs)) {
      for (const Parameter& parameter : parameters) names_.push_back(parameter.name);
      values_ = std::move(bound->values);
      given_ = std::move(bound->given);
      return;
    }
    ++form_;
  }
  t.refuse("the call with {} {} does not fit {}", args.dump(), kwargs.dump(), list_of(forms));
}

const json* Call::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found == names_.end() ? nullptr : &values_[static_cast<size_t>(found - names_.begin())];
}

const json& Call::raw(std::string_view name) const {
  const json* value = find(name);
  ENSURE(value, InternalError, "{} has no parameter '{}'", t_.node().describe(), name);
  return *value;
}

bool Call::has(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found != names_.end() && given_[static_cast<size_t>(found - names_.begin())];
}

bool Call::is_tensor(std::string_view name) const {
  const json* value = find(name);
  return value && value->is_object() && value->contains("t");
}

Value* Call::value_of(const json& argument) const {
  if (!is_reference(argument)) return nullptr;
  const json& index = argument.contains("t") ? argument["t"] : argument["s"];
  return &t_.required(index.get<size_t>());
}

Value* Call::tensor_or_null(std::string_view name) const {
  const json* value = find(name);
  return value ? value_of(*value) : nullptr;
}

Value& Call::tensor(std::string_view name) const {
  Value* value = tensor_or_null(name);
  if (!value) t_.refuse("its '{}' is {}, not a tensor", name, raw(name).dump());
  return *value;
}

std::vector<Value*> Call::tensors(std::string_view name) const {
  std::vector<Value*> values;
  for (const json& item : raw(name)) values.push_back(value_of(item));
  return values;
}

std::optional<int64_t> Call::known(const json& argument) const {
  if (argument.is_boolean()) return argument.get<bool>() ? 1 : 0;
  if (argument.is_number_integer()) return argument.get<int64_t>();
  if (argument.is_number_float() && std::trunc(argument.get<double>()) == argument.get<double>())
    return static_cast<int64_t>(argument.get<double>());
  if (!is_reference(argument)) return std::nullopt;
  const auto numbers =
      t_.known_ints(argument.contains("t") ? argument["t"].get<size_t>() : argument["s"].get<size_t>());
  return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
}

std::optional<int64_t> Call::known_integer(std::string_view name) const { return known(raw(name)); }

int64_t Call::integer_of(const json& argument, std::string_view name) const {
  const std::optional<int64_t> number = known(argument);
  if (!number) t_.refuse("its '{}' is not known before the model runs", name);
  return *number;
}

int64_t Call::integer(std::string_view name) const { return integer_of(raw(name), name); }

std::vector<int64_t> Call::integers(std::string_view name) const {
  const json& value = raw(name);
  if (value.is_null()) return {};
  if (!value.is_array()) return {integer_of(value, name)};
  std::vector<int64_t> numbers;
  for (const json& item : value) numbers.push_back(integer_of(item, name));
  return numbers;
}

std::vector<int64_t> Call::integers(std::string_view name, size_t count) const {
  std::vector<int64_t> numbers = integers(name);
  if (numbers.size() == 1) numbers.resize(count, numbers[0]);
  if (numbers.size() != count)
    t_.refuse("its '{}' has {} entries, {} are needed", name, numbers.size(), count);
  return numbers;
}

double Call::number_of(const json& argument, std::string_view name) const {
  if (argument.is_number()) return argument.get<double>();
  if (argument.is_object() && argument.contains("float"))
    return special_float(argument["float"].get<std::string>());
  if (argument.is_object() && argument.contains("complex")) t_.refuse("its '{}' is a complex number", name);
  if (const Value* value = value_of(argument); value && value->is_constant() && is_float(value->dtype()))
    return value->constant().to_double().at(0);
  return static_cast<double>(integer_of(argument, name));
}

double Call::number(std::string_view name) const { return number_of(raw(name), name); }

std::vector<double> Call::numbers(std::string_view name) const {
  const json& value = raw(name);
  if (value.is_null()) return {};
  if (!value.is_array()) return {number_of(value, name)};
  std::vector<double> numbers;
  for (const json& item : value) numbers.push_back(number_of(item, name));
  return numbers;
}

bool Call::flag(std::string_view name) const {
  const json& value = raw(name);
  return value.is_boolean() ? value.get<bool>() : !value.is_null() && integer_of(value, name) != 0;
}

bool Call::is_text(std::string_view name) const { return raw(name).is_string(); }

bool Call::is_integral(std::string_view name) const {
  const json& value = raw(name);
  if (const Value* symbolic = value_of(value)) return !is_float(symbolic->dtype());
  return value.is_number_integer() || value.is_boolean();
}

std::string Call::text(std::string_view name) const {
  const json& value = raw(name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<DType> Call::dtype(std::string_view name) const {
  const json& value = raw(name);
  if (value.is_null()) return std::nullopt;
  const std::string text =
      value.is_number_integer() ? scalar_type(value.get<int64_t>()) : value["dtype"].get<std::string>();
  const std::optional<DType> dtype = dtype_from_name(text);
  if (!dtype) t_.refuse("element type {} has no ONNX form", text);
  return dtype;
}

Value& Call::scalar_of(const json& argument, DType dtype, std::string_view name) const {
  if (Value* value = value_of(argument)) return t_.cast(*value, dtype);
  if (argument.is_number_integer() && dtype == DType::int64)  // not by way of double: that has 53 bits
    return t_.constant(Tensor::scalar<int64_t>(argument.get<int64_t>()));
  return t_.scalar(dtype, number_of(argument, name));
}

Value& Call::operand(std::string_view name, DType dtype) const { return scalar_of(raw(name), dtype, name); }

std::vector<Value*> Call::int_scalars(std::string_view name) const {
  const json& value = raw(name);
  std::vector<Value*> scalars;
  if (!value.is_array()) return {&scalar_of(value, DType::int64, name)};
  for (const json& item : value) scalars.push_back(&scalar_of(item, DType::int64, name));
  return scalars;
}

Value& Call::int_vector(std::string_view name) const {
  const json& value = raw(name);
  const json list = value.is_array() ? value : json::array({value});
  const bool all_known =
      std::all_of(list.begin(), list.end(), [](const json& item) { return !is_reference(item); });
  if (all_known) return t_.ints(integers(name));
  std::vector<Value*> parts;
  for (Value* scalar : int_scalars(name)) parts.push_back(&t_.add("Unsqueeze", {scalar, &t_.ints({0})}));
  return parts.size() == 1 ? *parts[0] : t_.add("Concat", parts, {{"axis", int64_t{0}}});
}

int64_t normal_axis(const Translation& t, int64_t axis, size_t rank) {
  const auto count = static_cast<int64_t>(std::max<size_t>(rank, 1));
  ENSURE(axis >= -count && axis < count, MalformedModelError, "{}: there is no axis {} in {} axes",
         t.node().describe(), axis, rank);
  return axis < 0 ? axis + count : axis;
}

int64_t Call::axis(std::string_view name, size_t rank) const { return normal_axis(t_, integer(name), rank); }

std::vector<int64_t> Call::axes(std::string_view name, size_t rank) const {
  std::vector<int64_t> axes = integers(name);
  for (int64_t& axis : axes) axis = normal_axis(t_, axis, rank);
  return axes;
}

}  // namespace modelconv::torch
