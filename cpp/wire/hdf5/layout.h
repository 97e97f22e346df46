// Where the elements of a dataset are, and what stands for those that were never written (IV.A.2.f, i, l).
#pragma once

#include <string>
#include <vector>

#include "wire/hdf5/object_header.h"

namespace modelconv::hdf5 {

struct Layout {
  enum class Kind : uint8_t { compact, contiguous, chunked, virtual_ };
  enum class Index : uint8_t {  // of chunks
    tree_v1 = 0,
    single = 1,
    implicit = 2,
    fixed_array = 3,
    extensible_array = 4,
    tree_v2 = 5
  };

  Kind kind = Kind::compact;
  Bytes compact;         // the elements
  uint64_t address = 0;  // of the elements, or of the index
  // Chunked:
  Index index = Index::tree_v1;
  std::vector<uint64_t> chunk;        // its dimensions
  uint64_t element_size = 0;          // bytes
  bool edges_are_unfiltered = false;  // chunks that reach over the edge of the array
  bool single_is_filtered = false;    // Index::single; then:
  uint64_t single_size = 0;           // bytes
  uint32_t single_mask = 0;           // filters that were left out
};

Layout read_layout(Bytes message, Widths widths);

struct Filter {
  uint16_t id = 0;
  std::string name;              // of those that HDF5 does not have itself
  std::vector<uint32_t> values;  // settings
};

std::vector<Filter> read_filters(Bytes message);

// The bytes of one element; empty: zeros. Of a message of type fill_value or old_fill_value.
Bytes read_fill_value(const Message& message);

}  // namespace modelconv::hdf5
