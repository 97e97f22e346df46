// The header of an .npy array.
#pragma once

#include <string>

#include "base/mapped_file.h"
#include "ir/shape.h"

namespace modelconv::npz {

struct NpyHeader {
  std::string dtype;  // "<f4", "|O"
  bool is_column_major = false;
  Dims dims;
  size_t size = 0;  // bytes in front of the elements
};

bool looks_like_npy(Bytes bytes);

// MalformedModelError when it is damaged, UnknownFormatError for arrays of records.
NpyHeader read_npy_header(Bytes bytes);

}  // namespace modelconv::npz
