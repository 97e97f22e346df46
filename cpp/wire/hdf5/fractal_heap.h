// Fractal heaps: where links and attributes lie when a group or an object has many (III.G).
#pragma once

#include <map>
#include <vector>

#include "wire/hdf5/source.h"

namespace modelconv::hdf5 {

class FractalHeap {
 public:
  // Reads what says where the blocks are. Heaps with filters are refused.
  FractalHeap(Source& source, uint64_t address);

  // The object of an ID: a view of the file, or of the ID itself. Counted as visited: many IDs may lead to one object.
  Bytes object(Source& source, Bytes id) const;

  // Of every ID, in bytes.
  size_t id_size() const { return id_size_; }

 private:
  struct Block {
    uint64_t start;  // in the heap's space
    Bytes bytes;
  };
  struct
      Table {  // the "doubling table": rows of blocks, from the third row on twice as large as in the row before
    uint64_t width, first_size, largest_direct;
    int bits;  // of an offset in the heap's space
    uint64_t size_in_row(uint64_t row) const { return row == 0 ? first_size : first_size << (row - 1); }
  };
  struct Waiting {
    uint64_t address, start, rows;  // rows 0: a direct block
    uint64_t size;                  // of a direct block
  };
  void read_table(Cursor& cursor, Source& source);
  void read_huge(Source& source, uint64_t tree);
  void read_blocks(Source& source, const Waiting& root);
  void read_indirect(Source& source, const Waiting& block, std::vector<Waiting>& waiting) const;
  Bytes find(Bytes id) const;
  Bytes managed(ByteCursor& id) const;

  size_t id_size_ = 0;
  uint64_t largest_managed_ = 0;
  Table table_{};
  std::vector<Block> blocks_;       // direct, ascending
  std::map<uint64_t, Bytes> huge_;  // by number
};

}  // namespace modelconv::hdf5
