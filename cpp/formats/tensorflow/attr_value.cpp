// AttrValue -> Attribute.
#include "formats/tensorflow/graph_def.h"
#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

std::string_view function_name(protobuf::Reader message) {
  std::string_view name;
  while (message.next())
    if (message.field() == field::name_attr_list::name) name = message.as_name();
  return name;
}

Type type_of_number(int64_t number) { return Type::tensor(dtype_from_number(number)); }

// A list has values of one kind only; the kind that is there decides.
Attribute decode_list(protobuf::Reader message, const std::shared_ptr<const void>& keep_alive,
                      RepeatBudget& budget) {
  namespace list = field::list_value;
  std::vector<std::string> strings;
  std::vector<int64_t> integers, numbers;
  std::vector<float> floats;
  std::vector<Type> types;
  std::vector<Tensor> tensors;
  while (message.next()) switch (message.field()) {
      case list::s: strings.emplace_back(message.as_string()); break;
      case list::func: strings.emplace_back(function_name(message.as_message("func"))); break;
      case list::i:
      case list::b: message.append_varints(integers); break;
      case list::f: message.append_fixed(floats); break;
      case list::type: message.append_varints(numbers); break;
      case list::shape:
        types.push_back(Type::tensor(DType::undefined, decode_shape(message.as_message("shape"))));
        break;
      case list::tensor:
        tensors.push_back(decode_tensor(message.as_message("tensor"), keep_alive, budget));
        break;
      default: break;
    }
  for (const int64_t number : numbers) types.push_back(type_of_number(number));
  if (!strings.empty()) return strings;
  if (!floats.empty()) return floats;
  if (!types.empty()) return types;
  if (!tensors.empty()) return tensors;
  return integers;
}

// Value of the one field `wanted` of an AttrValue, read by `read`; `fallback` when it is not there.
template <class T, class Read>
T decode_field(Bytes encoded, uint32_t wanted, T fallback, const Read& read) {
  protobuf::Reader message(encoded, "AttrValue");
  T value = fallback;
  while (message.next())
    if (message.field() == wanted) value = read(message);
  return value;
}

}  // namespace

Attribute decode_attr(Bytes encoded, const std::shared_ptr<const void>& keep_alive, RepeatBudget& budget) {
  namespace attr = field::attr_value;
  protobuf::Reader message(encoded, "AttrValue");
  Attribute value = std::vector<int64_t>{};
  while (message.next()) switch (message.field()) {
      case attr::s: value = std::string(message.as_string()); break;
      case attr::i: value = message.as_int64(); break;
      case attr::f: value = message.as_float(); break;
      case attr::b: value = int64_t{message.as_bool()}; break;
      case attr::type: value = type_of_number(message.as_int32()); break;
      case attr::shape:
        value = Type::tensor(DType::undefined, decode_shape(message.as_message("shape")));
        break;
      case attr::tensor: value = decode_tensor(message.as_message("tensor"), keep_alive, budget); break;
      case attr::list: value = decode_list(message.as_message("list"), keep_alive, budget); break;
      case attr::func: value = std::string(function_name(message.as_message("func"))); break;
      default: break;
    }
  return value;
}

namespace {

FunctionCall parse_function_call(protobuf::Reader function) {
  FunctionCall call;
  while (function.next()) {
    if (function.field() == field::name_attr_list::name) call.name = function.as_name();
    if (function.field() != field::name_attr_list::attr) continue;
    protobuf::Reader entry = function.as_message("attr");
    std::pair<std::string_view, Bytes> attr;
    while (entry.next()) {
      if (entry.field() == field::map_entry::key) attr.first = entry.as_name();
      if (entry.field() == field::map_entry::value) attr.second = entry.as_bytes();
    }
    call.attrs.push_back(attr);
  }
  return call;
}

}  // namespace

FunctionCall decode_function_call(Bytes encoded) {
  FunctionCall call;
  protobuf::Reader message(encoded, "AttrValue");
  while (message.next())
    if (message.field() == field::attr_value::func) call = parse_function_call(message.as_message("func"));
  return call;
}

std::vector<FunctionCall> decode_function_calls(Bytes encoded) {
  std::vector<FunctionCall> calls;
  protobuf::Reader message(encoded, "AttrValue");
  while (message.next()) {
    if (message.field() != field::attr_value::list) continue;
    protobuf::Reader list = message.as_message("list");
    while (list.next())
      if (list.field() == field::list_value::func)
        calls.push_back(parse_function_call(list.as_message("func")));
  }
  return calls;
}

std::string_view decode_placeholder(Bytes encoded) {
  return decode_field(encoded, field::attr_value::placeholder, std::string_view(),
                      [](protobuf::Reader& message) { return message.as_name(); });
}

int64_t decode_int(Bytes encoded, int64_t fallback) {
  return decode_field(encoded, field::attr_value::i, fallback,
                      [](protobuf::Reader& message) { return message.as_int64(); });
}

std::string_view decode_string(Bytes encoded) {
  return decode_field(encoded, field::attr_value::s, std::string_view(),
                      [](protobuf::Reader& message) { return message.as_string(); });
}

size_t decode_list_size(Bytes encoded) {
  return decode_field(encoded, field::attr_value::list, size_t{0}, [](protobuf::Reader& message) {
    std::vector<int64_t> numbers;
    protobuf::Reader list = message.as_message("list");
    while (list.next())
      if (list.field() == field::list_value::type) list.append_varints(numbers);
    return numbers.size();
  });
}

}  // namespace modelconv::tensorflow
