#include "formats/torch/ops/signature.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/error.h"

namespace modelconv::torch {
namespace {

using nlohmann::json;

bool is_tensor(const json& value) { return value.is_object() && value.contains("t"); }
bool is_symbolic(const json& value) { return value.is_object() && value.contains("s"); }
bool is_int(const json& value) {
  return value.is_number_integer() || value.is_boolean() || is_symbolic(value);
}
bool is_number(const json& value) {
  return value.is_number() || value.is_boolean() || is_symbolic(value) ||
         (value.is_object() && (value.contains("float") || value.contains("complex")));
}

bool is_list_of(const json& value, bool (*is_item)(const json&)) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_item);
}

bool fits(const json& value, const std::string& kind) {
  if (kind == "tensor") return is_tensor(value);
  if (kind == "tensors")
    return is_list_of(value, [](const json& item) { return is_tensor(item) || item.is_null(); });
  if (kind == "int") return is_int(value);
  if (kind == "ints") return is_int(value) || is_list_of(value, is_int);
  if (kind == "number") return is_number(value);
  if (kind == "numbers") return is_number(value) || is_list_of(value, is_number);
  if (kind == "bool") return value.is_boolean() || value.is_number_integer();
  if (kind == "flag") return value.is_boolean();
  if (kind == "text") return value.is_string();
  if (kind == "dtype") return (value.is_object() && value.contains("dtype")) || value.is_number_integer();
  if (kind == "operand") return is_tensor(value) || is_number(value);
  ENSURE(kind == "any", InternalError, "there is no kind of argument '{}'", kind);
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Parameter parameter_from(std::string_view text) {
  Parameter parameter;
  if (const size_t equals = text.find('='); equals != std::string_view::npos) {
    const std::string_view fallback = text.substr(equals + 1);
    parameter.fallback = fallback == "None" ? json() : json::parse(fallback);
    text = text.substr(0, equals);
  }
  const size_t colon = text.find(':');
  parameter.name = text.substr(0, colon);
  parameter.kind = colon == std::string_view::npos ? "tensor" : text.substr(colon + 1);
  return parameter;
}

// Commas inside brackets belong to a default: "stride:ints=[1,1]".
std::vector<Parameter> parse(std::string_view form) {
  std::vector<Parameter> parameters;
  int depth = 0;
  size_t start = 0;
  for (size_t i = 0; i <= form.size(); ++i) {
    if (i < form.size()) {
      depth += form[i] == '[' ? 1 : form[i] == ']' ? -1 : 0;
      if (form[i] != ',' || depth > 0) continue;
    }
    if (const std::string_view text = trimmed(form.substr(start, i - start)); !text.empty())
      parameters.push_back(parameter_from(text));
    start = i + 1;
  }
  return parameters;
}

// Where and how a result is stored, which changes no value. Source: native_functions.yaml.
bool means_nothing(const std::string& keyword) {
  static const char* const kNames[] = {"device",    "layout",       "pin_memory",
                                       "generator", "non_blocking", "memory_format",
                                       "copy",      "implicit",     "requires_grad"};
  return std::find(std::begin(kNames), std::end(kNames), keyword) != std::end(kNames);
}

}  // namespace

const std::vector<Parameter>& parameters_of(std::string_view form) {
  static std::mutex mutex;
  static std::map<std::string_view, std::vector<Parameter>> known;
  const std::lock_guard lock(mutex);
  const auto found = known.find(form);
  return found != known.end() ? found->second : known.emplace(form, parse(form)).first->second;
}

std::optional<Bound> bind(const std::vector<Parameter>& parameters, const json& args, const json& kwargs) {
  if (args.size() > parameters.size()) return std::nullopt;
  Bound bound;
  size_t keywords_used = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    const json* value = i < args.size() ? &args[i] : nullptr;
    if (const auto keyword = kwargs.find(parameter.name); keyword != kwargs.end()) {
      if (value) return std::nullopt;
      value = &*keyword;
      ++keywords_used;
    }
    const bool is_missing = !value || value->is_null();
    if (is_missing ? !parameter.fallback : !fits(*value, parameter.kind)) return std::nullopt;
    bound.values.push_back(is_missing ? *parameter.fallback : *value);
    bound.given.push_back(!is_missing);
  }
  for (const auto& [keyword, value] : kwargs.items()) {
    const bool is_parameter = std::any_of(parameters.begin(), parameters.end(),
                                          [&](const Parameter& p) { return p.name == keyword; });
    if (!is_parameter && means_nothing(keyword)) ++keywords_used;
  }
  if (keywords_used != kwargs.size()) return std::nullopt;
  return bound;
}

}  // namespace modelconv::torch
