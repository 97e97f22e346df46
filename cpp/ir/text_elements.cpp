#include "ir/text_elements.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "ir/quote.h"

namespace modelconv::syntax {
namespace {

template <class T>
std::string shortest(T value) {
  if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
  return fmt::format("{}", value);
}

// The NaN that the text "nan" or "-nan" stands for.
template <class T>
T plain_nan(bool negative) {
  return std::copysign(std::numeric_limits<T>::quiet_NaN(), negative ? T{-1} : T{1});
}

template <class T>
T number_from(const Cursor& cursor, std::string_view token, DType dtype) {
  if constexpr (std::is_floating_point_v<T>)
    if (token == "nan" || token == "-nan") return plain_nan<T>(token[0] == '-');
  T value{};
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, value);
  if (error == std::errc::result_out_of_range)
    cursor.fail_at(cursor.at_of(token), fmt::format("{} is outside the range of {}", token, name_of(dtype)));
  if (error != std::errc() || stop != end)
    cursor.fail_at(cursor.at_of(token),
                   fmt::format("'{}' is not a number of type {}", token, name_of(dtype)));
  return value;
}

bool is_bit_pattern(std::string_view token) { return token.starts_with("0x"); }

uint64_t bit_pattern(const Cursor& cursor, std::string_view token, int width) {
  uint64_t bits = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data() + 2, end, bits, 16);
  if (error != std::errc() || stop != end || (width < 64 && bits >> width != 0))
    cursor.fail_at(cursor.at_of(token), fmt::format("'{}' is not a pattern of {} bits", token, width));
  return bits;
}

template <class T>
Tensor numbers(const Cursor& cursor, DType dtype, Dims dims, const std::vector<std::string_view>& tokens) {
  Tensor tensor = Tensor::allocate(dtype, std::move(dims));
  std::byte* at = tensor.mutable_bytes().data();
  for (const std::string_view token : tokens) {
    if (std::is_floating_point_v<T> && is_bit_pattern(token)) {
      const uint64_t bits = bit_pattern(cursor, token, 8 * sizeof(T));
      std::memcpy(at, &bits, sizeof(T));  // the low bytes come first
    } else {
      const T value = number_from<T>(cursor, token, dtype);
      std::memcpy(at, &value, sizeof(T));
    }
    at += sizeof(T);
  }
  return tensor;
}

Tensor booleans(const Cursor& cursor, Dims dims, const std::vector<std::string_view>& tokens) {
  Tensor tensor = Tensor::allocate(DType::boolean, std::move(dims));
  std::span<std::byte> bytes = tensor.mutable_bytes();
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool word = tokens[i] == "true" || tokens[i] == "false";
    bytes[i] = word ? std::byte{tokens[i] == "true"}
                    : std::byte{number_from<uint8_t>(cursor, tokens[i], DType::boolean)};
  }
  return tensor;
}

// Rounding is what a reader expects of "0.1"; that a number becomes NaN or infinite is not.
void check_range(const Cursor& cursor, const Tensor& tensor, const std::vector<float>& values,
                 const std::vector<std::string_view>& tokens) {
  const std::vector<double> stored = tensor.to_double();
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool same =
        std::isnan(values[i]) || (std::isinf(values[i]) ? std::isinf(stored[i]) : std::isfinite(stored[i]));
    if (!same && !is_bit_pattern(tokens[i]))
      cursor.fail_at(cursor.at_of(tokens[i]),
                     fmt::format("{} is outside the range of {}", tokens[i], name_of(tensor.dtype())));
  }
}

