#include "wire/hdf5/superblock.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kSignature{"\x89HDF\r\n\x1a\n", 8}, kWhat = "the superblock";

// At 0, 512, 1024, 2048, ...
size_t find_signature(Bytes file) {
  for (size_t at = 0; at + kSignature.size() <= file.size(); at = at == 0 ? 512 : 2 * at)
    if (as_text(file.subspan(at, kSignature.size())) == kSignature) return at;
  throw MalformedModelError("the file has no HDF5 signature");
}

Widths take_widths(ByteCursor& cursor) {
  const Widths widths{cursor.take_number<uint8_t>(), cursor.take_number<uint8_t>()};
  for (const int width : {widths.offset, widths.length})
    ENSURE(width == 2 || width == 4 || width == 8, MalformedModelError,
           "the superblock has numbers of {} bytes; 2, 4 and 8 are read", width);
  return widths;
}

struct Fields {
  Widths widths;
  uint64_t base = 0, end = 0, root = 0;
};

// Versions 0 and 1.
Fields read_old(Bytes bytes, int version) {
  ByteCursor front(bytes, kWhat);
  front.take(4);  // versions of parts, which have only ever been 0
  Fields fields;
  fields.widths = take_widths(front);
  front.take(version == 0 ? 9 : 13);  // sizes of groups' nodes, flags
  Cursor cursor(bytes.subspan(front.position()), kWhat, fields.widths);
  fields.base = cursor.take_offset();
  cursor.take_offset();  // of free space
  fields.end = cursor.take_offset();
  cursor.take_offset();  // of the driver's information
  cursor.take_offset();  // of the root's name
  fields.root = cursor.take_offset();
  return fields;
}

// Versions 2 and 3; the checksum is that of the whole superblock.
Fields read_new(Bytes bytes) {
  ByteCursor front(bytes, kWhat);
  Fields fields;
  fields.widths = take_widths(front);
  front.take(1);  // flags
  Cursor cursor(bytes.subspan(front.position()), kWhat, fields.widths);
  fields.base = cursor.take_offset();
  cursor.take_offset();  // of the extension
  fields.end = cursor.take_offset();
  fields.root = cursor.take_offset();
  return fields;
}

}  // namespace

Superblock read_superblock(Bytes file, bool verify) {
  const size_t start = find_signature(file);
  const Bytes bytes = file.subspan(start);
  ByteCursor cursor(bytes.subspan(kSignature.size()), kWhat);
  const int version = cursor.take_number<uint8_t>();
  ENSURE(version <= 3, MalformedModelError, "a superblock of version {}; 0 to 3 are read", version);
  const Bytes rest = bytes.subspan(kSignature.size() + 1);
  const Fields fields = version < 2 ? read_old(rest, version) : read_new(rest);
  // The end counts from the start of the file, and the user block may have been cut off since.
  const uint64_t size = fields.end - fields.base;
  ENSURE(fields.end >= fields.base && size <= bytes.size(), MalformedModelError,
         "the file is cut short: it says that it has {} bytes, {} are there", size, bytes.size());
  Source source(bytes, fields.widths, verify);
  if (version >= 2)
    source.check_sum(source.visit(0, 12 + 4 * static_cast<uint64_t>(fields.widths.offset) + 4, kWhat), kWhat);
  return {source, fields.root};
}

}  // namespace modelconv::hdf5
