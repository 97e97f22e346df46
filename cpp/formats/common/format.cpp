#include "formats/common/format.h"

#include <fmt/core.h>

namespace modelconv {

std::string Source::describe() const {
  if (path.empty()) return "bytes in memory";
  return fmt::format("{} '{}'", is_folder ? "folder" : "file", path.string());
}

}  // namespace modelconv
