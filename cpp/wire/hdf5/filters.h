// Undoes what was done to a chunk before it was stored.
#pragma once

#include <vector>

#include "wire/hdf5/layout.h"

namespace modelconv::hdf5 {

// Throws MalformedModelError naming the filter where one is not among deflate, shuffle and fletcher32.
void check_filters(const std::vector<Filter>& filters);

// Two buffers that chunks share.
struct FilterMemory {
  std::vector<std::byte> now, next;
};

// Exactly `size` bytes: the stored ones themselves, or in `memory`. Bit i of `mask`: filter i was left out.
Bytes unfiltered(Bytes stored, const std::vector<Filter>& filters, uint32_t mask, uint64_t size,
                 uint64_t element_size, FilterMemory& memory);

}  // namespace modelconv::hdf5
