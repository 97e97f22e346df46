// Written from "XXH64 algorithm description" in the xxHash specification, version 0.1.1, by Yann Collet
// (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), which is where the five primes come from.
#include "ir/content_hash.h"

#include <array>
#include <bit>
#include <cstring>

namespace modelconv {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are read as little-endian words");

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87U, kPrime2 = 0xC2B2AE3D27D4EB4FU,
                   kPrime3 = 0x165667B19E3779F9U, kPrime4 = 0x85EBCA77C2B2AE63U,
                   kPrime5 = 0x27D4EB2F165667C5U;

template <class Word>
uint64_t word_at(const std::byte* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

uint64_t round(uint64_t lane, uint64_t word) { return std::rotl(lane + word * kPrime2, 31) * kPrime1; }

// Four independent lanes over 32-byte stripes, so that the multiplications overlap.
uint64_t hash_stripes(const std::byte*& at, const std::byte* end, uint64_t seed) {
  std::array<uint64_t, 4> lanes = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
  for (; end - at >= 32; at += 32) {  // by hand, so that the lanes stay in registers at -O2
    lanes[0] = round(lanes[0], word_at<uint64_t>(at));
    lanes[1] = round(lanes[1], word_at<uint64_t>(at + 8));
    lanes[2] = round(lanes[2], word_at<uint64_t>(at + 16));
    lanes[3] = round(lanes[3], word_at<uint64_t>(at + 24));
  }
  uint64_t hash =
      std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
  for (const uint64_t lane : lanes) hash = (hash ^ round(0, lane)) * kPrime1 + kPrime4;
  return hash;
}

}  // namespace

uint64_t hash_bytes(std::span<const std::byte> bytes, uint64_t seed) {
  const std::byte* at = bytes.data();
  const std::byte* const end = at + bytes.size();
  uint64_t hash = bytes.size() >= 32 ? hash_stripes(at, end, seed) : seed + kPrime5;
  hash += bytes.size();
  for (; end - at >= 8; at += 8)
    hash = std::rotl(hash ^ round(0, word_at<uint64_t>(at)), 27) * kPrime1 + kPrime4;
  if (end - at >= 4) {
    hash = std::rotl(hash ^ word_at<uint32_t>(at) * kPrime1, 23) * kPrime2 + kPrime3;
    at += 4;
  }
  for (; at < end; ++at) hash = std::rotl(hash ^ word_at<uint8_t>(at) * kPrime5, 11) * kPrime1;
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

}  // namespace modelconv
