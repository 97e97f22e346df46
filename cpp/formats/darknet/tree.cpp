#include "formats/darknet/tree.h"

#include <charconv>
#include <filesystem>

#include "base/mapped_file.h"

namespace modelconv::darknet {
namespace fs = std::filesystem;
namespace {

fs::path find_file(const Section& section, const std::string& name, const std::vector<std::string>& folders) {
  for (const fs::path folder : folders)
    for (const fs::path& path : {folder / name, folder / fs::path(name).filename()}) {
      std::error_code unreadable;  // then it is looked for further
      if (fs::is_regular_file(path, unreadable)) return path;
    }
  throw FileError(fmt::format("{}: the file '{}' that it names is not there", section.describe(), name))
      .hint("put it beside the .cfg");
}

int64_t parent_in(std::string_view line, size_t number, const fs::path& path) {
  const size_t last = line.find_last_of(" \t");
  int64_t parent = 0;
  const std::string_view text = last == std::string_view::npos ? "" : line.substr(last + 1);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), parent);
  ENSURE(problem == std::errc() && end == text.data() + text.size() && parent >= -1 &&
             parent < static_cast<int64_t>(number),
         MalformedModelError, "'{}', line {}: no class with the number of an earlier one behind it",
         path.string(), number + 1);
  return parent;
}

}  // namespace

Tree read_tree(const Section& section, const std::vector<std::string>& folders) {
  const fs::path path = find_file(section, section.text("tree", ""), folders);
  const auto file = MappedFile::open(path);
  std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  Tree tree;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    const int64_t parent = parent_in(line, tree.parents.size(), path);
    if (tree.parents.empty() || tree.parents.back() != parent) tree.group_sizes.push_back(0);
    ++tree.group_sizes.back();
    tree.parents.push_back(parent);
  }
  return tree;
}

}  // namespace modelconv::darknet
