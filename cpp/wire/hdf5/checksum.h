// The two checksums of HDF5 files.
#pragma once

#include <cstdint>

#include "base/mapped_file.h"

namespace modelconv::hdf5 {

// Of metadata. Source: Bob Jenkins, "lookup3", hashlittle() with the initial value 0 (the specification names it).
uint32_t lookup3(Bytes bytes);

// Of chunks. Source: RFC 1146's Fletcher checksum over 16-bit words, the high byte first; an odd last byte is a high byte.
uint32_t fletcher32(Bytes bytes);

}  // namespace modelconv::hdf5
