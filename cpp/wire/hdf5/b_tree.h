// The two kinds of B-trees: walked as a whole, in no order that means something.
#pragma once

#include <functional>
#include <vector>

#include "wire/hdf5/source.h"

namespace modelconv::hdf5 {

// Version 1 (III.A.1).
enum class TreeType : uint8_t { group = 0, chunks = 1 };

struct TreeEntry {
  Bytes key;       // the one before the child
  uint64_t child;  // address
};

// The entries of all leaves.
std::vector<TreeEntry> entries_of_tree(Source& source, uint64_t address, TreeType type, size_t key_size);

// Version 2 (III.A.2), by what its records are.
enum class RecordType : uint8_t {
  huge_objects = 1,  // of a fractal heap, found by their number
  links_by_name = 5,
  attributes_by_name = 8,
  chunks = 10,
  filtered_chunks = 11,
};

std::vector<Bytes> records_of_tree(Source& source, uint64_t address, RecordType type);

}  // namespace modelconv::hdf5
