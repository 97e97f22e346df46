#include "formats/darknet/settings.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace modelconv::darknet {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& value, const char* wanted) {
  throw BadArgument(fmt::format("the Darknet option {}={} is not {}", name, value, wanted));
}

bool as_flag(const std::string& name, const std::string& value) {
  if (value == "true" || value == "1") return true;
  if (value != "false" && value != "0") refuse(name, value, "true or false");
  return false;
}

float as_number(const std::string& name, const std::string& value) {
  char* end = nullptr;
  const float number = std::strtof(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !std::isfinite(number) || number < 0)
    refuse(name, value, "a number >= 0");
  return number;
}

int64_t as_integer(const std::string& name, const std::string& value) {
  int64_t number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (problem != std::errc() || end != value.data() + value.size() || number < 0)
    refuse(name, value, "a whole number");
  return number;
}

int64_t as_size(const std::string& name, const std::string& value) {
  const int64_t size = as_integer(name, value);
  if (size < 1 || size > kLargestSize) refuse(name, value, "a size in pixels");
  return size;
}

}  // namespace

Settings read_settings(const FormatOptions& options) {
  Settings settings;
  for (const auto& [name, value] : options) {
    if (name == "decode") {
      settings.decode = settings.decode || as_flag(name, value);
    } else if (name == "nms") {
      settings.suppress = as_flag(name, value);
      settings.decode = settings.decode || settings.suppress;
    } else if (name == "score_threshold") {
      settings.score_threshold = as_number(name, value);
    } else if (name == "nms_threshold") {
      settings.nms_threshold = as_number(name, value);
    } else if (name == "epsilon") {
      settings.epsilon = as_number(name, value);
    } else if (name == "width") {
      settings.width = as_size(name, value);
    } else if (name == "height") {
      settings.height = as_size(name, value);
    } else if (name == "random_weights") {
      settings.random_weights = static_cast<uint64_t>(as_integer(name, value));
    } else if (name != "names") {
      throw BadArgument(fmt::format("the Darknet reader has no option '{}'", name))
          .hint(
              "its options are decode, nms, score_threshold, nms_threshold, epsilon, width, height, names "
              "and "
              "random_weights");
    }
  }
  return settings;
}

}  // namespace modelconv::darknet
