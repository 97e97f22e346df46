// Files that are no models, told apart by their first bytes: what a download, a clone or a copy ends with instead.
#pragma once

#include <optional>
#include <string>

#include "base/mapped_file.h"

namespace modelconv {

struct Foreign {
  std::string what;  // "a Git LFS pointer, not the file that it stands for"
  std::string hint;
};

std::optional<Foreign> foreign_content(Bytes bytes);

}  // namespace modelconv