Tensor narrow_floats(const Cursor& cursor, DType dtype, Dims dims,
                     const std::vector<std::string_view>& tokens) {
  Tensor tensor = Tensor::allocate(dtype, std::move(dims));
  std::vector<float> values(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i)
    if (!is_bit_pattern(tokens[i])) values[i] = number_from<float>(cursor, tokens[i], DType::float32);
  from_float(values.data(), tensor.size(), dtype, tensor.mutable_bytes().data(), /*saturate=*/false);
  check_range(cursor, tensor, values, tokens);
  const int width = bit_width(dtype);
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!is_bit_pattern(tokens[i])) continue;
    if (width < 8) cursor.fail_at(cursor.at_of(tokens[i]), "bit patterns are for types of whole bytes");
    const uint64_t bits = bit_pattern(cursor, tokens[i], width);
    const size_t bytes = static_cast<size_t>(width) / 8;
    std::memcpy(tensor.mutable_bytes().data() + i * bytes, &bits, bytes);
  }
  return tensor;
}

Tensor packed_integers(const Cursor& cursor, DType dtype, Dims dims,
                       const std::vector<std::string_view>& tokens) {
  const int width = bit_width(dtype);
  const int low = is_signed(dtype) ? -(1 << (width - 1)) : 0, high = low + (1 << width) - 1;
  std::vector<uint8_t> values;
  values.reserve(tokens.size());
  for (const std::string_view token : tokens) {
    const int value = number_from<int>(cursor, token, dtype);
    if (value < low || value > high)
      cursor.fail_at(cursor.at_of(token),
                     fmt::format("{} is outside the range of {}", token, name_of(dtype)));
    values.push_back(static_cast<uint8_t>(value));
  }
  Tensor tensor = Tensor::allocate(dtype, std::move(dims));
  pack(values.data(), tensor.size(), dtype, tensor.mutable_bytes().data());
  return tensor;
}

template <class T>
std::vector<std::string> number_texts(const Tensor& tensor, size_t count) {
  std::vector<std::string> texts(count);
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, tensor.bytes().data() + i * sizeof(T), sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      texts[i] = shortest(value);
    else
      texts[i] = std::to_string(value);
  }
  return texts;
}

// A NaN that is not the plain one prints as its bits.
template <class Bits, class Float>
void show_unusual_nans(const Tensor& tensor, std::vector<std::string>& texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].ends_with("nan")) continue;
    const Float plain = plain_nan<Float>(texts[i][0] == '-');
    Bits bits, plain_bits;
    std::memcpy(&bits, tensor.bytes().data() + i * sizeof bits, sizeof bits);
    std::memcpy(&plain_bits, &plain, sizeof plain_bits);
    if (bits != plain_bits) texts[i] = fmt::format("{:#x}", bits);
  }
}

std::vector<std::string> narrow_texts(const Tensor& tensor, size_t count) {
  std::vector<float> values(count);
  to_float(tensor.dtype(), tensor.bytes().data(), static_cast<int64_t>(count), values.data());
  std::vector<std::string> texts;
  for (const float value : values) texts.push_back(shortest(value));
  if (bit_width(tensor.dtype()) < 8) return texts;  // they have no NaN
  const size_t width = static_cast<size_t>(bit_width(tensor.dtype())) / 8;
  for (size_t i = 0; i < count; ++i) {
    if (!std::isnan(values[i])) continue;
    uint32_t bits = 0, plain = 0;
    std::memcpy(&bits, tensor.bytes().data() + i * width, width);
    from_float(&values[i], 1, tensor.dtype(), reinterpret_cast<std::byte*>(&plain));
    if (bits != plain) texts[i] = fmt::format("{:#x}", bits);
  }
  return texts;
}

// The two parts of each number, in parentheses.
std::vector<std::string> complex_texts(std::vector<std::string> parts) {
  std::vector<std::string> texts;
  for (size_t i = 0; i + 1 < parts.size(); i += 2)
    texts.push_back("(" + parts[i] + ", " + parts[i + 1] + ")");
  return texts;
}

std::vector<std::string> boolean_texts(const Tensor& tensor, size_t count) {
  std::vector<std::string> texts = number_texts<uint8_t>(tensor, count);
  for (std::string& text : texts) text = text == "0" ? "false" : text == "1" ? "true" : text;
  return texts;
}

