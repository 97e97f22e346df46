// Attributes of a group or dataset (IV.A.2.m, IV.A.2.v).
#pragma once

#include <string_view>
#include <vector>

#include "wire/hdf5/object_header.h"

namespace modelconv::hdf5 {

// Type and shape stay as they are stored until the value is wanted.
struct Attribute {
  std::string_view name;  // in the file
  Message type, space;
  Bytes data;  // and what follows
};

// Sorted by name, each name once.
std::vector<Attribute> read_attributes(Source& source, const std::vector<Message>& header);

}  // namespace modelconv::hdf5
