#include "wire/ini.h"

#include "base/error.h"
#include "base/utf8.h"

namespace modelconv::ini {
namespace {

std::string without_space(std::string_view line) {
  std::string text;
  for (const char c : line)
    if (c != ' ' && c != '\t' && c != '\r') text += c;
  return text;
}

void refuse_binary(const std::string& line, int number) {
  for (const char c : line)
    ENSURE(static_cast<unsigned char>(c) >= ' ', MalformedModelError,
           "line {}: byte 0x{:02x} does not belong into a text file", number, static_cast<unsigned char>(c));
  ENSURE(is_valid_utf8(line), MalformedModelError, "line {} is not UTF-8", number);
}

void read_line(const std::string& line, int number, File& file) {
  if (line.empty() || line[0] == '#' || line[0] == ';') return;
  refuse_binary(line, number);
  if (line[0] == '[') {
    const size_t end = line.find(']');
    ENSURE(end != std::string::npos, MalformedModelError, "line {}: '{}' has no closing bracket", number,
           line);
    file.sections.push_back({line.substr(1, end - 1), number, {}});
    return;
  }
  const size_t equals = line.find('=');
  if (equals == std::string::npos || equals == 0) {
    file.ignored.push_back(fmt::format("line {}: '{}'", number, line));
    return;
  }
  ENSURE(!file.sections.empty(), MalformedModelError, "line {}: '{}' stands before the first [section]",
         number, line);
  file.sections.back().entries.push_back({line.substr(0, equals), line.substr(equals + 1), number});
}

}  // namespace

const Entry* Section::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

File parse(std::string_view text) {
  File file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // what editors of Windows mark UTF-8 with
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    read_line(without_space(text.substr(0, end)), number, file);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return file;
}

}  // namespace modelconv::ini
