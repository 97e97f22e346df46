#include "ir/text_literals.h"

#include <utility>

#include "ir/quote.h"
#include "ir/text_elements.h"

namespace modelconv::syntax {
namespace {

// The text of one dimension ends at a comma or a bracket that is not inside its own parentheses or quotes.
Dim read_dim(Cursor& cursor) {
  cursor.skip();
  const size_t start = cursor.at();
  const std::string_view rest = cursor.rest();
  size_t end = 0;
  for (int open = 0; end < rest.size(); ++end) {
    const char c = rest[end];
    if (c == '\n' || c == ']' || (c == ',' && open == 0)) break;
    if (c == '"' && !unquote(rest, end))
      cursor.fail("a name in this dimension has no closing quote or a bad escape");
    if (c == '"') --end;  // unquote() went behind the closing quote
    open += c == '(' ? 1 : c == ')' ? -1 : 0;
  }
  cursor.go_back(start + end);
  try {
    return Dim::parse(std::string(rest.substr(0, end)));
  } catch (BadArgument& error) {
    error.in(cursor.place(start));
    throw;
  }
}

Shape read_shape(Cursor& cursor) {
  cursor.open('[', "in front of the dimensions");
  cursor.skip();
  std::vector<Dim> dims;
  if (cursor.rest().starts_with("...")) {
    cursor.expect_text("...", "");
    cursor.close(']', "behind the dots");
    return {};
  }
  while (!cursor.take_close(']')) {
    if (!dims.empty() && !cursor.take_separator(']')) continue;
    dims.push_back(read_dim(cursor));
  }
  return dims;
}

Type read_tensor_type(Cursor& cursor, const char* what) {
  const std::string_view word = cursor.peek_word();
  const std::optional<DType> dtype = dtype_from_name(word);
  if (!dtype && !cursor.take('?')) cursor.fail_expected(what);
  if (dtype) cursor.take_word(word);
  const bool has_shape = cursor.peek() == '[';
  if (!dtype && !has_shape) return {};
  return Type::tensor(dtype.value_or(DType::undefined), has_shape ? read_shape(cursor) : Shape());
}

Type read_map_type(Cursor& cursor) {
  Type type;
  type.kind = Type::Kind::map;
  const std::string_view key = cursor.peek_word();
  if (const std::optional<DType> dtype = dtype_from_name(key)) {
    cursor.take_word(key);
    type.dtype = *dtype;
  } else if (!cursor.take('?')) {
    cursor.fail_expected("the dtype of the map's keys");
  }
  cursor.expect(',', "behind the dtype of the map's keys");
  type.element = std::make_shared<const Type>(read_type(cursor));
  return type;
}

Type read_wrapped_type(Cursor& cursor, std::string_view wrapper) {
  cursor.take_word(wrapper);
  cursor.open('(', "behind the kind of the type");
  Type type;
  if (wrapper == "seq") type = Type::sequence(read_type(cursor));
  if (wrapper == "optional") type = Type::optional(read_type(cursor));
  if (wrapper == "map") type = read_map_type(cursor);
  if (wrapper == "sparse") {
    type = read_tensor_type(cursor, "the type of a tensor");
    type.kind = Type::Kind::sparse_tensor;
  }
  cursor.close(')', "at the end of the type");
  return type;
}

Dims static_dims(Cursor& cursor, const Shape& shape) {
  const std::optional<Dims> dims = shape.static_dims();
  if (!dims) cursor.fail(fmt::format("a tensor needs numbers as its dimensions, not {}", shape.str()));
  return *dims;
}

// A size that a literal can have; the errors of `element_count` have no place in the text.
int64_t counted(const Cursor& cursor, const Dims& dims) {
  try {
    return element_count(dims);
  } catch (const ShapeError& error) {
    cursor.fail(error.message());
  }
}

std::vector<std::string> read_strings(Cursor& cursor) {
  std::vector<std::string> strings;
  while (!cursor.take_close('}')) {
    if (!strings.empty() && !cursor.take_separator('}')) continue;
    strings.push_back(cursor.string());
  }
  return strings;
}

void read_element(Cursor& cursor, DType dtype, std::vector<std::string_view>& tokens) {
  const std::string_view word = cursor.peek_word();
  if (dtype == DType::boolean && (word == "true" || word == "false")) {
    cursor.take_word(word);
    tokens.push_back(word);
  } else if (is_complex(dtype)) {
    cursor.open('(', "in front of a complex number");
    tokens.push_back(cursor.number());
    cursor.expect(',', "between the two parts of a complex number");
    tokens.push_back(cursor.number());
    cursor.close(')', "behind a complex number");
  } else {
    tokens.push_back(cursor.number());
  }
}

std::vector<std::string_view> read_tokens(Cursor& cursor, DType dtype) {
  std::vector<std::string_view> tokens;
  while (!cursor.take_close('}')) {
    if (!tokens.empty() && !cursor.take_separator('}')) continue;
    read_element(cursor, dtype, tokens);
  }
  return tokens;
}

// splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"): numbers in [-1, 1).
void fill_random(std::span<float> values, uint64_t seed) {
  uint64_t state = seed << 32;
  for (float& value : values) {
    state += 0x9E3779B97F4A7C15U;
    uint64_t mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    value = static_cast<float>((mixed ^ (mixed >> 31)) >> 40) * 0x1p-23F - 1.0F;
  }
}

bool is_generator(std::string_view word) { return word == "zeros" || word == "ones" || word == "random"; }

Tensor read_generated(Cursor& cursor) {
  const std::string_view word = cursor.peek_word();
  cursor.take_word(word);
  const Dims dims = static_dims(cursor, read_shape(cursor));
  const int64_t count = counted(cursor, dims);
  if (count > cursor.elements_left)
    cursor.fail(fmt::format("{}{} has too many elements for a text: {}", word, to_string(dims), count));
  cursor.elements_left -= count;
  Tensor tensor = Tensor::filled(DType::float32, dims, word == "ones" ? 1 : 0);
  if (word == "random") fill_random(tensor.mutable_data<float>(), cursor.random_seed++);
  return tensor;
}

}  // namespace

Type read_type(Cursor& cursor) {
  const Cursor::Level level(cursor);
  const std::string_view word = cursor.peek_word();
  if (word == "seq" || word == "optional" || word == "map" || word == "sparse")
    return read_wrapped_type(cursor, word);
  return read_tensor_type(cursor, "a type, such as float32[N, 3]");
}

Tensor read_elements(Cursor& cursor, const Type& type) {
  const size_t start = cursor.at();
  if (!type.is_tensor() || type.dtype == DType::undefined)
    cursor.fail(fmt::format("elements need the type of a tensor in front of them, not {}", type.str()));
  Dims dims = static_dims(cursor, type.shape);
  const int64_t count = counted(cursor, dims);
  cursor.open('{', "in front of the elements");
  cursor.skip();
  if (cursor.rest().starts_with("..."))
    cursor.fail("a constant that was shortened for printing cannot be read back");
  const auto check = [&](size_t found) {
    if (found != static_cast<size_t>(count))
      cursor.fail_at(start, fmt::format("{} has {} elements, and {} are given", type.str(), count, found));
  };
  if (type.dtype == DType::string) {
    const std::vector<std::string> strings = read_strings(cursor);
    check(strings.size());
    return Tensor::of(std::move(dims), strings);
  }
  const std::vector<std::string_view> tokens = read_tokens(cursor, type.dtype);
  check(is_complex(type.dtype) ? tokens.size() / 2 : tokens.size());
  return tensor_from_tokens(cursor, type.dtype, std::move(dims), tokens);
}

bool at_tensor(Cursor& cursor) {
  const std::string_view word = cursor.peek_word();
  if (!is_generator(word) && !dtype_from_name(word)) return false;
  const size_t start = cursor.at();
  cursor.take_word(word);
  const bool bracket = cursor.peek() == '[';
  cursor.go_back(start);
  return bracket;
}

std::variant<Tensor, Type> read_tensor_or_type(Cursor& cursor) {
  if (is_generator(cursor.peek_word())) return read_generated(cursor);
  Type type = read_type(cursor);
  if (cursor.peek() != '{') return type;
  return read_elements(cursor, type);
}

std::variant<int64_t, float> read_number(Cursor& cursor) {
  const std::string_view token = cursor.number();
  // "inf" and "nan" have an n, exponents an e.
  if (token.find_first_of(".eEn") == std::string_view::npos) return int_from(cursor, token);
  return float_from(cursor, token);
}

}  // namespace modelconv::syntax
