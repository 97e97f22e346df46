// Files of sections with keys and values, as Darknet's .cfg: [section], key=value, comments with # or ; at the start of a
// line. Whitespace has no meaning anywhere, also not inside values. Source: read_cfg and strip of github.com/AlexeyAB/darknet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modelconv::ini {

struct Entry {
  std::string key, value;
  int line = 0;
};

struct Section {
  std::string name;
  int line = 0;
  std::vector<Entry> entries;

  // The first of that name counts. Null when there is none.
  const Entry* find(std::string_view key) const;
};

struct File {
  std::vector<Section> sections;
  // Lines that are neither, as "line 12: 'text'"; Darknet reads on, too.
  std::vector<std::string> ignored;
};

// Throws MalformedModelError("line 3: ...") for text that is no such file: a key before the first section, a section
// name without its bracket, control characters.
File parse(std::string_view text);

}  // namespace modelconv::ini
