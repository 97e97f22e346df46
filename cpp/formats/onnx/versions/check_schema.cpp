#include "formats/onnx/versions/check_schema.h"

#include <algorithm>

#include "base/error.h"

namespace modelconv::onnx {
namespace {

using Kind = AttributeSchema::Kind;

bool is_default(const AttributeSchema& schema, const Attribute& attribute) {
  if (!schema.has_default) return false;
  if (const auto* value = std::get_if<int64_t>(&attribute))
    return schema.kind == Kind::integer && *value == schema.default_int;
  if (const auto* value = std::get_if<float>(&attribute))
    return schema.kind == Kind::floating && *value == schema.default_float;
  if (const auto* value = std::get_if<std::string>(&attribute))
    return schema.kind == Kind::string && *value == schema.default_string;
  if (const auto* value = std::get_if<std::vector<int64_t>>(&attribute))
    return schema.kind == Kind::integers &&
           std::equal(value->begin(), value->end(), schema.default_ints.begin(), schema.default_ints.end());
  return false;
}

std::string fit_attributes(Node& node, const OpSchema& schema) {
  const OpSchema* newest = find_schema(OpName("", schema.name));
  const Attrs attrs = node.attrs;
  for (const auto& [name, attribute] : attrs) {
    if (schema.attribute(name)) continue;
    const AttributeSchema* known = newest ? newest->attribute(name) : nullptr;
    if (!known) return fmt::format("it has no attribute '{}'", name);
    if (!is_default(*known, attribute)) return fmt::format("attribute '{}' came with a later opset", name);
    node.attrs.remove(name);
  }
  for (const AttributeSchema& attribute : schema.attributes)
    if (attribute.required && !node.attrs.has(attribute.name))
      return fmt::format("its attribute '{}' is required", attribute.name);
  return "";
}

bool allows(const TypeSet& types, const Type& type) {
  const auto has = [&](uint64_t set, DType dtype) {
    return dtype == DType::undefined || ((set >> static_cast<unsigned>(dtype)) & 1) != 0;
  };
  switch (type.kind) {
    case Type::Kind::unknown: return true;
    case Type::Kind::tensor: return has(types.tensor, type.dtype);
    case Type::Kind::sequence: return !type.element || has(types.sequence, type.element->dtype);
    case Type::Kind::optional:
      if (!type.element) return true;
      if (type.element->is_sequence())
        return !type.element->element || has(types.optional_sequence, type.element->element->dtype);
      return has(types.optional_tensor, type.element->dtype);
    default: return types.other;
  }
}

// Without the shape, which no schema restricts.
std::string spell(const Type& type) {
  return type.is_tensor() ? std::string(name_of(type.dtype)) : type.str();
}

std::string check_value(const Value* value, const ParameterSchema* parameter, const char* side,
                        size_t index) {
  if (!value) {
    const bool optional = parameter && parameter->option != ParameterSchema::Option::single;
    return optional ? "" : fmt::format("{} {} must be given", side, index);
  }
  if (!parameter) return fmt::format("{} {} came with a later opset", side, index);
  if (!allows(parameter->types, value->type))
    return fmt::format("{} '{}' may not be {}", side, parameter->name, spell(value->type));
  return "";
}

}  // namespace

std::string fit_to_schema(Node& node, const OpSchema& schema) {
  if (schema.deprecated) return "it was taken away";
  std::string problem = fit_attributes(node, schema);
  for (size_t i = 0; problem.empty() && i < node.input_count(); ++i)
    problem = check_value(node.input(i), schema.input(i), "input", i);
  for (size_t i = 0; problem.empty() && i < node.output_count(); ++i)
    if (node.output(i)) problem = check_value(node.output(i), schema.output(i), "output", i);
  if (problem.empty() && node.input_count() < static_cast<size_t>(schema.min_inputs))
    problem = fmt::format("it needs {} inputs", schema.min_inputs);
  return problem;
}

}  // namespace modelconv::onnx
