// Where a checkpoint lies: every way in which people name one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace modelconv {

// The prefix P such that P.index exists; nothing when there is none. Throws FileError when a folder has several.
std::optional<std::string> find_checkpoint_prefix(const std::filesystem::path& path);

}  // namespace modelconv
