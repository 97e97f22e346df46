#include "formats/tensorflow/encode/signature.h"

#include <array>
#include <charconv>
#include <set>
#include <unordered_map>
#include <utility>

#include "formats/tensorflow/encode/signature_rows.h"
#include "formats/tensorflow/types.h"
#include "ops/infer.h"

namespace modelconv::tensorflow {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

int64_t parse_number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "T", "T*N", "[Tin]", "#3"; see tests/support/tensorflow_signatures.py.
Argument parse_argument(std::string_view text) {
  Argument argument;
  if (text.starts_with('[')) {
    argument.is_list = true;
    argument.type_attr = text.substr(1, text.size() - 2);
    return argument;
  }
  const size_t star = text.find('*');
  if (star != std::string_view::npos) argument.count = text.substr(star + 1);
  const std::string_view type = text.substr(0, star);
  if (type.starts_with('#'))
    argument.type = parse_number(type.substr(1));
  else
    argument.type_attr = type;
  return argument;
}

AttrKind kind_of_word(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, AttrKind>, 13> kKinds = {{{"type", AttrKind::type},
                                                                             {"int", AttrKind::integer},
                                                                             {"float", AttrKind::floating},
                                                                             {"bool", AttrKind::boolean},
                                                                             {"string", AttrKind::string},
                                                                             {"shape", AttrKind::shape},
                                                                             {"tensor", AttrKind::tensor},
                                                                             {"func", AttrKind::function},
                                                                             {"ints", AttrKind::integers},
                                                                             {"floats", AttrKind::floats},
                                                                             {"types", AttrKind::types},
                                                                             {"shapes", AttrKind::shapes},
                                                                             {"strings", AttrKind::strings}}};
  for (const auto& [name, kind] : kKinds)
    if (name == word) return kind;
  throw InternalError(fmt::format("'{}' is no kind of attribute", word));
}

Signature parse_row(const SignatureRow& row) {
  Signature signature;
  for (const std::string_view text : split(row.inputs, ',')) signature.inputs.push_back(parse_argument(text));
  for (const std::string_view text : split(row.outputs, ',')) {
    const size_t colon = text.find(':');
    signature.outputs.push_back(parse_argument(text.substr(colon + 1)));
    signature.outputs.back().name = text.substr(0, colon);
  }
  for (const std::string_view text : split(row.attrs, ' ')) {
    const size_t colon = text.find(':'), equals = text.find('=');
    AttrSpec attr{text.substr(0, colon), kind_of_word(text.substr(colon + 1, equals - colon - 1)), {}};
    if (equals != std::string_view::npos)
      for (const std::string_view number : split(text.substr(equals + 1), ','))
        attr.types.push_back(parse_number(number));
    signature.attrs.push_back(std::move(attr));
  }
  return signature;
}

int64_t number_of_type(DType dtype) {
  const auto number = number_of(dtype);
  if (!number)
    throw BadArgument(fmt::format("TensorFlow has no element type {}", name_of(dtype)))
        .hint("convert to another element type first");
  return *number;
}

// What the node itself says of a type or of a list of types.
void take_given_types(const Node& node, const Signature& signature, TypeAttrs& result) {
  for (const AttrSpec& spec : signature.attrs) {
    const Attribute* given = node.attrs.find(spec.name);
    if (!given) continue;
    if (spec.kind == AttrKind::type) {
      const Type* type = node.attrs.get<Type>(spec.name);
      result.types[spec.name] = {type->is_sequence() ? kVariant : number_of_type(type->dtype)};
    } else if (spec.kind == AttrKind::types) {
      if (const auto* types = std::get_if<std::vector<Type>>(given))
        for (const Type& type : *types)
          result.types[spec.name].push_back(type.is_sequence() ? kVariant : number_of_type(type.dtype));
      else
        result.types[spec.name] = {};
    } else if (spec.kind == AttrKind::integer) {
      result.counts[spec.name] = *node.attrs.get<int64_t>(spec.name);
    }
  }
}

void take_types_of_inputs(const Node& node, const Signature& signature, TypeAttrs& result) {
  size_t next = 0, fixed = 0;
  for (const Argument& argument : signature.inputs) fixed += argument.count.empty() && !argument.is_list;
  for (const Argument& argument : signature.inputs) {
    const bool several = !argument.count.empty() || argument.is_list;
    const size_t count = several ? node.input_count() - fixed : 1;
    ENSURE(next + count <= node.input_count() && node.input_count() >= fixed, InternalError,
           "{} has {} inputs", node.describe(), node.input_count());
    if (!argument.count.empty()) result.counts[argument.count] = static_cast<int64_t>(count);
    for (size_t i = 0; i < count; ++i, ++next) {
      if (argument.type_attr.empty()) continue;
      const Value* value = node.input(next);
      ENSURE(value, InternalError, "{} lacks an input", node.describe());
      if (argument.is_list)
        result.types[argument.type_attr].push_back(type_number_of(*value));
      else if (!result.types.contains(argument.type_attr))
        result.types[argument.type_attr] = {type_number_of(*value)};
    }
    if (argument.is_list) result.types[argument.type_attr];
  }
  ENSURE(next == node.input_count(), InternalError, "{} has {} inputs", node.describe(), node.input_count());
}

// Operators whose result has the shape of the first input, as far as rules ask for it.
bool keeps_shape(OpName op) {
  static const std::set<std::string_view> kOps = {"BiasAdd",   "Cast",      "Cumprod", "Cumsum",
                                                  "Elu",       "LeakyRelu", "Relu6",   "ReverseSequence",
                                                  "ReverseV2", "Rsqrt"};
  return kOps.contains(op.name());
}

void place_outputs(const Node& node, const Signature& signature, TypeAttrs& result) {
  for (const Argument& argument : signature.outputs) {
    size_t count = 1;
    if (argument.is_list) count = result.types[argument.type_attr].size();
    if (!argument.count.empty()) count = static_cast<size_t>(result.counts[argument.count]);
    for (size_t i = 0; i < count; ++i) {
      result.arguments.push_back(&argument);
      result.places.push_back(i);
    }
  }
  ENSURE(result.arguments.size() >= node.output_count(), InternalError, "{} has {} outputs", node.describe(),
         node.output_count());
}

}  // namespace

