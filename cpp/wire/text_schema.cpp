#include "wire/text_schema.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "wire/text_lexer.h"

namespace modelconv::text_proto {
namespace {

using Type = Schema::Type;

std::optional<Type> scalar_type(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Type>, 15> kScalars = {{
      {"double", Type::float64},
      {"float", Type::float32},
      {"int32", Type::int32},
      {"int64", Type::int64},
      {"uint32", Type::uint32},
      {"uint64", Type::uint64},
      {"sint32", Type::sint32},
      {"sint64", Type::sint64},
      {"fixed32", Type::fixed32},
      {"fixed64", Type::fixed64},
      {"sfixed32", Type::sfixed32},
      {"sfixed64", Type::sfixed64},
      {"bool", Type::boolean},
      {"string", Type::text},
      {"bytes", Type::text},
  }};
  for (const auto& [scalar, type] : kScalars)
    if (scalar == name) return type;
  return std::nullopt;
}

}  // namespace

class SchemaParser {
 public:
  explicit SchemaParser(std::string_view proto) : lexer_(proto, true) {}

  Schema parse() {
    while (lexer_.peek().kind != Token::Kind::end) top_level_statement();
    for (auto& [scope, fields] : schema_.messages_)
      for (auto& [name, field] : fields)
        if (field.type == Type::message) resolve(scope, field);
    return std::move(schema_);
  }

 private:
  void top_level_statement() {
    const std::string_view word = lexer_.expect_identifier();
    if (word == "message")
      message("");
    else if (word == "enum")
      enumeration("");
    else
      skip_statement();
  }

  static std::string inside(const std::string& scope, std::string_view name) {
    return scope.empty() ? std::string(name) : scope + "." + std::string(name);
  }

  void message(const std::string& scope) {
    if (++depth_ > kMaxDepth) throw lexer_.error("messages are nested too deep");
    const std::string name = inside(scope, lexer_.expect_identifier());
    if (!schema_.messages_.try_emplace(name).second)
      throw lexer_.error("message " + name + " was defined before");
    lexer_.expect('{');
    while (!lexer_.take_if('}'))
      if (!lexer_.take_if(';')) member(name, lexer_.expect_identifier());
    --depth_;
  }

  void member(const std::string& scope, std::string_view word) {
    if (word == "message") return message(scope);
    if (word == "enum") return enumeration(scope);
    if (word == "option" || word == "reserved" || word == "extensions") return skip_statement();
    if (word == "oneof") {
      lexer_.expect_identifier();
      lexer_.expect('{');
      while (!lexer_.take_if('}')) field(scope, {}, lexer_.expect_identifier());
      return;
    }
    if (word == "map") return map_field(scope);
    Schema::Field field_start;
    field_start.repeated = word == "repeated";
    const bool labelled = field_start.repeated || word == "optional" || word == "required";
    field(scope, std::move(field_start), labelled ? lexer_.expect_identifier() : word);
  }

  // <type> name = number [options];
  void field(const std::string& scope, Schema::Field field, std::string_view type) {
    set_type(field, type);
    const std::string name(lexer_.expect_identifier());
    field.number = static_cast<uint32_t>(number_after_equals());
    if (lexer_.take_if('['))
      while (!lexer_.take_if(']')) next_of_statement();
    lexer_.expect(';');
    if (!schema_.messages_[scope].try_emplace(name, std::move(field)).second)
      throw lexer_.error("field " + name + " was defined before");
  }

  void set_type(Schema::Field& field, std::string_view name) {
    if (const auto scalar = scalar_type(name)) {
      field.type = *scalar;
      return;
    }
    field.type_name = name;
    while (lexer_.take_if('.')) field.type_name += "." + std::string(lexer_.expect_identifier());
  }

  // map<K, V> name = n is repeated Entry name = n with message Entry { K key = 1; V value = 2; }
  void map_field(const std::string& scope) {
    Schema::Field key{.number = 1}, value{.number = 2}, entries{.repeated = true};
    lexer_.expect('<');
    set_type(key, lexer_.expect_identifier());
    lexer_.expect(',');
    set_type(value, lexer_.expect_identifier());
    lexer_.expect('>');
    // No name in a file holds a space: it cannot collide.
    const std::string entry = scope + ". entry of " + std::string(lexer_.peek().text);
    schema_.messages_[entry] = {{"key", std::move(key)}, {"value", std::move(value)}};
    entries.type_name = entry;
    const std::string name(lexer_.expect_identifier());
    entries.number = static_cast<uint32_t>(number_after_equals());
    lexer_.expect(';');
    schema_.messages_[scope].try_emplace(name, std::move(entries));
  }

  void enumeration(const std::string& scope) {
    const std::string name = inside(scope, lexer_.expect_identifier());
    Schema::Enum& values = schema_.enums_[name];
    lexer_.expect('{');
    while (!lexer_.take_if('}')) {
      const std::string value(lexer_.expect_identifier());
      if (value == "option" || value == "reserved") {
        skip_statement();
        continue;
      }
      values[value] = number_after_equals();
      if (lexer_.take_if('['))
        while (!lexer_.take_if(']')) next_of_statement();
      lexer_.expect(';');
    }
  }

  int32_t number_after_equals() {
    lexer_.expect('=');
    const bool negative = lexer_.take_if('-');
    const Token token = lexer_.take();
    int32_t number = 0;
    const char* end = token.text.data() + token.text.size();
    const auto [stop, code] = std::from_chars(token.text.data(), end, number);
    if (token.kind != Token::Kind::number || code != std::errc() || stop != end)
      throw Lexer::error("expected a number", token);
    return negative ? -number : number;
  }

  void next_of_statement() {
    if (lexer_.take().kind == Token::Kind::end) throw lexer_.unexpected("';'");
  }

  void skip_statement() {
    while (!lexer_.take_if(';')) next_of_statement();
  }

  // The innermost scope that knows the name wins, as in C++.
  void resolve(std::string scope, Schema::Field& field) const {
    while (true) {
      const std::string full = inside(scope, field.type_name);
      const bool is_enum = schema_.enums_.contains(full);
      if (is_enum || schema_.messages_.contains(full)) {
        field.type = is_enum ? Type::enumeration : Type::message;
        field.type_name = full;
        return;
      }
      if (scope.empty()) throw MalformedModelError("the schema does not define '" + field.type_name + "'");
      const size_t dot = scope.rfind('.');
      scope.resize(dot == std::string::npos ? 0 : dot);
    }
  }

  Lexer lexer_;
  Schema schema_;
  int depth_ = 0;
};

Schema Schema::parse(std::string_view proto) { return SchemaParser(proto).parse(); }

const Schema::Fields& Schema::message(std::string_view name) const {
  const auto found = messages_.find(name);
  ENSURE(found != messages_.end(), InternalError, "the schema has no message '{}'", name);
  return found->second;
}

const Schema::Enum& Schema::enumeration(std::string_view name) const {
  const auto found = enums_.find(name);
  ENSURE(found != enums_.end(), InternalError, "the schema has no enum '{}'", name);
  return found->second;
}

}  // namespace modelconv::text_proto
