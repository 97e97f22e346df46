// Where the chunks of a dataset are: six kinds of index, one list (IV.A.2.i, III.A.1, VII).
#pragma once

#include <vector>

#include "wire/hdf5/dataspace.h"
#include "wire/hdf5/layout.h"

namespace modelconv::hdf5 {

// The chunks side by side.
class Grid {
 public:
  Grid(const Dataspace& space, const Layout& layout);

  const std::vector<uint64_t>& sizes() const { return sizes_; }
  uint64_t chunk_bytes() const { return chunk_bytes_; }  // of a whole chunk without filters

  // Number of the chunk in row-major order; kOutside: beyond the array, which may have been larger.
  uint64_t number_at(const std::vector<uint64_t>& place) const;
  std::vector<uint64_t> place_of(uint64_t number) const;

  static constexpr uint64_t kOutside = ~uint64_t{0};

 private:
  std::vector<uint64_t> sizes_;
  uint64_t chunk_bytes_;
};

struct Chunk {
  uint64_t number;   // in the grid
  uint64_t address;  // never an undefined one
  uint64_t size;     // as stored, bytes
  uint32_t mask;     // bit i: filter i was left out
};

struct ChunkedArray {
  const Dataspace& space;
  const Layout& layout;
  const Grid& grid;
  bool has_filters;
};

// The chunks that are stored; those that are missing have the fill value.
std::vector<Chunk> read_chunk_index(Source& source, const ChunkedArray& array);

// An entry of the two kinds of array, by its number there.
struct IndexEntry {
  uint64_t number;
  Bytes bytes;
};

// VII.B and VII.C. `has_filters` is compared with what the array says.
std::vector<IndexEntry> entries_of_fixed_array(Source& source, uint64_t address, bool has_filters);
std::vector<IndexEntry> entries_of_extensible_array(Source& source, uint64_t address, bool has_filters);

}  // namespace modelconv::hdf5
