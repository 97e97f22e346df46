// Reader of sorted tables (SSTable), the key-value files of LevelDB and of TensorFlow's checkpoint index.
// Source: LevelDB, doc/table_format.md; TensorFlow's files are the same.
#pragma once

#include <functional>
#include <string_view>

#include "base/mapped_file.h"

namespace modelconv {

// Calls `visit` for every entry in the order of the keys, which must be ascending; key and value are valid during the
// call. All block checksums are verified. Throws MalformedModelError. The keys of a table share prefixes, so a small file
// can hold keys that are large in sum: a visitor that keeps them must set a limit.
void for_each_entry(Bytes table, const std::function<void(std::string_view key, Bytes value)>& visit);

}  // namespace modelconv
