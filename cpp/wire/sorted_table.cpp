#include "wire/sorted_table.h"

#include <optional>
#include <string>

#include "base/error.h"
#include "wire/byte_cursor.h"
#include "wire/crc32c.h"
#include "wire/snappy.h"

namespace modelconv {
namespace {

constexpr size_t kFooterSize = 48;  // two handles of at most 20 bytes, zeros up to 40, 8 bytes of magic
constexpr uint64_t kMagic = 0xDB4775248B80FB57;
constexpr size_t kTrailerSize = 5;               // behind each block: compression and masked checksum
constexpr size_t kLongestKey = size_t{1} << 16;  // keys are names of variables

struct Handle {
  uint64_t offset, size;
};

Handle take_handle(ByteCursor& cursor) {
  const uint64_t offset = cursor.take_varint(), size = cursor.take_varint();
  return {offset, size};
}

// A block's content: a view of the file, or what its bytes expand to.
struct Block {
  std::string expanded;
  Bytes content;
};

void read_block(Bytes table, Handle handle, Block& block) {
  ENSURE(handle.offset <= table.size() && handle.size <= table.size() - handle.offset &&
             kTrailerSize <= table.size() - handle.offset - handle.size,
         MalformedModelError, "table: a block of {} bytes at byte {} does not lie in the file of {} bytes",
         handle.size, handle.offset, table.size());
  const auto stored = table.subspan(static_cast<size_t>(handle.offset), static_cast<size_t>(handle.size));
  const auto with_type =
      table.subspan(static_cast<size_t>(handle.offset), static_cast<size_t>(handle.size) + 1);
  ByteCursor trailer(table.subspan(static_cast<size_t>(handle.offset + handle.size), kTrailerSize),
                     "table block");
  const auto compression = trailer.take_number<uint8_t>();
  ENSURE(masked_crc32c(crc32c(with_type)) == trailer.take_number<uint32_t>(), MalformedModelError,
         "table: the block at byte {} has a wrong checksum", handle.offset);
  ENSURE(compression <= 1, MalformedModelError, "table: compression {} of the block at byte {} is not known",
         compression, handle.offset);
  if (compression == 0) {
    block.content = stored;
  } else {
    block.expanded = decode_snappy(stored);
    block.content = std::as_bytes(std::span(block.expanded));
  }
}

// Entries come first: how many bytes the key shares with the one before, how many follow, how long the value is, both.
// Then the offsets of the entries that share nothing ("restarts") and their number, which only a search needs.
// `key` is the last key of the block before, if there is one, and becomes that of this block.
template <typename Visit>
void for_each_in_block(Bytes content, std::optional<std::string>& key, const Visit& visit) {
  ENSURE(content.size() >= 4, MalformedModelError, "table: a block has {} bytes", content.size());
  const auto restarts = ByteCursor(content.last(4), "table block").take_number<uint32_t>();
  ENSURE(restarts <= (content.size() - 4) / 4, MalformedModelError,
         "table: a block of {} bytes has {} restarts", content.size(), restarts);
  ByteCursor cursor(content.first(content.size() - 4 - size_t{4} * restarts), "table block");
  for (bool first = true; cursor.left() > 0; first = false) {
    const uint64_t shared = cursor.take_varint(32), rest = cursor.take_varint(32),
                   size = cursor.take_varint(32);
    const size_t sharable = first ? 0 : key->size();
    ENSURE(shared <= sharable, MalformedModelError, "table: a key shares {} bytes with one of {} bytes",
           shared, sharable);
    ENSURE(shared + rest <= kLongestKey, MalformedModelError, "table: a key has {} bytes", shared + rest);
    const std::string_view more = as_text(cursor.take(rest));
    // Only what differs is compared: each byte of the file is looked at once, however long the keys are.
    ENSURE(!key || std::string_view(*key).substr(shared) < more, MalformedModelError,
           "table: the keys are not in order");
    if (!key) key.emplace();
    key->resize(static_cast<size_t>(shared));
    key->append(more);
    visit(*key, cursor.take(size));
  }
}

}  // namespace

void for_each_entry(Bytes table, const std::function<void(std::string_view, Bytes)>& visit) {
  ENSURE(table.size() >= kFooterSize, MalformedModelError, "a table has {} bytes at least, this file has {}",
         kFooterSize, table.size());
  ByteCursor footer(table.last(kFooterSize), "table footer");
  take_handle(footer);  // the meta index: nothing that is needed
  const Handle index = take_handle(footer);
  const auto magic = ByteCursor(table.last(8), "table footer").take_number<uint64_t>();
  ENSURE(magic == kMagic, MalformedModelError, "this is no table: it does not end with its magic number");

  Block index_block, block;
  read_block(table, index, index_block);
  uint64_t next_offset = 0;
  std::optional<std::string> index_key, key;
  for_each_in_block(index_block.content, index_key, [&](const std::string&, Bytes value) {
    ByteCursor cursor(value, "table index");
    const Handle handle = take_handle(cursor);
    // Blocks follow each other; an index that names one block a thousand times would cost a thousand times its size.
    ENSURE(handle.offset >= next_offset, MalformedModelError, "table: the blocks are not in order at byte {}",
           handle.offset);
    read_block(table, handle, block);
    next_offset = handle.offset + handle.size + kTrailerSize;
    for_each_in_block(block.content, key, visit);
  });
}

}  // namespace modelconv
