#include "formats/tflite/options.h"

#include <charconv>
#include <span>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"

namespace modelconv::tflite {
namespace {

using flatbuffer::Object;
using flatbuffer::Table;

// "padding:Padding; stride_w:int=1; _"
std::vector<OptionField> parse_fields(std::string_view text) {
  std::vector<OptionField> fields;
  for (size_t number = 0; !text.empty(); ++number) {
    const size_t end = text.find("; ");
    const std::string_view item = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 2);
    if (item == "_") continue;
    const size_t colon = item.find(':'), equals = item.find('=');
    OptionField field{number, std::string(item.substr(0, colon)),
                      std::string(item.substr(colon + 1, equals - colon - 1)), "", nullptr};
    if (equals != std::string_view::npos) field.fallback = item.substr(equals + 1);
    field.values = find_enum(field.type);
    fields.push_back(std::move(field));
  }
  return fields;
}

int64_t fallback_number(const OptionField& field) {
  if (field.fallback.empty()) return 0;
  if (field.values)
    return std::find(field.values->values.begin(), field.values->values.end(), field.fallback) -
           field.values->values.begin();
  return field.fallback[0] - '0';
}

int64_t read_number(const Table& table, const OptionField& field) {
  const int64_t fallback = fallback_number(field);
  const std::string& type = field.type;
  if (type == "long") return table.number<int64_t>(field.number, fallback);
  if (type == "uint") return table.number<uint32_t>(field.number, static_cast<uint32_t>(fallback));
  const size_t width = field.values ? field.values->width : type == "bool" || type == "byte" ? 1 : 4;
  if (width == 1) return table.number<int8_t>(field.number, static_cast<int8_t>(fallback));
  return table.number<int32_t>(field.number, static_cast<int32_t>(fallback));
}

std::string read_enum(const Table& table, const OptionField& field) {
  const int64_t number = read_number(table, field);
  ENSURE(number >= 0 && static_cast<size_t>(number) < field.values->values.size(), MalformedModelError,
         "its option {} is {}, which is no {}", field.name, number, field.values->name);
  return std::string(field.values->values[static_cast<size_t>(number)]);
}

template <class T>
std::vector<int64_t> read_list(const Table& table, const OptionField& field) {
  const std::vector<T> values = table.numbers<T>(field.number);
  return {values.begin(), values.end()};
}

Attribute read_field(const Table& table, const OptionField& field, const SubgraphReader& subgraph) {
  const std::string& type = field.type;
  if (field.values) return read_enum(table, field);
  if (type == "float") return table.number<float>(field.number);
  if (type == "string") return valid_utf8(table.text(field.number));
  if (type == "[int]") return read_list<int32_t>(table, field);
  if (type == "[uint]") return read_list<uint32_t>(table, field);
  if (type == "[long]") return read_list<int64_t>(table, field);
  if (type == "[bool]") return read_list<uint8_t>(table, field);
  if (type == "[float]") return table.numbers<float>(field.number);
  if (type == "[ubyte]") return Tensor::vector(table.numbers<uint8_t>(field.number));
  if (type == "subgraph") return subgraph(table.number<int32_t>(field.number));
  if (type == "[subgraph]") {
    std::vector<GraphPtr> graphs;
    for (const int32_t index : table.numbers<int32_t>(field.number)) graphs.push_back(subgraph(index));
    return graphs;
  }
  return type == "bool" ? int64_t{read_number(table, field) != 0} : read_number(table, field);
}

void write_number(Object& object, const OptionField& field, int64_t value) {
  const int64_t fallback = fallback_number(field);
  const std::string& type = field.type;
  const size_t width = field.values                       ? field.values->width
                       : type == "long"                   ? 8
                       : type == "bool" || type == "byte" ? 1
                                                          : 4;
  if (width == 8) return object.set<int64_t>(field.number, value, fallback);
  if (width == 1)
    return object.set<int8_t>(field.number, static_cast<int8_t>(value), static_cast<int8_t>(fallback));
  object.set<int32_t>(field.number, static_cast<int32_t>(value), static_cast<int32_t>(fallback));
}

template <class T>
void write_list(Object& object, const OptionField& field, const std::vector<int64_t>& values) {
  object.set_numbers(field.number, std::vector<T>(values.begin(), values.end()));
}

class FieldWriter {
 public:
  FieldWriter(Object& object, const OptionField& field, const SubgraphWriter& subgraph)
      : object_(object), field_(field), subgraph_(subgraph) {}

