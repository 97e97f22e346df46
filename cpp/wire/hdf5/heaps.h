// The older heaps: names of a group (III.D), and texts of any length (III.E).
#pragma once

#include <string_view>
#include <unordered_map>

#include "wire/hdf5/source.h"

namespace modelconv::hdf5 {

class LocalHeap {
 public:
  LocalHeap(Source& source, uint64_t address);
  std::string_view name_at(uint64_t offset) const;  // up to the next zero byte

 private:
  Bytes data_;
};

// All collections of a file; each is read once.
class GlobalHeaps {
 public:
  Bytes object(Source& source, uint64_t collection, uint32_t index);

 private:
  using Collection = std::unordered_map<uint32_t, Bytes>;  // by index
  static Collection read(Source& source, uint64_t address);
  std::unordered_map<uint64_t, Collection> collections_;  // by address
};

}  // namespace modelconv::hdf5
