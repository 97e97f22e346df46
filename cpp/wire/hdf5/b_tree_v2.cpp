#include <bit>

#include "wire/hdf5/b_tree.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kHeader = "a B-tree header", kNode = "a B-tree node";
constexpr uint64_t kNodeOverhead = 4 + 1 + 1 + 4;  // signature, version, type, checksum
constexpr int kDeepest = 32;                       // more than 2^32 records even of two to a node

struct Header {
  RecordType type;
  uint64_t node_size, record_size;
  int depth;
  uint64_t root, root_records;
};

// How wide the numbers of records are, in an internal node of each level.
struct Widths2 {
  int count = 0;           // of a child's own records
  std::vector<int> total;  // [level of the child]: of all records below it; 0 bytes for leaves
};

struct Waiting {
  uint64_t address, records;
  int level;
};

Header read_header(Source& source, uint64_t address, RecordType type) {
  const auto widths = source.widths();
  const uint64_t size =
      4 + 1 + 1 + 4 + 2 + 2 + 1 + 1 + 2 + 4 + static_cast<uint64_t>(widths.offset + widths.length);
  Cursor cursor = source.structure(address, size, "BTHD", kHeader);
  expect_version(cursor, 0, kHeader);
  const auto found = cursor.take_number<uint8_t>();
  ENSURE(found == static_cast<uint8_t>(type), MalformedModelError,
         "{} has records of type {}, {} is expected", kHeader, found, static_cast<int>(type));
  Header header{};
  header.type = type;
  header.node_size = cursor.take_number<uint32_t>();
  header.record_size = cursor.take_number<uint16_t>();
  header.depth = cursor.take_number<uint16_t>();
  cursor.take(2);  // when nodes split and merge
  header.root = cursor.take_offset();
  header.root_records = cursor.take_number<uint16_t>();
  ENSURE(header.record_size > 0 && header.node_size >= kNodeOverhead + header.record_size &&
             header.depth <= kDeepest,
         MalformedModelError, "{} has sizes that cannot be: {} and {} bytes, {} levels", kHeader,
         header.node_size, header.record_size, header.depth);
  return header;
}

int bytes_for(uint64_t most) { return most == 0 ? 1 : (static_cast<int>(std::bit_width(most)) - 1) / 8 + 1; }

// From what a node can hold at most.
Widths2 widths_of(const Header& header, int offset_width) {
  const uint64_t in_leaf = (header.node_size - kNodeOverhead) / header.record_size;
  Widths2 widths{bytes_for(in_leaf), {0}};
  uint64_t below = in_leaf;
  for (int level = 1; level < header.depth; ++level) {
    const auto pointer = static_cast<uint64_t>(offset_width + widths.count + widths.total.back());
    ENSURE(header.node_size > kNodeOverhead + pointer, MalformedModelError, "{}: its nodes are too small",
           kHeader);
    const uint64_t most = (header.node_size - kNodeOverhead - pointer) / (header.record_size + pointer);
    below = product(most + 1, below, "a B-tree") + most;
    widths.total.push_back(bytes_for(below));
  }
  return widths;
}

}  // namespace

std::vector<Bytes> records_of_tree(Source& source, uint64_t address, RecordType type) {
  const Header header = read_header(source, address, type);
  std::vector<Bytes> records;
  if (source.is_undefined(header.root)) return records;
  const Widths2 widths = widths_of(header, source.widths().offset);
  std::vector<Waiting> waiting{{header.root, header.root_records, header.depth}};
  while (!waiting.empty()) {
    const Waiting node = waiting.back();
    waiting.pop_back();
    const int below = node.level == 0 ? 0 : widths.total[static_cast<size_t>(node.level) - 1];
    const auto pointer = static_cast<uint64_t>(source.widths().offset + widths.count + below);
    const uint64_t size = kNodeOverhead + node.records * header.record_size +
                          (node.level == 0 ? 0 : (node.records + 1) * pointer);
    Cursor cursor = source.structure(node.address, size, node.level == 0 ? "BTLF" : "BTIN", kNode);
    expect_version(cursor, 0, kNode);
    cursor.take(1);  // the type again
    for (uint64_t i = 0; i < node.records; ++i) records.push_back(cursor.take(header.record_size));
    for (uint64_t i = 0; node.level > 0 && i <= node.records; ++i) {
      const uint64_t child = cursor.take_offset(), count = take_uint(cursor, widths.count);
      cursor.take(static_cast<uint64_t>(below));
      waiting.push_back({child, count, node.level - 1});
    }
  }
  return records;
}

}  // namespace modelconv::hdf5