std::vector<std::string> string_texts(const Tensor& tensor, size_t count) {
  std::vector<std::string> texts;
  for (const std::string& text : tensor.data<std::string>().first(count)) texts.push_back(quote(text));
  return texts;
}

template <class Bits, class Float>
std::vector<std::string> float_texts(const Tensor& tensor, size_t count) {
  std::vector<std::string> texts = number_texts<Float>(tensor, count);
  show_unusual_nans<Bits, Float>(tensor, texts);
  return texts;
}

std::vector<std::string> element_texts(const Tensor& tensor, size_t count) {
  switch (tensor.dtype()) {
    case DType::float32: return float_texts<uint32_t, float>(tensor, count);
    case DType::float64: return float_texts<uint64_t, double>(tensor, count);
    case DType::complex64: return complex_texts(float_texts<uint32_t, float>(tensor, 2 * count));
    case DType::complex128: return complex_texts(float_texts<uint64_t, double>(tensor, 2 * count));
    case DType::int8: return number_texts<int8_t>(tensor, count);
    case DType::int16: return number_texts<int16_t>(tensor, count);
    case DType::int32: return number_texts<int32_t>(tensor, count);
    case DType::int64: return number_texts<int64_t>(tensor, count);
    case DType::uint8: return number_texts<uint8_t>(tensor, count);
    case DType::uint16: return number_texts<uint16_t>(tensor, count);
    case DType::uint32: return number_texts<uint32_t>(tensor, count);
    case DType::uint64: return number_texts<uint64_t>(tensor, count);
    case DType::boolean: return boolean_texts(tensor, count);
    case DType::string: return string_texts(tensor, count);
    default: return narrow_texts(tensor, count);
  }
}

}  // namespace

std::string float_text(float value) {
  std::string text = shortest(value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string elements_text(const Tensor& tensor, size_t count) {
  std::string text;
  for (const std::string& element : element_texts(tensor, count)) {
    if (!text.empty()) text += ", ";
    text += element;
  }
  return text;
}

int64_t int_from(const Cursor& cursor, std::string_view token) {
  return number_from<int64_t>(cursor, token, DType::int64);
}

float float_from(const Cursor& cursor, std::string_view token) {
  return number_from<float>(cursor, token, DType::float32);
}

Tensor tensor_from_tokens(const Cursor& cursor, DType dtype, Dims dims,
                          const std::vector<std::string_view>& tokens) {
  switch (dtype) {
    case DType::complex64:
    case DType::float32: return numbers<float>(cursor, dtype, std::move(dims), tokens);
    case DType::complex128:
    case DType::float64: return numbers<double>(cursor, dtype, std::move(dims), tokens);
    case DType::int8: return numbers<int8_t>(cursor, dtype, std::move(dims), tokens);
    case DType::int16: return numbers<int16_t>(cursor, dtype, std::move(dims), tokens);
    case DType::int32: return numbers<int32_t>(cursor, dtype, std::move(dims), tokens);
    case DType::int64: return numbers<int64_t>(cursor, dtype, std::move(dims), tokens);
    case DType::uint8: return numbers<uint8_t>(cursor, dtype, std::move(dims), tokens);
    case DType::uint16: return numbers<uint16_t>(cursor, dtype, std::move(dims), tokens);
    case DType::uint32: return numbers<uint32_t>(cursor, dtype, std::move(dims), tokens);
    case DType::uint64: return numbers<uint64_t>(cursor, dtype, std::move(dims), tokens);
    case DType::boolean: return booleans(cursor, std::move(dims), tokens);
    default: break;
  }
  if (is_float(dtype)) return narrow_floats(cursor, dtype, std::move(dims), tokens);
  return packed_integers(cursor, dtype, std::move(dims), tokens);
}

}  // namespace modelconv::syntax
