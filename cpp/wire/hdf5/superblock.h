// The front of an HDF5 file (II.A).
#pragma once

#include "wire/hdf5/source.h"

namespace modelconv::hdf5 {

struct Superblock {
  Source source;
  uint64_t root;  // address of the root group's object header
};

// Also behind a user block. Throws MalformedModelError, as well where the file is shorter than it says.
Superblock read_superblock(Bytes file, bool verify = true);

}  // namespace modelconv::hdf5
