// One section of a .cfg with typed access. Numbers are read as Darknet reads them (atoi, atof): what follows a number is
// ignored, so that "filters=32 # comment" works.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/ini.h"

namespace modelconv::darknet {

inline constexpr int64_t kLargestSize = 1 << 24;  // of anything that a section can ask for

class Section {
 public:
  // `index`: as routes and shortcuts count, -1 for [net].
  Section(const ini::Section& section, int64_t index) : section_(section), index_(index) {}

  const std::string& name() const { return section_.name; }
  int64_t index() const { return index_; }
  // "[convolutional] 12 (line 88)"
  std::string describe() const;

  bool has(std::string_view key) const { return entry(key) != nullptr; }
  int64_t integer(std::string_view key, int64_t fallback) const;
  bool flag(std::string_view key) const { return integer(key, 0) != 0; }
  // An integer from 1 to kLargestSize.
  int64_t size(std::string_view key, int64_t fallback) const { return ranged(key, fallback, 1); }
  // An integer from 0 to kLargestSize.
  int64_t count(std::string_view key, int64_t fallback) const { return ranged(key, fallback, 0); }
  float number(std::string_view key, float fallback) const;
  std::string text(std::string_view key, std::string fallback) const;
  // Values between commas, up to a comment. Empty when the key is missing.
  std::vector<int64_t> integers(std::string_view key) const;
  std::vector<float> numbers(std::string_view key) const;
  // As integers(); an error when the key is missing.
  std::vector<int64_t> required_integers(std::string_view key) const;

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw MalformedModelError(
        fmt::format("{}: {}", describe(), fmt::format(format, std::forward<Args>(args)...)));
  }

  // Keys that nobody has asked for.
  std::vector<std::string> unread() const;

 private:
  const ini::Entry* entry(std::string_view key) const;
  int64_t ranged(std::string_view key, int64_t fallback, int64_t low) const;
  std::vector<std::string> parts(std::string_view key) const;
  int64_t parse_integer(const std::string& text, std::string_view key) const;
  float parse_number(const std::string& text, std::string_view key) const;

  const ini::Section& section_;
  int64_t index_;
  mutable std::set<std::string, std::less<>> read_;
};

}  // namespace modelconv::darknet
