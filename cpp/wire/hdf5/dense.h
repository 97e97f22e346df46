// Links and attributes that are too many, or too large, for messages: a message says where they are instead (IV.A.2.c, IV.A.2.v).
#pragma once

#include <optional>
#include <string_view>

#include "wire/hdf5/fractal_heap.h"

namespace modelconv::hdf5 {

struct Dense {
  FractalHeap heap;
  uint64_t tree;  // its records name objects of the heap
};

// Nothing where all are in messages. `order_size`: bytes of the largest order of creation, where that is kept.
std::optional<Dense> find_dense(Source& source, Bytes message, size_t order_size, std::string_view what);

}  // namespace modelconv::hdf5
