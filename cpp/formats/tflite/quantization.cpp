#include "formats/tflite/quantization.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "base/error.h"

namespace modelconv::tflite {
namespace {

const std::string kScales = "tflite.scale", kZeroPoints = "tflite.zero_point", kAxis = "tflite.axis";

// The shortest digits that give the same number again, with spaces between.
template <class T>
std::string joined(const std::vector<T>& values) {
  return fmt::format("{}", fmt::join(values, " "));
}

template <class T>
std::vector<T> split(std::string_view text) {
  std::vector<T> values;
  while (!text.empty()) {
    T value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    ENSURE(problem == std::errc(), InternalError, "'{}' is not a list of numbers", text);
    values.push_back(value);
    text.remove_prefix(std::min<size_t>(static_cast<size_t>(end - text.data()) + 1, text.size()));
  }
  return values;
}

std::string_view find(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

std::optional<Quantization> quantization_of(const Value& value) {
  const std::string_view scales = find(value.metadata, kScales);
  if (scales.empty()) return std::nullopt;
  Quantization result;
  result.scales = split<float>(scales);
  result.zero_points = split<int64_t>(find(value.metadata, kZeroPoints));
  result.zero_points.resize(result.scales.size());
  if (const std::string_view axis = find(value.metadata, kAxis); !axis.empty())
    result.axis = split<int64_t>(axis)[0];
  return result;
}

void set_quantization(Value& value, const Quantization& quantization) {
  clear_quantization(value);
  value.metadata[kScales] = joined(quantization.scales);
  for (const int64_t zero_point : quantization.zero_points)
    if (zero_point != 0) value.metadata[kZeroPoints] = joined(quantization.zero_points);
  if (quantization.axis != 0) value.metadata[kAxis] = fmt::format("{}", quantization.axis);
}

void clear_quantization(Value& value) {
  for (const std::string& key : {kScales, kZeroPoints, kAxis}) value.metadata.erase(key);
}

}  // namespace modelconv::tflite