const AttrSpec* Signature::attr(std::string_view name) const {
  for (const AttrSpec& spec : attrs)
    if (spec.name == name) return &spec;
  return nullptr;
}

const Signature& signature_of(OpName op) {
  static const auto table = [] {
    std::unordered_map<std::string_view, Signature> all;
    for (const SignatureRow& row : kSignatureRows) all.emplace(row.op, parse_row(row));
    return all;
  }();
  const auto found = table.find(op.name());
  ENSURE(found != table.end(), InternalError, "the TensorFlow writer has no signature of {}", op.str());
  return found->second;
}

int64_t type_number_of(const Value& value) {
  if (value.type.is_sequence()) return kVariant;
  ENSURE(value.dtype() != DType::undefined, InternalError, "the element type of '{}' is not known",
         value.name());
  return number_of_type(value.dtype());
}

TypeAttrs type_attrs_of(const Node& node) {
  const Signature& signature = signature_of(node.op());
  TypeAttrs result;
  take_given_types(node, signature, result);
  for (const Argument& argument : signature.inputs)
    if (argument.is_list) result.types.erase(argument.type_attr);
  take_types_of_inputs(node, signature, result);
  place_outputs(node, signature, result);
  return result;
}

void infer_types(Node& node) {
  if (node.op().domain() != "tf") return infer_node(node);
  TypeAttrs attrs = type_attrs_of(node);
  for (size_t i = 0; i < node.output_count(); ++i) {
    Value* output = node.output(i);
    if (!output || output->type.kind != Type::Kind::unknown) continue;
    const Argument& argument = *attrs.arguments[i];
    int64_t number = argument.type;
    if (!argument.type_attr.empty()) {
      const auto& types = attrs.types[argument.type_attr];
      ENSURE(!types.empty(), InternalError, "{} does not say {}", node.describe(), argument.type_attr);
      number = types[argument.is_list ? attrs.places[i] : 0];
    }
    output->type = number == kVariant ? Type::sequence({}) : Type::tensor(dtype_from_number(number));
    if (i == 0 && keeps_shape(node.op())) output->type.shape = node.input(0)->shape();
  }
}

}  // namespace modelconv::tensorflow
