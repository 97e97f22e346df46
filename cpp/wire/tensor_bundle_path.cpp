#include "wire/tensor_bundle_path.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "wire/byte_cursor.h"
#include "wire/text_proto.h"

namespace modelconv {
namespace {

namespace fs = std::filesystem;

// Strings instead of paths: a prefix may be empty but for its folder ("folder/" for "folder/.index"), and for
// fs::path a file ".index" has no extension.
std::optional<std::string> if_index_exists(std::string prefix) {
  std::error_code error;
  if (fs::is_regular_file(prefix + ".index", error)) return prefix;
  return std::nullopt;
}

// "folder/checkpoint" is a text message CheckpointState; its field model_checkpoint_path is the latest prefix, relative
// to the folder, or absolute on the machine where it was written.
std::optional<std::string> named_by_state(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / "checkpoint", error)) return std::nullopt;
  try {
    const auto file = MappedFile::open(folder / "checkpoint");
    const text_proto::Message state = text_proto::parse(as_text(file->bytes()));
    const auto* paths = state.find("model_checkpoint_path");
    if (paths == nullptr || paths->empty()) return std::nullopt;
    const fs::path latest = paths->back().as_string();
    // A folder that was moved still names the place where it was written: what lies in it goes first.
    if (auto prefix = if_index_exists((folder / latest.filename()).string())) return prefix;
    return if_index_exists((folder / latest).string());
  } catch (const MalformedModelError&) {
    return std::nullopt;  // some other file of that name
  }
}

std::optional<std::string> only_index_in(const fs::path& folder) {
  constexpr std::string_view kSuffix = ".index";
  std::vector<std::string> found;
  std::error_code ignored;  // a folder that cannot be listed, a link that leads nowhere: not found
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    std::string path = entry.path().string();
    if (path.ends_with(kSuffix) && entry.is_regular_file(ignored))
      found.push_back(path.substr(0, path.size() - kSuffix.size()));
  }
  if (found.empty()) return std::nullopt;
  std::sort(found.begin(), found.end());
  if (found.size() == 1) return found[0];
  FileError error(fmt::format("'{}' holds {} checkpoints", folder.string(), found.size()));
  error.hint(fmt::format("name one of them, for example '{}'", found.back()));
  throw error;
}

}  // namespace

std::optional<std::string> find_checkpoint_prefix(const fs::path& path) {
  const std::string text = path.string();
  if (auto prefix = if_index_exists(text)) return prefix;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    if (auto prefix = if_index_exists((path / "variables" / "variables").string())) return prefix;
    if (auto prefix = if_index_exists((path / "variables").string())) return prefix;
    if (auto prefix = named_by_state(path)) return prefix;
    return only_index_in(path);
  }
  for (const std::string_view suffix : {".index", ".data-", ".meta"})
    if (const size_t at = text.rfind(suffix);
        at != std::string::npos && text.find('/', at) == std::string::npos)
      if (auto prefix = if_index_exists(text.substr(0, at))) return prefix;
  return std::nullopt;
}

}  // namespace modelconv
