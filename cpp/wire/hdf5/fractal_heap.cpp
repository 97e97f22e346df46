#include "wire/hdf5/fractal_heap.h"

#include <algorithm>
#include <bit>

#include "wire/hdf5/b_tree.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kHeader = "a heap's header", kIndirect = "a heap's indirect block",
                           kDirect = "a heap's block", kObject = "an object in a heap";
constexpr uint64_t kMostRows = 64;

int bytes_for_bits(int bits) { return (bits + 7) / 8; }

}  // namespace

FractalHeap::FractalHeap(Source& source, uint64_t address) {
  const auto [offset, length] = source.widths();
  const auto size =
      static_cast<uint64_t>(4 + 1 + 2 + 2 + 1 + 4 + 12 * length + 3 * offset + 2 + 2 + 2 + 2 + 4);
  Cursor cursor = source.structure(address, size, "FRHP", kHeader);
  expect_version(cursor, 0, kHeader);
  id_size_ = cursor.take_number<uint16_t>();
  ENSURE(cursor.take_number<uint16_t>() == 0, MalformedModelError, "{} has filters, which are not read",
         kHeader);
  cursor.take(1);  // flags
  largest_managed_ = cursor.take_number<uint32_t>();
  cursor.take_length();  // the next number of a huge object
  const uint64_t huge = cursor.take_offset();
  cursor.take_length();  // free space, where it is managed
  cursor.take_offset();
  for (int i = 0; i < 8; ++i) cursor.take_length();  // sizes and numbers of objects
  read_table(cursor, source);
  if (!source.is_undefined(huge)) read_huge(source, huge);
}

void FractalHeap::read_table(Cursor& cursor, Source& source) {
  table_.width = cursor.take_number<uint16_t>();
  table_.first_size = cursor.take_length();
  table_.largest_direct = cursor.take_length();
  table_.bits = cursor.take_number<uint16_t>();
  cursor.take(2);  // rows at the beginning
  const uint64_t root = cursor.take_offset();
  const auto rows = cursor.take_number<uint16_t>();
  const bool is_sound = std::has_single_bit(table_.width) && std::has_single_bit(table_.first_size) &&
                        std::has_single_bit(table_.largest_direct) &&
                        table_.largest_direct >= table_.first_size &&
                        table_.largest_direct <= uint64_t{1} << 32 && table_.bits <= 64;
  ENSURE(is_sound, MalformedModelError, "{} has sizes that cannot be", kHeader);
  if (!source.is_undefined(root)) read_blocks(source, {root, 0, rows, table_.first_size});
}

// Those whose IDs hold their number (the tree's records of type 1; others need filters or longer IDs).
void FractalHeap::read_huge(Source& source, uint64_t tree) {
  for (const Bytes record : records_of_tree(source, tree, RecordType::huge_objects)) {
    Cursor cursor(record, kObject, source.widths());
    const uint64_t address = cursor.take_offset(), size = cursor.take_length();
    huge_[cursor.take_length()] = source.visit(address, size, kObject);
  }
}

void FractalHeap::read_blocks(Source& source, const Waiting& root) {
  std::vector<Waiting> waiting{root};
  while (!waiting.empty()) {
    const Waiting block = waiting.back();
    waiting.pop_back();
    if (block.rows > 0) {
      read_indirect(source, block, waiting);
      continue;
    }
    const Bytes bytes = source.visit(block.address, block.size, kDirect);
    ByteCursor cursor(bytes, kDirect);
    expect_signature(cursor, "FHDB", kDirect);
    blocks_.push_back({block.start, bytes});
  }
  std::sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) { return a.start < b.start; });
}

// Addresses of the blocks of each row: direct ones, in rows beyond the largest size indirect ones.
void FractalHeap::read_indirect(Source& source, const Waiting& block, std::vector<Waiting>& waiting) const {
  ENSURE(block.rows <= kMostRows, MalformedModelError, "{} has {} rows", kIndirect, block.rows);
  const auto widths = source.widths();
  const auto head = static_cast<uint64_t>(4 + 1 + widths.offset + bytes_for_bits(table_.bits));
  const uint64_t size = head + block.rows * table_.width * static_cast<uint64_t>(widths.offset) + 4;
  Cursor cursor = source.structure(block.address, size, "FHIB", kIndirect);
  cursor.take(head - 4);
  uint64_t start = block.start;
  for (uint64_t row = 0; row < block.rows; ++row) {
    const uint64_t each = table_.size_in_row(row);
    ENSURE(static_cast<uint64_t>(std::bit_width(table_.first_size)) + row < 64, MalformedModelError,
           "{} is too large", kIndirect);
    // An indirect block covers as many rows as make up its size: the first `n` rows hold width * first_size * 2^(n - 1).
    const uint64_t first = table_.width * table_.first_size;
    const bool is_direct = each <= table_.largest_direct;
    ENSURE(is_direct || each >= first, MalformedModelError, "{} holds one of no rows", kIndirect);
    const auto rows = is_direct ? 0 : static_cast<uint64_t>(std::bit_width(each / first));
    for (uint64_t i = 0; i < table_.width; ++i, start += each) {
      const uint64_t address = cursor.take_offset();
      if (!source.is_undefined(address)) waiting.push_back({address, start, rows, each});
    }
  }
}

Bytes FractalHeap::object(Source& source, Bytes id) const {
  const Bytes object = find(id);
  source.visited(object.size());
  return object;
}

// The first byte has the version (bits 6 and 7) and the kind (4 and 5).
Bytes FractalHeap::find(Bytes id) const {
  ByteCursor cursor(id, kObject);
  const auto first = cursor.take_number<uint8_t>();
  ENSURE(first >> 6 == 0, MalformedModelError, "{} has an ID of version {}", kObject, first >> 6);
  switch (first >> 4 & 3) {
    case 0: return managed(cursor);
    case 1: {
      const auto found = huge_.find(take_uint(cursor, static_cast<int>(std::min<size_t>(cursor.left(), 8))));
      ENSURE(found != huge_.end(), MalformedModelError, "{} is missing", kObject);
      return found->second;
    }
    case 2: return cursor.take((first & 0xF) + 1U);
    default: throw MalformedModelError(fmt::format("{} has an ID of an unknown kind", kObject));
  }
}

Bytes FractalHeap::managed(ByteCursor& id) const {
  // As wide as the largest direct block and the largest object need it.
  const int block_bits = static_cast<int>(std::bit_width(table_.largest_direct)) - 1;
  const int object_bits = static_cast<int>(std::bit_width(std::max<uint64_t>(largest_managed_, 1))) - 1;
  const int length_bytes = std::min(bytes_for_bits(block_bits), object_bits / 8 + 1);
  const uint64_t offset = take_uint(id, bytes_for_bits(table_.bits)), size = take_uint(id, length_bytes);
  auto next = std::upper_bound(blocks_.begin(), blocks_.end(), offset,
                               [](uint64_t place, const Block& block) { return place < block.start; });
  ENSURE(next != blocks_.begin(), MalformedModelError, "{} lies in a block that is missing", kObject);
  const Block& block = *--next;
  const uint64_t within = offset - block.start;
  ENSURE(within <= block.bytes.size() && size <= block.bytes.size() - within, MalformedModelError,
         "{} lies in a block that is missing", kObject);
  return block.bytes.subspan(static_cast<size_t>(within), static_cast<size_t>(size));
}

}  // namespace modelconv::hdf5