  void operator()(int64_t value) { write_number(object_, field_, value); }
  void operator()(float value) {
    expect(field_.type == "float");
    object_.set<float>(field_.number, value);
  }
  void operator()(const std::string& value) {
    if (!field_.values) return object_.set_text(field_.number, value);
    const auto& names = field_.values->values;
    const auto found = std::find(names.begin(), names.end(), value);
    ENSURE(found != names.end(), InternalError, "option {} has the value '{}', which is no {}", field_.name,
           value, field_.values->name);
    write_number(object_, field_, found - names.begin());
  }
  void operator()(const std::vector<int64_t>& values) {
    if (field_.type == "[int]" || field_.type == "[uint]")
      return write_list<int32_t>(object_, field_, values);
    if (field_.type == "[bool]") return write_list<uint8_t>(object_, field_, values);
    expect(field_.type == "[long]");
    write_list<int64_t>(object_, field_, values);
  }
  void operator()(const std::vector<float>& values) { object_.set_numbers(field_.number, values); }
  void operator()(const Tensor& bytes) {
    const auto values = bytes.data<uint8_t>();
    object_.set_numbers(field_.number, std::vector<uint8_t>(values.begin(), values.end()));
  }
  void operator()(const GraphPtr& graph) { write_number(object_, field_, subgraph_(graph)); }
  void operator()(const std::vector<GraphPtr>& graphs) {
    std::vector<int32_t> indices;
    for (const GraphPtr& graph : graphs) indices.push_back(static_cast<int32_t>(subgraph_(graph)));
    object_.set_numbers(field_.number, indices);
  }
  template <class Other>
  void operator()(const Other&) {
    expect(false);
  }

 private:
  void expect(bool fits) const {
    ENSURE(fits, InternalError, "option {} is of the kind {}, the attribute is not", field_.name,
           field_.type);
  }
  Object& object_;
  const OptionField& field_;
  const SubgraphWriter& subgraph_;
};

}  // namespace

const BuiltinRow* find_builtin(int32_t code) {
  const auto& rows = builtin_rows();
  return code >= 0 && static_cast<size_t>(code) < rows.size() ? &rows[static_cast<size_t>(code)] : nullptr;
}

const BuiltinRow* find_builtin(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const BuiltinRow*> map;
    for (const BuiltinRow& row : builtin_rows()) map[row.name] = &row;
    return map;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

const Options* find_options(std::string_view table) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, Options> map;
    for (const OptionsRow& row : options_rows()) map[row.name] = {&row, parse_fields(row.fields)};
    return map;
  }();
  const auto found = by_name.find(table);
  return found == by_name.end() ? nullptr : &found->second;
}

Attrs decode_options(const Options& options, const Table& table, const SubgraphReader& subgraph) {
  Attrs attrs;
  for (const OptionField& field : options.fields) attrs.set(field.name, read_field(table, field, subgraph));
  return attrs;
}

Object encode_options(const Options& options, const Attrs& attrs, const SubgraphWriter& subgraph) {
  Object object = Object::table();
  for (const OptionField& field : options.fields)
    if (const Attribute* value = attrs.find(field.name))
      std::visit(FieldWriter(object, field, subgraph), *value);
  return object;
}

Attribute default_of(const OptionField& field) {
  ENSURE(field.type != "subgraph" && field.type != "[subgraph]", MalformedModelError,
         "its options are left out, so it does not say which subgraph it calls");
  if (field.values) return std::string(field.values->values[static_cast<size_t>(fallback_number(field))]);
  if (field.type == "float") return 0.0F;
  if (field.type == "string") return std::string();
  if (field.type == "[float]") return std::vector<float>();
  if (field.type == "[ubyte]") return Tensor::vector(std::vector<uint8_t>());
  if (field.type.starts_with("[")) return std::vector<int64_t>();
  return fallback_number(field);
}

Attrs default_options(const Options& options) {
  Attrs attrs;
  for (const OptionField& field : options.fields) attrs.set(field.name, default_of(field));
  return attrs;
}

}  // namespace modelconv::tflite
