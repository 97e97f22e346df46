#include "wire/hdf5/chunk_index.h"

#include <algorithm>

#include "wire/hdf5/b_tree.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kWhat = "an index of chunks";

uint64_t divided_up(uint64_t size, uint64_t by) { return size / by + (size % by != 0); }

// Address, size where there are filters, mask: as arrays and the second kind of tree have it.
Chunk take_chunk(Cursor& cursor, const ChunkedArray& array, uint64_t size_width) {
  Chunk chunk{0, cursor.take_offset(), array.grid.chunk_bytes(), 0};
  if (!array.has_filters) return chunk;
  ENSURE(size_width >= 1 && size_width <= 8, MalformedModelError, "{}: sizes of {} bytes", kWhat, size_width);
  chunk.size = take_uint(cursor, static_cast<int>(size_width));
  chunk.mask = cursor.take_number<uint32_t>();
  return chunk;
}

// Keys: size, mask, and where the chunk begins, in elements; one number more for the place in an element.
std::vector<Chunk> from_tree_v1(Source& source, const ChunkedArray& array) {
  const size_t rank = array.layout.chunk.size();
  std::vector<Chunk> chunks;
  for (const TreeEntry& entry :
       entries_of_tree(source, array.layout.address, TreeType::chunks, 8 + 8 * (rank + 1))) {
    ByteCursor cursor(entry.key, kWhat);
    Chunk chunk{0, entry.child, cursor.take_number<uint32_t>(), cursor.take_number<uint32_t>()};
    std::vector<uint64_t> place;
    for (const uint64_t size : array.layout.chunk) {
      const auto start = cursor.take_number<uint64_t>();
      ENSURE(start % size == 0, MalformedModelError, "{}: a chunk begins at {}, in steps of {}", kWhat, start,
             size);
      place.push_back(start / size);
    }
    chunk.number = array.grid.number_at(place);
    chunks.push_back(chunk);
  }
  return chunks;
}

std::vector<Chunk> from_tree_v2(Source& source, const ChunkedArray& array) {
  const auto type = array.has_filters ? RecordType::filtered_chunks : RecordType::chunks;
  std::vector<Chunk> chunks;
  for (const Bytes record : records_of_tree(source, array.layout.address, type)) {
    Cursor cursor(record, kWhat, source.widths());
    const uint64_t others = static_cast<uint64_t>(source.widths().offset) + 4 + 8 * array.layout.chunk.size();
    Chunk chunk = take_chunk(cursor, array, record.size() - others);
    std::vector<uint64_t> place;
    for (size_t i = 0; i < array.layout.chunk.size(); ++i) place.push_back(cursor.take_number<uint64_t>());
    chunk.number = array.grid.number_at(place);
    chunks.push_back(chunk);
  }
  return chunks;
}

// Arrays number the chunks in row-major order of the largest shape; the dimension without limit, if there is one, first.
struct Numbering {
  std::vector<uint64_t> sizes;
  size_t unlimited = 0;

  Numbering(const Dataspace& space, const Layout& layout) {
    for (size_t i = 0; i < space.dims.size(); ++i) {
      if (space.largest[i] == kUnlimited) unlimited = i;
      sizes.push_back(divided_up(space.largest[i], layout.chunk[i]));
      ENSURE(sizes.back() > 0, MalformedModelError, "{}: the largest shape has no elements", kWhat);
    }
    std::rotate(sizes.begin(), sizes.begin() + static_cast<ptrdiff_t>(unlimited),
                sizes.begin() + static_cast<ptrdiff_t>(unlimited) + 1);
  }

  std::vector<uint64_t> place_of(uint64_t number) const {
    std::vector<uint64_t> place(sizes.size());
    for (size_t i = sizes.size(); i-- > 0; number /= sizes[i]) place[i] = number % sizes[i];
    std::rotate(place.begin(), place.begin() + 1, place.begin() + static_cast<ptrdiff_t>(unlimited) + 1);
    return place;
  }
};

