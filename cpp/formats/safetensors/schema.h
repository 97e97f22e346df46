// Layout of a safetensors file. Source: huggingface/safetensors, README ("Format"): the header's length (unsigned, 64
// bits, little endian), the header, then the tensors without gaps. Header: {"name": {"dtype", "shape", "data_offsets":
// [begin, end]}, ..., "__metadata__": {"key": "text"}}.
#pragma once

#include <optional>
#include <string_view>

#include "base/dtype.h"

namespace modelconv::safetensors {

inline constexpr std::string_view kMetadata = "__metadata__";
// The reference implementation's limit on the header.
inline constexpr uint64_t kLongestHeader = 100'000'000;

std::optional<DType> dtype_from(std::string_view name);

}  // namespace modelconv::safetensors
