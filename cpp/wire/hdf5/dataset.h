// The elements of a dataset.
#pragma once

#include <memory>

#include "wire/hdf5/dataspace.h"
#include "wire/hdf5/datatype.h"
#include "wire/hdf5/layout.h"

namespace modelconv::hdf5 {

// Row-major, in the order of bytes that the type has: a view of the file, or bytes that `owner` holds.
struct Elements {
  Bytes bytes;
  std::shared_ptr<const std::vector<std::byte>> owner;
};

struct Dataset {
  Datatype type;
  Dataspace space;
  Layout layout;
  std::vector<Filter> filters;
  Bytes fill;                      // one element; empty: zeros
  bool is_in_other_files = false;  // "external" or "virtual"
};

// Throws MalformedModelError, also when the array is so much larger than what the file stores of it that it can only be
// made up of fill values.
Elements read_elements(Source& source, const Dataset& dataset);

}  // namespace modelconv::hdf5
