// A fast 64-bit hash of bytes: XXH64. Not for security.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace modelconv {

uint64_t hash_bytes(std::span<const std::byte> bytes, uint64_t seed = 0);

}  // namespace modelconv
