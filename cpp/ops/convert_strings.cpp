#include "ops/convert_strings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "ops/elementwise.h"

namespace modelconv {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// All of `text` as a number; "inf" and "nan" in any case, a leading plus.
template <class T>
bool parse(std::string_view text, T& value) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range && stop == end) {
    // Too large or too small for T: what a larger type says decides which of the two.
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(std::strtod(std::string(text).c_str(), nullptr));
      return true;
    }
  }
  return error == std::errc() && stop == end;
}

[[noreturn]] void throw_not_a_number(const std::string& text, DType dtype) {
  throw BadArgument(fmt::format("the string \"{}\" cannot be cast to {}", text.substr(0, 60), name_of(dtype)))
      .because("it is not a number");
}

double parse_double(const std::string& text, DType dtype) {
  double value = 0;
  if (!parse(trimmed(text), value)) throw_not_a_number(text, dtype);
  return value;
}

bool parse_boolean(const std::string& text) {
  if (text == "True" || text == "true") return true;
  if (text == "False" || text == "false") return false;
  return parse_double(text, DType::boolean) != 0;
}

// Integers of 64 bits would lose digits as doubles; "2.7" and "1e3" are read as doubles and truncated.
template <class T>
T parse_integer(const std::string& text) {
  T value = 0;
  if (parse(trimmed(text), value)) return value;
  constexpr double low = static_cast<double>(std::numeric_limits<T>::min());
  constexpr double high = static_cast<double>(std::numeric_limits<T>::max());
  const double real = parse_double(text, dtype_of<T>);
  return real != real   ? T(0)
         : real <= low  ? std::numeric_limits<T>::min()
         : real >= high ? std::numeric_limits<T>::max()
                        : static_cast<T>(real);
}

// As NumPy prints: without exponent from 1e-4 up to 1e16, with at least one digit after the point.
template <class T>
std::string print_shortest(T value) {
  if (value != value) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::abs(static_cast<double>(value));
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char text[64];
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, format);
  std::string result(text, end);
  if (plain && result.find('.') == std::string::npos) result += ".0";
  return result;
}

// The fewest digits that give the same narrow number again.
std::string print_narrow(float value, DType dtype) {
  if (!std::isfinite(value)) return print_shortest(value);
  std::byte wanted[4] = {}, got[4];
  from_float(&value, 1, dtype, wanted);
  for (int digits = 1; digits < 9; ++digits) {
    char text[32];
    const auto [end, error] =
        std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, digits - 1);
    float shorter = 0;
    std::from_chars(text, end, shorter);
    std::fill(std::begin(got), std::end(got), std::byte{0});
    from_float(&shorter, 1, dtype, got);
    if (std::memcmp(wanted, got, sizeof got) == 0) return print_shortest(shorter);
  }
  return print_shortest(value);
}

}  // namespace

void parse_strings(const Tensor& from, Tensor& to, const CastOptions& options, ThreadPool& threads) {
  const auto texts = from.data<std::string>();
  if (to.dtype() == DType::string) {
    std::copy(texts.begin(), texts.end(), to.mutable_data<std::string>().begin());
  } else if (to.dtype() == DType::boolean) {
    const auto target = reinterpret_cast<uint8_t*>(to.mutable_bytes().data());
    for (size_t i = 0; i < texts.size(); ++i) target[i] = parse_boolean(texts[i]);
  } else if (!visit_dtype(to.dtype(), IntegerTypes(), [&](auto tag) {
               using T = decltype(tag);
               T* target = mutable_elements<T>(to);
               for (size_t i = 0; i < texts.size(); ++i) target[i] = parse_integer<T>(texts[i]);
             })) {
    Tensor doubles = Tensor::allocate(DType::float64, from.dims());
    const auto values = doubles.mutable_data<double>();
    for (size_t i = 0; i < texts.size(); ++i) values[i] = parse_double(texts[i], to.dtype());
    convert_elements(doubles, to, options, threads);
  }
}

void print_strings(const Tensor& from, Tensor& to) {
  const auto texts = to.mutable_data<std::string>();
  const DType dtype = from.dtype();
  if (dtype == DType::boolean) {
    const auto* values = elements<uint8_t>(from);
    for (size_t i = 0; i < texts.size(); ++i) texts[i] = values[i] != 0 ? "True" : "False";
  } else if (dtype == DType::float32) {
    for (size_t i = 0; i < texts.size(); ++i) texts[i] = print_shortest(elements<float>(from)[i]);
  } else if (dtype == DType::float64) {
    for (size_t i = 0; i < texts.size(); ++i) texts[i] = print_shortest(elements<double>(from)[i]);
  } else if (!visit_dtype(dtype, IntegerTypes(), [&](auto tag) {
               const auto* values = elements<decltype(tag)>(from);
               for (size_t i = 0; i < texts.size(); ++i) texts[i] = std::to_string(values[i]);
             })) {
    std::vector<float> values(texts.size());
    to_float(dtype, from.bytes().data(), from.size(), values.data());
    for (size_t i = 0; i < texts.size(); ++i)
      texts[i] =
          is_float(dtype) ? print_narrow(values[i], dtype) : std::to_string(static_cast<int>(values[i]));
  }
}

}  // namespace modelconv
