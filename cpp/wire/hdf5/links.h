// What a group contains, in whichever of the three forms it is stored.
#pragma once

#include <string_view>
#include <vector>

#include "wire/hdf5/object_header.h"

namespace modelconv::hdf5 {

struct Link {
  enum class Kind : uint8_t { hard, soft, external, other };

  std::string_view name;  // in the file, as all texts here
  Kind kind = Kind::hard;
  uint64_t address = 0;     // hard: of the object's header
  std::string_view target;  // soft: a path in this file
};

// Sorted by name, each name once.
std::vector<Link> read_links(Source& source, const std::vector<Message>& header);

}  // namespace modelconv::hdf5
