#include "formats/tensorflow/call_scope.h"

#include <algorithm>
#include <charconv>

namespace modelconv::tensorflow {
namespace {

size_t parse_number(std::string_view text, std::string_view whole) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  ENSURE(error == std::errc() && end == text.data() + text.size(), MalformedModelError,
         "the input '{}' has no number after its last colon", whole);
  return number;
}

// How many tensors the argument stands for.
size_t length_of(const ArgDef& arg, const EncodedAttrs& attrs) {
  for (const auto& [name, value] : attrs) {
    if (!arg.number_attr.empty() && name == arg.number_attr)
      return static_cast<size_t>(std::max<int64_t>(0, decode_int(value, 0)));
    if (!arg.type_list_attr.empty() && name == arg.type_list_attr) return decode_list_size(value);
  }
  return 1;
}

}  // namespace

BodyNames collect_names(const std::vector<NodeDef>& nodes, const FunctionDef* function) {
  BodyNames names;
  for (size_t i = 0; i < nodes.size(); ++i)
    ENSURE(names.nodes.emplace(nodes[i].name, i).second, MalformedModelError, "two nodes are called '{}'",
           nodes[i].name);
  for (size_t i = 0; function && i < function->inputs.size(); ++i)
    names.arguments.emplace(function->inputs[i].name, i);
  return names;
}

RefText parse_ref(std::string_view text) {
  RefText ref;
  const size_t last = text.rfind(':');
  if (last == std::string_view::npos) return {text, {}, 0};
  ref.index = parse_number(text.substr(last + 1), text);
  const size_t first = text.find(':');
  ref.node = text.substr(0, first);
  if (first != last) ref.output = text.substr(first + 1, last - first - 1);
  return ref;
}

Bytes substitute_placeholder(const CallScope& scope, Bytes value) {
  if (!scope.function) return value;
  const std::string_view placeholder = decode_placeholder(value);
  if (placeholder.empty()) return value;
  for (const auto& [name, given] : scope.attrs)
    if (name == placeholder) return given;
  return value;
}

EncodedAttrs substitute_placeholders(const CallScope& scope, EncodedAttrs attrs) {
  for (auto& [name, value] : attrs) value = substitute_placeholder(scope, value);
  return attrs;
}

size_t place_of_argument(const std::vector<ArgDef>& args, std::string_view name, const EncodedAttrs& attrs) {
  size_t place = 0;
  for (const ArgDef& arg : args) {
    if (arg.name == name) break;
    place += length_of(arg, attrs);
  }
  return place;
}

std::string_view argument_text(const CallScope& scope, size_t argument, size_t index) {
  size_t place = index;
  for (size_t i = 0; i < argument; ++i) place += length_of(scope.function->inputs[i], scope.attrs);
  ENSURE(place < scope.call->inputs.size() && !scope.call->inputs[place].starts_with('^'),
         MalformedModelError, "the call '{}' of the function '{}' has too few inputs", scope.prefix,
         scope.function->name);
  return scope.call->inputs[place];
}

std::string_view return_text(const CallScope& scope, size_t port) {
  size_t place = 0;
  for (const ArgDef& arg : scope.function->outputs) {
    const size_t length = length_of(arg, scope.attrs);
    if (port < place + length) {
      const auto found = scope.function->returns.find(arg.name);
      ENSURE(found != scope.function->returns.end() && length == 1, MalformedModelError,
             "the function '{}' does not say what its output '{}' is", scope.function->name, arg.name);
      return found->second;
    }
    place += length;
  }
  throw MalformedModelError(
      fmt::format("output {} of the function '{}' is used, it has {}", port, scope.function->name, place));
}

}  // namespace modelconv::tensorflow
