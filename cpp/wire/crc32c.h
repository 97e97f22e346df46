// CRC-32C (Castagnoli), as TensorFlow and LevelDB use it. Sources: RFC 3720, appendix B.4 (polynomial, test vectors);
// LevelDB, doc of util/crc32c.h (mask).
#pragma once

#include <cstdint>

#include "base/mapped_file.h"

namespace modelconv {

// Extends the checksum of what came before (0 for nothing) by `bytes`.
uint32_t crc32c(Bytes bytes, uint32_t before = 0);

// Checksums are stored masked, because the checksum of data that holds its own checksum would be a constant.
constexpr uint32_t masked_crc32c(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8U; }

}  // namespace modelconv
