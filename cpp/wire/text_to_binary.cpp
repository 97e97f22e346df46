#include <algorithm>
#include <limits>

#include "wire/protobuf.h"
#include "wire/text_schema.h"

namespace modelconv::text_proto {
namespace {

using protobuf::Writer;
using Type = Schema::Type;

class Transcoder {
 public:
  Transcoder(const Schema& schema, std::vector<std::string>& unknown) : schema_(schema), unknown_(unknown) {}

  Writer encode(const Message& message, std::string_view type) {
    const Schema::Fields& fields = schema_.message(type);
    std::vector<std::pair<const Schema::Field*, const std::vector<Value>*>> found;
    for (const auto& [name, values] : message.fields) {
      const auto field = fields.find(name);
      if (field != fields.end()) {
        check_count(name, field->second, values);
        found.emplace_back(&field->second, &values);
      } else if (!name.starts_with('[')) {
        report_unknown(name, values.empty() ? message.line : values.front().line, type, fields);
      }
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.first->number < b.first->number; });
    Writer writer;
    for (const auto& [field, values] : found)
      for (const Value& value : *values) add(writer, *field, value);
    return writer;
  }

 private:
  static void check_count(const std::string& name, const Schema::Field& field,
                          const std::vector<Value>& values) {
    if (!field.repeated && values.size() > 1)
      throw error_at(values[1].line,
                     fmt::format("field '{}' was set before, in line {}", name, values[0].line));
  }

  void report_unknown(const std::string& name, int line, std::string_view type,
                      const Schema::Fields& fields) {
    constexpr size_t kMost = 100;  // a file of another kind has nothing but unknown fields
    if (unknown_.size() >= kMost) return;
    std::vector<std::string> known;
    for (const auto& [known_name, field] : fields) known.push_back(known_name);
    const std::vector<std::string> near = nearest_names(name, known, 1);
    unknown_.push_back(fmt::format("line {}: {} has no field '{}'", line, type, name) +
                       (near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0])));
  }

  void add(Writer& writer, const Schema::Field& field, const Value& value) {
    const uint32_t n = field.number;
    switch (field.type) {
      case Type::float64: return writer.add_double(n, value.as_double());
      case Type::float32: return writer.add_float(n, static_cast<float>(value.as_double()));
      case Type::int32: return writer.add_int(n, ranged<int32_t>(value));
      case Type::int64: return writer.add_int(n, value.as_int64());
      case Type::uint32: return writer.add_uint(n, ranged<uint32_t>(value));
      case Type::uint64: return writer.add_uint(n, value.as_uint64());
      case Type::sint32: return writer.add_sint(n, ranged<int32_t>(value));
      case Type::sint64: return writer.add_sint(n, value.as_int64());
      case Type::fixed32: return writer.add_fixed32(n, ranged<uint32_t>(value));
      case Type::fixed64: return writer.add_fixed64(n, value.as_uint64());
      case Type::sfixed32: return writer.add_fixed32(n, static_cast<uint32_t>(ranged<int32_t>(value)));
      case Type::sfixed64: return writer.add_fixed64(n, static_cast<uint64_t>(value.as_int64()));
      case Type::boolean: return writer.add_bool(n, value.as_bool());
      case Type::text: return writer.add_string(n, value.as_string());
      case Type::enumeration: return writer.add_int(n, enum_number(field, value));
      case Type::message: return writer.add_message(n, encode(value.as_message(), field.type_name));
    }
  }

  template <typename T>
  static T ranged(const Value& value) {
    const int64_t number = value.as_int64();
    if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max())
      throw error_at(value.line, fmt::format("{} does not fit into 32 bits", value.text));
    return static_cast<T>(number);
  }

  int32_t enum_number(const Schema::Field& field, const Value& value) const {
    if (value.kind == Value::Kind::number) return ranged<int32_t>(value);
    const Schema::Enum& values = schema_.enumeration(field.type_name);
    const auto found = values.find(value.text);
    if (value.kind == Value::Kind::identifier && found != values.end()) return found->second;
    MalformedModelError error =
        error_at(value.line, fmt::format("{} has no value '{}'", field.type_name, value.text));
    std::vector<std::string> known;
    for (const auto& [name, number] : values) known.push_back(name);
    for (const std::string& near : nearest_names(value.text, known, 1))
      error.hint("did you mean " + near + "?");
    throw error;
  }

  const Schema& schema_;
  std::vector<std::string>& unknown_;
};

}  // namespace

std::string to_binary(const Message& message, const Schema& schema, std::string_view type,
                      std::vector<std::string>* unknown) {
  std::vector<std::string> found;
  std::string binary = Transcoder(schema, found).encode(message, type).to_string();
  if (unknown != nullptr) {
    *unknown = std::move(found);
  } else if (!found.empty()) {
    std::string text =
        fmt::format("the text has {} unknown field{}", found.size(), found.size() == 1 ? "" : "s");
    for (const std::string& line : found) text += "\n  " + line;
    throw MalformedModelError(text);
  }
  return binary;
}

}  // namespace modelconv::text_proto
