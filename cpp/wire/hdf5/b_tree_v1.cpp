#include "wire/hdf5/b_tree.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kWhat = "a B-tree node";

struct Waiting {
  uint64_t address;
  int level;  // that the node must have; -1: any
};

}  // namespace

std::vector<TreeEntry> entries_of_tree(Source& source, uint64_t address, TreeType type, size_t key_size) {
  std::vector<TreeEntry> entries;
  std::vector<Waiting> waiting{{address, -1}};
  while (!waiting.empty()) {
    const Waiting node = waiting.back();
    waiting.pop_back();
    Cursor cursor = source.from(node.address, kWhat);
    expect_signature(cursor, "TREE", kWhat);
    ENSURE(cursor.take_number<uint8_t>() == static_cast<uint8_t>(type), MalformedModelError,
           "{} is of another kind of tree", kWhat);
    const int level = cursor.take_number<uint8_t>();
    ENSURE(node.level < 0 || level == node.level, MalformedModelError, "{} has the level {}, {} is expected",
           kWhat, level, node.level);
    const auto count = cursor.take_number<uint16_t>();
    cursor.take_offset();  // siblings
    cursor.take_offset();
    for (int i = 0; i < count; ++i) {
      const Bytes key = cursor.take(key_size);
      const uint64_t child = cursor.take_offset();
      if (level == 0)
        entries.push_back({key, child});
      else
        waiting.push_back({child, level - 1});
    }
    source.visited(cursor.position());
  }
  return entries;
}

}  // namespace modelconv::hdf5
