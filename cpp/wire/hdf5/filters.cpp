#include "wire/hdf5/filters.h"

#include <algorithm>

#include "wire/byte_cursor.h"
#include "wire/hdf5/checksum.h"
#include "wire/inflate.h"

namespace modelconv::hdf5 {
namespace {

// VI.A of the specification has the registered numbers.
constexpr uint16_t kDeflate = 1, kShuffle = 2, kFletcher32 = 3;
constexpr uint64_t kSumSize = 4;

std::string name_of(const Filter& filter) {
  constexpr std::string_view kOthers[] = {"szip", "nbit", "scale-offset"};
  if (!filter.name.empty()) return filter.name;
  return filter.id >= 4 && filter.id <= 6 ? std::string(kOthers[filter.id - 4])
                                          : fmt::format("number {}", filter.id);
}

// The first bytes of all elements, then the second ones, ...; what is left over at the end stays where it is.
void unshuffle(Bytes from, uint64_t element_size, std::vector<std::byte>& to) {
  const size_t size = static_cast<size_t>(element_size), count = from.size() / size;
  to.resize(from.size());
  for (size_t byte = 0; byte < size; ++byte)
    for (size_t i = 0; i < count; ++i) to[i * size + byte] = from[byte * count + i];
  std::copy(from.begin() + static_cast<ptrdiff_t>(count * size), from.end(),
            to.begin() + static_cast<ptrdiff_t>(count * size));
}

// Before version 1.6.3 the library summed words in the machine's order of bytes, which gives the halves' bytes swapped.
Bytes without_checksum(Bytes bytes) {
  ENSURE(bytes.size() >= kSumSize, MalformedModelError, "a chunk lacks its checksum");
  const Bytes contents = bytes.first(bytes.size() - kSumSize);
  const auto stored = ByteCursor(bytes.last(kSumSize), "a chunk").take_number<uint32_t>();
  const uint32_t sum = fletcher32(contents);
  const uint32_t swapped = (sum & 0x00FF00FFU) << 8 | (sum >> 8 & 0x00FF00FFU);
  ENSURE(stored == sum || stored == swapped, MalformedModelError,
         "a chunk is damaged: its checksum is wrong");
  return contents;
}

}  // namespace

void check_filters(const std::vector<Filter>& filters) {
  int deflates = 0;
  for (const Filter& filter : filters) {
    ENSURE(filter.id >= kDeflate && filter.id <= kFletcher32, MalformedModelError,
           "it is packed by the filter {}; deflate (gzip), shuffle and fletcher32 are read", name_of(filter));
    deflates += filter.id == kDeflate;
  }
  ENSURE(deflates <= 1 && filters.size() <= 32, MalformedModelError, "it is packed more than once");
}

Bytes unfiltered(Bytes stored, const std::vector<Filter>& filters, uint32_t mask, uint64_t size,
                 uint64_t element_size, FilterMemory& memory) {
  const auto is_used = [&](size_t i) { return (mask >> i & 1) == 0; };
  Bytes bytes = stored;
  for (size_t i = filters.size(); i-- > 0;) {
    if (!is_used(i)) continue;
    if (filters[i].id == kFletcher32) {
      bytes = without_checksum(bytes);
      continue;
    }
    if (filters[i].id == kShuffle) {
      const uint64_t width = filters[i].values.empty() ? element_size : filters[i].values[0];
      if (width <= 1 || width > bytes.size()) continue;
      unshuffle(bytes, width, memory.next);
    } else {
      uint64_t before = size;  // what deflate was given: checksums may have been added
      for (size_t j = 0; j < i; ++j) before += is_used(j) && filters[j].id == kFletcher32 ? kSumSize : 0;
      ENSURE(can_inflate_to(before, bytes.size()), MalformedModelError,
             "a chunk has {} bytes, which {} packed bytes cannot hold", before, bytes.size());
      memory.next.resize(static_cast<size_t>(before));
      ENSURE(inflate_into(bytes, memory.next, DeflateForm::zlib), MalformedModelError, "a chunk is damaged");
    }
    std::swap(memory.now, memory.next);
    bytes = memory.now;
  }
  ENSURE(bytes.size() == size, MalformedModelError, "a chunk has {} bytes, {} are expected", bytes.size(),
         size);
  return bytes;
}

}  // namespace modelconv::hdf5
