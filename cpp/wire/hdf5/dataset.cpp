#include "wire/hdf5/dataset.h"

#include <algorithm>

#include "wire/hdf5/chunk_index.h"
#include "wire/hdf5/filters.h"
#include "wire/inflate.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kWhat = "its data";

void check_stored(const Dataset& dataset, uint64_t size, uint64_t stored) {
  ENSURE(can_inflate_to(size, stored), MalformedModelError,
         "it has no data: {} bytes, of which the file stores {}", size, stored);
  const bool is_fitting = dataset.fill.empty() || dataset.fill.size() == dataset.type.size;
  ENSURE(is_fitting, MalformedModelError, "its fill value has {} bytes, its elements have {}",
         dataset.fill.size(), dataset.type.size);
}

std::shared_ptr<std::vector<std::byte>> filled(const Dataset& dataset, uint64_t size) {
  auto elements = std::make_shared<std::vector<std::byte>>(static_cast<size_t>(size));
  const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
  if (std::all_of(dataset.fill.begin(), dataset.fill.end(), is_zero)) return elements;
  for (auto at = elements->begin(); at != elements->end(); at += static_cast<ptrdiff_t>(dataset.fill.size()))
    std::copy(dataset.fill.begin(), dataset.fill.end(), at);
  return elements;
}

// Copies chunks into an array, without what reaches over its edges.
class Mosaic {
 public:
  Mosaic(const Dataset& dataset, const Grid& grid, std::vector<std::byte>& target)
      : dims_(dataset.space.dims),
        chunk_(dataset.layout.chunk),
        size_(dataset.type.size),
        grid_(grid),
        target_(target) {}

  bool reaches_over(const Chunk& chunk) const {
    const std::vector<uint64_t> place = grid_.place_of(chunk.number);
    for (size_t i = 0; i < dims_.size(); ++i)
      if (extent(place, i) < chunk_[i]) return true;
    return false;
  }

  // Row by row: rows are along the last dimension.
  void put(const Chunk& chunk, Bytes bytes) {
    const std::vector<uint64_t> place = grid_.place_of(chunk.number);
    const size_t last = dims_.size() - 1;
    std::vector<uint64_t> at(dims_.size());  // in the chunk
    const auto row = static_cast<size_t>(extent(place, last) * size_);
    while (true) {
      uint64_t from = 0, to = 0;
      for (size_t i = 0; i <= last; ++i) {
        from = from * chunk_[i] + at[i];
        to = to * dims_[i] + place[i] * chunk_[i] + at[i];
      }
      std::memcpy(target_.data() + to * size_, bytes.data() + from * size_, row);
      size_t axis = last;
      while (axis > 0 && ++at[axis - 1] == extent(place, axis - 1)) at[--axis] = 0;
      if (axis == 0) return;
    }
  }

 private:
  // How many elements of the chunk are in the array, along an axis.
  uint64_t extent(const std::vector<uint64_t>& place, size_t axis) const {
    return std::min(chunk_[axis], dims_[axis] - place[axis] * chunk_[axis]);
  }

  const std::vector<uint64_t>&dims_, &chunk_;
  uint64_t size_;  // of an element
  const Grid& grid_;
  std::vector<std::byte>& target_;
};

Elements read_chunks(Source& source, const Dataset& dataset, uint64_t size) {
  ENSURE(dataset.layout.element_size == dataset.type.size, MalformedModelError,
         "its chunks have elements of {} bytes, its type has {}", dataset.layout.element_size,
         dataset.type.size);
  check_filters(dataset.filters);
  const Grid grid(dataset.space, dataset.layout);
  const bool has_filters = !dataset.filters.empty();
  const auto chunks = read_chunk_index(source, {dataset.space, dataset.layout, grid, has_filters});
  uint64_t stored = 0;
  for (const Chunk& chunk : chunks) stored += source.visit(chunk.address, chunk.size, kWhat).size();
  check_stored(dataset, size, stored);

  const auto elements = filled(dataset, size);
  Mosaic mosaic(dataset, grid, *elements);
  FilterMemory memory;
  const std::vector<Filter> none;
  for (const Chunk& chunk : chunks) {
    const bool is_plain = dataset.layout.edges_are_unfiltered && mosaic.reaches_over(chunk);
    const Bytes bytes = source.at(chunk.address, chunk.size, kWhat);
    mosaic.put(chunk, unfiltered(bytes, is_plain ? none : dataset.filters, chunk.mask, grid.chunk_bytes(),
                                 dataset.type.size, memory));
  }
  return {*elements, elements};
}

}  // namespace

Elements read_elements(Source& source, const Dataset& dataset) {
  ENSURE(!dataset.is_in_other_files, MalformedModelError, "it lies in another file");
  const uint64_t size = dataset.space.bytes(dataset.type.size);
  if (size == 0) return {};
  if (dataset.layout.kind == Layout::Kind::chunked) return read_chunks(source, dataset, size);
  ENSURE(dataset.filters.empty(), MalformedModelError, "it is packed, but not in chunks");
  if (dataset.layout.kind == Layout::Kind::compact) {
    ENSURE(size <= dataset.layout.compact.size(), MalformedModelError,
           "it is cut short: {} of {} bytes are there", dataset.layout.compact.size(), size);
    return {dataset.layout.compact.first(static_cast<size_t>(size)), nullptr};
  }
  if (!source.is_undefined(dataset.layout.address))
    return {source.at(dataset.layout.address, size, kWhat), nullptr};
  check_stored(dataset, size, 0);
  const auto elements = filled(dataset, size);
  return {*elements, elements};
}

}  // namespace modelconv::hdf5
