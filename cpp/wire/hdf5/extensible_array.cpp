#include <algorithm>
#include <bit>

#include "wire/hdf5/chunk_index.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kHeader = "an extensible array", kIndexBlock = "an extensible array's index",
                           kSuper = "an extensible array's secondary block",
                           kBlock = "an extensible array's block", kPage = "an extensible array's page";
constexpr uint64_t kSumSize = 4;

struct Header {
  uint64_t entry_size = 0, offset_bytes = 0, in_index = 0, smallest_block = 0, fewest_pointers = 0,
           in_page = 0;
  int levels = 0, levels_in_index = 0;
  uint64_t index_block = 0;

  // Levels double in turn the number of blocks and the entries in each.
  static uint64_t blocks_in(int level) { return uint64_t{1} << (level / 2); }
  uint64_t entries_in_block(int level) const { return smallest_block << ((level + 1) / 2); }
};

class Reader {
 public:
  Reader(Source& source, uint64_t address, bool has_filters) : source_(source) {
    read_header(address, has_filters);
  }

  std::vector<IndexEntry> read() {
    if (source_.is_undefined(header_.index_block)) return {};
    const auto width = static_cast<uint64_t>(source_.widths().offset);
    const uint64_t addresses = 2 * (header_.fewest_pointers - 1) +
                               static_cast<uint64_t>(std::max(header_.levels - header_.levels_in_index, 0));
    const uint64_t size = head() + header_.in_index * header_.entry_size + addresses * width + kSumSize;
    Cursor cursor = source_.structure(header_.index_block, size, "EAIB", kIndexBlock);
    cursor.take(head() - 4);
    take_entries(cursor, header_.in_index);
    for (int level = 0; level < header_.levels_in_index; ++level)
      for (uint64_t i = 0; i < Header::blocks_in(level); ++i) read_block(cursor.take_offset(), level);
    for (int level = header_.levels_in_index; level < header_.levels; ++level)
      read_level(cursor.take_offset(), level);
    return std::move(entries_);
  }

 private:
  // Signature, version, kind of entries, address of the header.
  uint64_t head() const { return static_cast<uint64_t>(4 + 1 + 1 + source_.widths().offset); }

  void read_header(uint64_t address, bool has_filters) {
    const auto widths = source_.widths();
    const auto size = static_cast<uint64_t>(4 + 8 + 6 * widths.length + widths.offset) + kSumSize;
    Cursor cursor = source_.structure(address, size, "EAHD", kHeader);
    expect_version(cursor, 0, kHeader);
    ENSURE(cursor.take_number<uint8_t>() == (has_filters ? 1 : 0), MalformedModelError,
           "{} is of another kind than the dataset", kHeader);
    header_.entry_size = cursor.take_number<uint8_t>();
    const int bits = cursor.take_number<uint8_t>();
    header_.offset_bytes = static_cast<uint64_t>(bits + 7) / 8;
    header_.in_index = cursor.take_number<uint8_t>();
    header_.smallest_block = cursor.take_number<uint8_t>();
    header_.fewest_pointers = cursor.take_number<uint8_t>();
    const int page_bits = cursor.take_number<uint8_t>();
    for (int i = 0; i < 6; ++i) cursor.take_length();  // numbers and sizes of blocks
    header_.index_block = cursor.take_offset();
    ENSURE(header_.entry_size > 0 && bits <= 64 && page_bits < 64 &&
               std::has_single_bit(header_.smallest_block) && std::has_single_bit(header_.fewest_pointers),
           MalformedModelError, "{} has sizes that cannot be", kHeader);
    header_.in_page = uint64_t{1} << page_bits;
    header_.levels = 1 + bits - (static_cast<int>(std::bit_width(header_.smallest_block)) - 1);
    header_.levels_in_index = 2 * (static_cast<int>(std::bit_width(header_.fewest_pointers)) - 1);
    ENSURE(header_.levels >= header_.levels_in_index, MalformedModelError, "{} has sizes that cannot be",
           kHeader);
  }

  void take_entries(Cursor& cursor, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) entries_.push_back({next_++, cursor.take(header_.entry_size)});
  }

  // What the file does not have holds no chunks.
  void read_block(uint64_t address, int level) {
    const uint64_t count = header_.entries_in_block(level);
    ENSURE(count <= header_.in_page, MalformedModelError, "{} has pages in its index", kHeader);
    if (source_.is_undefined(address)) {
      next_ += count;
      return;
    }
    const uint64_t start = head() + header_.offset_bytes;
    Cursor cursor = source_.structure(address, start + product(count, header_.entry_size, kBlock) + kSumSize,
                                      "EADB", kBlock);
    cursor.take(start - 4);
    take_entries(cursor, count);
  }

  // The blocks of one level, with a bit for each page of each, the highest of a byte first.
  void read_level(uint64_t address, int level) {
    const uint64_t blocks = Header::blocks_in(level), count = header_.entries_in_block(level);
    if (source_.is_undefined(address)) {
      next_ += blocks * count;
      return;
    }
    const uint64_t pages = count > header_.in_page ? count / header_.in_page : 0;
    const uint64_t bit_bytes = product(blocks, (pages + 7) / 8, kSuper),
                   start = head() + header_.offset_bytes;
    const uint64_t size =
        start + bit_bytes + blocks * static_cast<uint64_t>(source_.widths().offset) + kSumSize;
    Cursor cursor = source_.structure(address, size, "EASB", kSuper);
    cursor.take(start - 4);
    const Bytes bits = cursor.take(bit_bytes);
    for (uint64_t i = 0; i < blocks; ++i) {
      const uint64_t block = cursor.take_offset();
      if (pages == 0)
        read_block(block, level);
      else
        read_pages(block, pages, bits, i * pages);
    }
  }

  void read_pages(uint64_t address, uint64_t pages, Bytes bits, uint64_t first_bit) {
    const uint64_t size = header_.in_page * header_.entry_size + kSumSize;
    uint64_t place = address + head() + header_.offset_bytes + kSumSize;
    for (uint64_t bit = first_bit; bit < first_bit + pages; ++bit, place += size) {
      const bool is_there = (std::to_integer<unsigned>(bits[bit / 8]) & 0x80U >> (bit % 8)) != 0;
      if (is_there && !source_.is_undefined(address)) {
        Cursor cursor = source_.structure(place, size, "", kPage);
        take_entries(cursor, header_.in_page);
      } else {
        next_ += header_.in_page;
      }
    }
  }

  Source& source_;
  Header header_;
  std::vector<IndexEntry> entries_;
  uint64_t next_ = 0;
};

}  // namespace

std::vector<IndexEntry> entries_of_extensible_array(Source& source, uint64_t address, bool has_filters) {
  return Reader(source, address, has_filters).read();
}

}  // namespace modelconv::hdf5
