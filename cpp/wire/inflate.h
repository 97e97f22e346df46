// Deflate, into memory of a size that is known.
#pragma once

#include <cstdint>
#include <span>

#include "base/mapped_file.h"

namespace modelconv {

enum class DeflateForm : uint8_t { raw, zlib };  // zlib: with a header and a checksum

// False when the data is damaged, cut short, or has another size than `target`.
bool inflate_into(Bytes packed, std::span<std::byte> target, DeflateForm form);

// Whether deflate can reach `size` from so few bytes.
bool can_inflate_to(uint64_t size, uint64_t packed_size);

}  // namespace modelconv
