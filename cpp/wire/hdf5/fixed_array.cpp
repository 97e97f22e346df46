#include <algorithm>

#include "wire/hdf5/chunk_index.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kHeader = "a fixed array", kBlock = "a fixed array's block",
                           kPage = "a fixed array's page";
constexpr uint64_t kSumSize = 4;

struct Header {
  uint64_t address, entry_size, page_bits, count, block;
};

Header read_header(Source& source, uint64_t address, bool has_filters) {
  const auto widths = source.widths();
  Cursor cursor = source.structure(
      address, static_cast<uint64_t>(4 + 4 + widths.length + widths.offset) + kSumSize, "FAHD", kHeader);
  expect_version(cursor, 0, kHeader);
  ENSURE(cursor.take_number<uint8_t>() == (has_filters ? 1 : 0), MalformedModelError,
         "{} is of another kind than the dataset", kHeader);
  Header header{address, cursor.take_number<uint8_t>(), cursor.take_number<uint8_t>(), 0, 0};
  header.count = cursor.take_length();
  header.block = cursor.take_offset();
  ENSURE(header.entry_size > 0 && header.page_bits < 64, MalformedModelError, "{} has sizes that cannot be",
         kHeader);
  return header;
}

void take_entries(Cursor cursor, const Header& header, uint64_t first, uint64_t count,
                  std::vector<IndexEntry>& entries) {
  for (uint64_t i = 0; i < count; ++i) entries.push_back({first + i, cursor.take(header.entry_size)});
}

// More entries than a page holds: a bit for each page that is there, the highest bit of a byte first, then all pages.
void read_pages(Source& source, const Header& header, uint64_t head, std::vector<IndexEntry>& entries) {
  const uint64_t in_page = uint64_t{1} << header.page_bits;
  const uint64_t pages = (header.count - 1) / in_page + 1, bit_bytes = (pages - 1) / 8 + 1;
  Cursor block = source.structure(header.block, head + bit_bytes + kSumSize, "FADB", kBlock);
  block.take(head - 4);
  const Bytes bits = block.take(bit_bytes);
  uint64_t address = header.block + head + bit_bytes + kSumSize;
  for (uint64_t page = 0; page < pages; ++page) {
    const uint64_t first = page * in_page, count = std::min(in_page, header.count - first);
    const uint64_t size = count * header.entry_size + kSumSize;
    if ((std::to_integer<unsigned>(bits[page / 8]) & 0x80U >> (page % 8)) != 0)
      take_entries(source.structure(address, size, "", kPage), header, first, count, entries);
    address += size;
  }
}

}  // namespace

std::vector<IndexEntry> entries_of_fixed_array(Source& source, uint64_t address, bool has_filters) {
  const Header header = read_header(source, address, has_filters);
  std::vector<IndexEntry> entries;
  if (source.is_undefined(header.block) || header.count == 0) return entries;
  const uint64_t bytes = product(header.count, header.entry_size, kHeader);
  source.at(header.block, bytes, kBlock);
  const auto head = static_cast<uint64_t>(4 + 1 + 1 + source.widths().offset);
  if (header.count > uint64_t{1} << header.page_bits) {
    read_pages(source, header, head, entries);
  } else {
    Cursor block = source.structure(header.block, head + bytes + kSumSize, "FADB", kBlock);
    block.take(head - 4);
    take_entries(block, header, 0, header.count, entries);
  }
  return entries;
}

}  // namespace modelconv::hdf5
