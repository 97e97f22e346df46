// Writes sorted tables: see sorted_table.h.
#pragma once

#include <map>
#include <string>

#include "base/atomic_file.h"

namespace modelconv {

// The keys come out in their order, in blocks of a few kilobytes, uncompressed.
void write_sorted_table(const std::map<std::string, std::string>& entries, AtomicFiles::Stream stream);

}  // namespace modelconv
