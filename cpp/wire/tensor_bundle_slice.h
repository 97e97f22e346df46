// Parts of partitioned variables in a checkpoint: how they are named in the index, and how they form the whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mapped_file.h"

namespace modelconv {

// The index key of a part: an encoded 0, the name, the number of dimensions, then start and length of each (length -1
// for a whole dimension), in an encoding whose byte order is the order of the values. Sources: TensorFlow,
// util/saved_tensor_slice_util (what comes in which order), lib/strings/ordered_code.h (encoding).
std::string encoded_slice_name(std::string_view name,
                               const std::vector<std::pair<int64_t, int64_t>>& extents);

// Copies a row-major part of shape `part_dims` to its place `starts` in a row-major whole of shape `dims`. The caller has
// checked that the part lies inside and that both sizes fit.
void copy_slice(Bytes part, const std::vector<int64_t>& part_dims, const std::vector<int64_t>& starts,
                const std::vector<int64_t>& dims, size_t element_bytes, std::vector<std::byte>& whole);

}  // namespace modelconv
