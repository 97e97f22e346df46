// Where memory comes from, when it is part of a mapped file.
#pragma once

#include <cstdint>
#include <optional>

#include "base/mapped_file.h"

namespace modelconv {

struct FileRange {
  int descriptor;  // open for reading as long as the mapping lives
  int64_t offset;  // of the first byte
};

// For bytes of a MappedFile that the caller keeps alive; nothing for other memory.
std::optional<FileRange> find_in_mapped_files(Bytes bytes);

}  // namespace modelconv
