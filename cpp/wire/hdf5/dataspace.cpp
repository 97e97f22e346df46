#include "wire/hdf5/dataspace.h"

#include <algorithm>

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kWhat = "a dataspace";
constexpr int kHighestRank = 32;

std::vector<uint64_t> take_dims(Cursor& cursor, int rank, Widths widths) {
  std::vector<uint64_t> dims;
  const uint64_t unlimited = widths.length >= 8 ? kUnlimited : (uint64_t{1} << (8 * widths.length)) - 1;
  for (int i = 0; i < rank; ++i) {
    const uint64_t size = cursor.take_length();
    dims.push_back(size == unlimited ? kUnlimited : size);
  }
  return dims;
}

}  // namespace

uint64_t Dataspace::count() const { return bytes(1); }

uint64_t Dataspace::bytes(uint64_t element_size) const {
  uint64_t bytes = element_size;
  for (const uint64_t size : dims) bytes = product(bytes, std::max<uint64_t>(size, 1), "an array");
  const bool is_empty = is_null || std::find(dims.begin(), dims.end(), 0) != dims.end();
  return is_empty ? 0 : bytes;
}

Dataspace read_dataspace(Bytes message, Widths widths) {
  Cursor cursor(message, kWhat, widths);
  const auto version = cursor.take_number<uint8_t>();
  ENSURE(version == 1 || version == 2, MalformedModelError, "{} of version {}; 1 and 2 are read", kWhat,
         version);
  const auto rank = cursor.take_number<uint8_t>();
  const auto flags = cursor.take_number<uint8_t>();
  ENSURE(rank <= kHighestRank, MalformedModelError, "{} has {} dimensions", kWhat, rank);
  Dataspace space;
  if (version == 1)
    cursor.take(5);
  else
    space.is_null = cursor.take_number<uint8_t>() == 2;
  space.dims = take_dims(cursor, rank, widths);
  space.largest = (flags & 1) != 0 ? take_dims(cursor, rank, widths) : space.dims;
  return space;
}

}  // namespace modelconv::hdf5
