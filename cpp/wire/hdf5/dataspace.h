// Shapes (IV.A.2.b).
#pragma once

#include <cstdint>
#include <vector>

#include "wire/hdf5/source.h"

namespace modelconv::hdf5 {

struct Dataspace {
  bool is_null = false;           // no elements at all, as h5py.Empty; a scalar has one and no dimensions
  std::vector<uint64_t> dims;     // at most 32
  std::vector<uint64_t> largest;  // what the dimensions may grow to; all bits set: without limit

  uint64_t count() const;  // of elements
  // That the array takes; MalformedModelError when it could not be addressed even without the dimensions of size 0.
  uint64_t bytes(uint64_t element_size) const;
};

inline constexpr uint64_t kUnlimited = ~uint64_t{0};

Dataspace read_dataspace(Bytes message, Widths widths);

}  // namespace modelconv::hdf5
