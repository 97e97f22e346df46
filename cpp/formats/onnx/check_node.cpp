#include "formats/onnx/check_node.h"

#include <limits>

#include "base/error.h"

namespace modelconv::onnx {
namespace {

using Kind = AttributeSchema::Kind;

std::string_view name_of_kind(Kind kind) {
  constexpr std::string_view kNames[] = {
      "an int", "a float", "a string", "a tensor", "a graph", "a sparse tensor", "a type",
      "ints",   "floats",  "strings",  "tensors",  "graphs",  "sparse tensors",  "types"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<Kind> kind_of(AttributeType type) {
  switch (type) {
    case AttributeType::integer: return Kind::integer;
    case AttributeType::floating: return Kind::floating;
    case AttributeType::string: return Kind::string;
    case AttributeType::tensor: return Kind::tensor;
    case AttributeType::graph: return Kind::graph;
    case AttributeType::sparse_tensor: return Kind::sparse_tensor;
    case AttributeType::type: return Kind::type;
    case AttributeType::integers: return Kind::integers;
    case AttributeType::floats: return Kind::floats;
    case AttributeType::strings: return Kind::strings;
    case AttributeType::tensors: return Kind::tensors;
    case AttributeType::graphs: return Kind::graphs;
    case AttributeType::sparse_tensors: return Kind::sparse_tensors;
    case AttributeType::types: return Kind::types;
    default: return std::nullopt;  // the decoder refuses it
  }
}

// "2 inputs (A, B)", "1 to 3 inputs (X, W, B)", "at least 1 input (data_0)"
std::string wanted(int32_t least, int32_t most, std::span<const ParameterSchema> parameters,
                   const char* what) {
  std::string names;
  for (const ParameterSchema& parameter : parameters) (names += names.empty() ? "" : ", ") += parameter.name;
  std::string count;
  if (least == most)
    count = fmt::format("{}", most);
  else if (most == std::numeric_limits<int32_t>::max())
    count = fmt::format("at least {}", least);
  else
    count = fmt::format("{} to {}", least, most);
  const bool one = most == 1 || (most == std::numeric_limits<int32_t>::max() && least == 1);
  return fmt::format("{} {}{}{}", count, what, one ? "" : "s",
                     names.empty() ? "" : fmt::format(" ({})", names));
}

// Those left out at the end do not count.
int32_t count_given(const std::vector<Text>& names) {
  size_t count = names.size();
  while (count > 0 && names[count - 1].empty()) --count;
  return static_cast<int32_t>(count);
}

}  // namespace

void check_parameters(const NodeMessage& node, const OpSchema& schema) {
  const int32_t inputs = count_given(node.inputs), outputs = count_given(node.outputs);
  ENSURE(inputs >= schema.min_inputs && inputs <= schema.max_inputs, MalformedModelError,
         "{} takes {}, this node has {}", schema.name,
         wanted(schema.min_inputs, schema.max_inputs, schema.inputs, "input"), inputs);
  for (size_t i = 0; i < static_cast<size_t>(inputs); ++i) {
    const ParameterSchema* parameter = schema.input(i);
    ENSURE(!node.inputs[i].empty() || !parameter || parameter->option != ParameterSchema::Option::single,
           MalformedModelError, "{} needs its input {} ({}), which is left out here", schema.name, i,
           parameter->name);
  }
  ENSURE(outputs <= schema.max_outputs, MalformedModelError, "{} gives {}, this node has {}", schema.name,
         wanted(schema.min_outputs, schema.max_outputs, schema.outputs, "output"), outputs);
}

void check_attribute(Text name, const AttributeMessage& attribute, const OpSchema& schema) {
  const AttributeSchema* known = schema.attribute(name);
  const std::optional<Kind> kind = kind_of(attribute.type);
  if (!known || !kind || *kind == known->kind) return;
  throw MalformedModelError(fmt::format("attribute '{}' of {} has to be {}, here it is {}", name, schema.name,
                                        name_of_kind(known->kind), name_of_kind(*kind)));
}

}  // namespace modelconv::onnx
