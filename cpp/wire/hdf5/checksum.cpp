#include "wire/hdf5/checksum.h"

#include <algorithm>
#include <array>
#include <bit>

namespace modelconv::hdf5 {
namespace {

using State = std::array<uint32_t, 3>;

// One step of either mixing: which words take part is a rotation of (0, 1, 2).
void mix(State& state) {
  constexpr int kTurns[] = {4, 6, 8, 16, 19, 4};
  for (size_t i = 0; i < 6; ++i) {
    uint32_t &a = state[i % 3], &b = state[(i + 1) % 3], &c = state[(i + 2) % 3];
    a = (a - c) ^ std::rotl(c, kTurns[i]);
    c += b;
  }
}

void finish(State& state) {
  constexpr int kTurns[] = {14, 11, 25, 16, 4, 14, 24};
  for (size_t i = 0; i < 7; ++i) {
    uint32_t &to = state[(i + 2) % 3], &from = state[(i + 1) % 3];
    to = (to ^ from) - std::rotl(from, kTurns[i]);
  }
}

// Modulo 0xFFFF; what is not 0 stays so, as when the carries are added again and again.
uint64_t reduced(uint64_t sum) { return sum == 0 ? 0 : (sum - 1) % 0xFFFF + 1; }

}  // namespace

uint32_t lookup3(Bytes bytes) {
  State state;
  state.fill(0xdeadbeefU + static_cast<uint32_t>(bytes.size()));
  if (bytes.empty()) return state[2];
  while (true) {
    const size_t size = bytes.size() < 12 ? bytes.size() : 12;
    for (size_t i = 0; i < size; ++i) state[i / 4] += std::to_integer<uint32_t>(bytes[i]) << (8 * (i % 4));
    bytes = bytes.subspan(size);
    if (bytes.empty()) break;
    mix(state);
  }
  finish(state);
  return state[2];
}

uint32_t fletcher32(Bytes bytes) {
  constexpr size_t kPiece = size_t{1} << 16;  // bytes; the sums of so many fit into 64 bits
  uint64_t first = 0, second = 0;
  while (!bytes.empty()) {
    const Bytes piece = bytes.first(std::min(bytes.size(), kPiece));
    bytes = bytes.subspan(piece.size());
    for (size_t i = 0; i < piece.size(); i += 2) {
      const auto low = i + 1 < piece.size() ? std::to_integer<uint64_t>(piece[i + 1]) : 0;
      first += std::to_integer<uint64_t>(piece[i]) << 8 | low;
      second += first;
    }
    first = reduced(first);
    second = reduced(second);
  }
  return static_cast<uint32_t>(second << 16 | first);
}

}  // namespace modelconv::hdf5
