#include "wire/text_proto.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "wire/text_lexer.h"

namespace modelconv::text_proto {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Message parse() {
    Message message;
    message.line = 1;
    fields_until('\0', message);
    return message;
  }

 private:
  // Fields up to the closing symbol, or up to the end of the text for '\0'.
  void fields_until(char close, Message& message) {
    while (true) {
      if (close == '\0' ? lexer_.peek().kind == Token::Kind::end : lexer_.take_if(close)) return;
      std::vector<Value>& values = message.fields[field_name()];
      field_values(values);
      if (!lexer_.take_if(';')) lexer_.take_if(',');
    }
  }

  std::string field_name() {
    if (!lexer_.take_if('[')) return std::string(lexer_.expect_identifier());
    std::string name = "[";
    while (
        !lexer_.peek().is(']')) {  // a dotted name, for Any with a host before it: [type.googleapis.com/a.B]
      const Token part = lexer_.take();
      if (part.kind == Token::Kind::end || part.kind == Token::Kind::string) throw lexer_.unexpected("']'");
      name += part.text;
    }
    lexer_.take();
    return name + "]";
  }

  void field_values(std::vector<Value>& values) {
    const bool colon = lexer_.take_if(':');
    const bool message = lexer_.peek().is('{') || lexer_.peek().is('<');
    if (!colon && !message && !lexer_.peek().is('[')) throw lexer_.unexpected("':' or '{'");
    if (!lexer_.take_if('[')) return values.push_back(value());
    if (lexer_.take_if(']')) return;
    do values.push_back(value());
    while (lexer_.take_if(','));
    lexer_.expect(']');
  }

  Value value() {
    Value value;
    value.line = lexer_.peek().line;
    if (lexer_.peek().is('{') || lexer_.peek().is('<')) {
      value.kind = Value::Kind::message;
      value.message = nested_message();
    } else if (lexer_.peek().kind == Token::Kind::string) {
      value.kind = Value::Kind::string;
      while (lexer_.peek().kind == Token::Kind::string) value.text += unescape(lexer_.take());
    } else {
      scalar(value);
    }
    return value;
  }

  void scalar(Value& value) {
    if (lexer_.take_if('-')) value.text = "-";
    const Token::Kind kind = lexer_.peek().kind;
    if (kind != Token::Kind::number && kind != Token::Kind::identifier) throw lexer_.unexpected("a value");
    value.kind = kind == Token::Kind::number ? Value::Kind::number : Value::Kind::identifier;
    value.text += lexer_.take().text;
  }

  std::unique_ptr<Message> nested_message() {
    if (++depth_ > kMaxDepth)
      throw lexer_.error(fmt::format("messages are nested deeper than {} levels", kMaxDepth));
    auto message = std::make_unique<Message>();
    const Token open = lexer_.take();
    message->line = open.line;
    fields_until(open.is('{') ? '}' : '>', *message);
    --depth_;
    return message;
  }

  Lexer lexer_;
  int depth_ = 0;
};

MalformedModelError not_a(const char* wanted, const Value& value) {
  constexpr size_t kShown = 40;
  const std::string found =
      value.kind == Value::Kind::message ? "a message" : fmt::format("'{}'", value.text.substr(0, kShown));
  return error_at(value.line, fmt::format("expected {}, found {}", wanted, found));
}

// The magnitude of an integer and its sign; nothing when the text is no integer or does not fit into 64 bits.
struct Integer {
  bool ok = false, negative = false;
  uint64_t magnitude = 0;
};

Integer parse_integer(const Value& value) {
  Integer result;
  if (value.kind != Value::Kind::number) return result;
  std::string_view digits = value.text;
  result.negative = digits.starts_with('-');
  if (result.negative) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
  }
  const char* end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, result.magnitude, base);
  result.ok = code == std::errc() && stop == end;
  return result;
}

}  // namespace

Message parse(std::string_view text) { return Parser(text).parse(); }

MalformedModelError error_at(int line, const std::string& what) {
  return MalformedModelError(fmt::format("line {}: {}", line, what));
}

bool Value::as_bool() const {
  if (kind == Kind::identifier && (text == "true" || text == "True" || text == "t")) return true;
  if (kind == Kind::identifier && (text == "false" || text == "False" || text == "f")) return false;
  const Integer integer = parse_integer(*this);
  if (!integer.ok || integer.negative || integer.magnitude > 1) throw not_a("true or false", *this);
  return integer.magnitude == 1;
}

int64_t Value::as_int64() const {
  const Integer integer = parse_integer(*this);
  const uint64_t largest =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (integer.negative ? 1 : 0);
  if (!integer.ok || integer.magnitude > largest) throw not_a("an integer", *this);
  return static_cast<int64_t>(integer.negative ? 0 - integer.magnitude : integer.magnitude);
}

uint64_t Value::as_uint64() const {
  const Integer integer = parse_integer(*this);
  if (!integer.ok || integer.negative) throw not_a("an integer that is not negative", *this);
  return integer.magnitude;
}

double Value::as_double() const {
  if (kind != Kind::number && kind != Kind::identifier) throw not_a("a number", *this);
  if (const Integer integer = parse_integer(*this); integer.ok) {
    const auto magnitude = static_cast<double>(integer.magnitude);
    return integer.negative ? -magnitude : magnitude;
  }
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (kind == Kind::number && (digits.ends_with('f') || digits.ends_with('F'))) digits.remove_suffix(1);
  double number = 0;
  // from_chars knows inf, infinity and nan in any case and does not depend on the locale.
  const char* end = digits.data() + digits.size();
  auto [stop, code] = std::from_chars(digits.data(), end, number);
  if (code == std::errc::result_out_of_range) {  // as strtod does: infinity or zero
    const bool tiny =
        digits.find("e-") != std::string_view::npos || digits.find("E-") != std::string_view::npos;
    number = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    code = std::errc();
  }
  if (code != std::errc() || stop != end || digits.starts_with('-')) throw not_a("a number", *this);
  return negative ? -number : number;
}

const std::string& Value::as_string() const {
  if (kind != Kind::string) throw not_a("a string", *this);
  return text;
}

const Message& Value::as_message() const {
  if (kind != Kind::message) throw not_a("a message in braces", *this);
  return *message;
}

}  // namespace modelconv::text_proto