std::vector<Chunk> from_array(Source& source, const ChunkedArray& array) {
  const bool is_fixed = array.layout.index == Layout::Index::fixed_array;
  const auto read = is_fixed ? entries_of_fixed_array : entries_of_extensible_array;
  const Numbering numbering(array.space, array.layout);
  std::vector<Chunk> chunks;
  for (const IndexEntry& entry : read(source, array.layout.address, array.has_filters)) {
    Cursor cursor(entry.bytes, kWhat, source.widths());
    const auto others = static_cast<uint64_t>(source.widths().offset) + 4;
    Chunk chunk = take_chunk(cursor, array, entry.bytes.size() - others);
    chunk.number = array.grid.number_at(numbering.place_of(entry.number));
    chunks.push_back(chunk);
  }
  return chunks;
}

// The address leads to the chunks themselves: one, or all of the largest shape one after the other.
std::vector<Chunk> without_index(const Source& source, const ChunkedArray& array) {
  const Layout& layout = array.layout;
  if (layout.index == Layout::Index::single) {
    const uint64_t size = layout.single_is_filtered ? layout.single_size : array.grid.chunk_bytes();
    return {{0, layout.address, size, layout.single_mask}};
  }
  const Numbering numbering(array.space, layout);
  uint64_t count = 1;
  for (const uint64_t size : numbering.sizes) count = product(count, size, kWhat);
  source.at(layout.address, product(count, array.grid.chunk_bytes(), kWhat), kWhat);
  std::vector<Chunk> chunks;
  for (uint64_t i = 0; i < count; ++i)
    chunks.push_back({array.grid.number_at(numbering.place_of(i)),
                      layout.address + i * array.grid.chunk_bytes(), array.grid.chunk_bytes(), 0});
  return chunks;
}

std::vector<Chunk> chunks_of(Source& source, const ChunkedArray& array) {
  switch (array.layout.index) {
    case Layout::Index::tree_v1: return from_tree_v1(source, array);
    case Layout::Index::tree_v2: return from_tree_v2(source, array);
    case Layout::Index::fixed_array:
    case Layout::Index::extensible_array: return from_array(source, array);
    default: return without_index(source, array);
  }
}

}  // namespace

Grid::Grid(const Dataspace& space, const Layout& layout) {
  ENSURE(space.dims.size() == layout.chunk.size() && !space.is_null, MalformedModelError,
         "an array of {} dimensions has chunks of {}", space.dims.size(), layout.chunk.size());
  chunk_bytes_ = layout.element_size;
  for (size_t i = 0; i < space.dims.size(); ++i) {
    sizes_.push_back(divided_up(space.dims[i], layout.chunk[i]));
    chunk_bytes_ = product(chunk_bytes_, layout.chunk[i], "a chunk");
  }
}

uint64_t Grid::number_at(const std::vector<uint64_t>& place) const {
  uint64_t number = 0;
  for (size_t i = 0; i < sizes_.size(); ++i) {
    if (place[i] >= sizes_[i]) return kOutside;
    number = number * sizes_[i] + place[i];
  }
  return number;
}

std::vector<uint64_t> Grid::place_of(uint64_t number) const {
  std::vector<uint64_t> place(sizes_.size());
  for (size_t i = sizes_.size(); i-- > 0; number /= sizes_[i]) place[i] = number % sizes_[i];
  return place;
}

std::vector<Chunk> read_chunk_index(Source& source, const ChunkedArray& array) {
  if (source.is_undefined(array.layout.address)) return {};
  std::vector<Chunk> chunks = chunks_of(source, array);
  std::erase_if(chunks, [&](const Chunk& chunk) {
    return chunk.number == Grid::kOutside || source.is_undefined(chunk.address);
  });
  return chunks;
}

}  // namespace modelconv::hdf5
