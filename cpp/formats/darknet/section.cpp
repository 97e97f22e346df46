#include "formats/darknet/section.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace modelconv::darknet {

std::string Section::describe() const {
  if (index_ < 0) return fmt::format("[{}] (line {})", section_.name, section_.line);
  return fmt::format("[{}] {} (line {})", section_.name, index_, section_.line);
}

const ini::Entry* Section::entry(std::string_view key) const {
  read_.emplace(key);
  return section_.find(key);
}

int64_t Section::parse_integer(const std::string& text, std::string_view key) const {
  int64_t value = 0;
  const char* begin = text.c_str() + (text.starts_with('+') ? 1 : 0);
  const auto [end, problem] = std::from_chars(begin, text.c_str() + text.size(), value);
  if (problem != std::errc() || end == begin) fail("{}={} is not a whole number", key, text);
  return value;
}

float Section::parse_number(const std::string& text, std::string_view key) const {
  char* end = nullptr;
  const float value = std::strtof(text.c_str(), &end);
  if (end == text.c_str() || !std::isfinite(value)) fail("{}={} is not a number", key, text);
  return value;
}

int64_t Section::integer(std::string_view key, int64_t fallback) const {
  const ini::Entry* found = entry(key);
  return found ? parse_integer(found->value, key) : fallback;
}

int64_t Section::ranged(std::string_view key, int64_t fallback, int64_t low) const {
  const int64_t value = integer(key, fallback);
  if (value < low || value > kLargestSize) fail("{}={} is outside {} ... {}", key, value, low, kLargestSize);
  return value;
}

float Section::number(std::string_view key, float fallback) const {
  const ini::Entry* found = entry(key);
  return found ? parse_number(found->value, key) : fallback;
}

std::string Section::text(std::string_view key, std::string fallback) const {
  const ini::Entry* found = entry(key);
  return found ? found->value.substr(0, found->value.find('#')) : fallback;
}

std::vector<std::string> Section::parts(std::string_view key) const {
  std::vector<std::string> parts;
  std::string rest = text(key, "");
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (comma > 0) parts.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 1);
  }
  return parts;
}

std::vector<int64_t> Section::integers(std::string_view key) const {
  std::vector<int64_t> values;
  for (const std::string& part : parts(key)) values.push_back(parse_integer(part, key));
  return values;
}

std::vector<float> Section::numbers(std::string_view key) const {
  std::vector<float> values;
  for (const std::string& part : parts(key)) values.push_back(parse_number(part, key));
  return values;
}

std::vector<int64_t> Section::required_integers(std::string_view key) const {
  std::vector<int64_t> values = integers(key);
  if (values.empty()) fail("{}= is missing", key);
  return values;
}

std::vector<std::string> Section::unread() const {
  std::vector<std::string> keys;
  for (const ini::Entry& entry : section_.entries)
    if (!read_.contains(entry.key)) keys.push_back(entry.key);
  return keys;
}

}  // namespace modelconv::darknet
