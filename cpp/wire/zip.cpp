#include "wire/zip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "wire/byte_cursor.h"
#include "wire/inflate.h"

namespace modelconv {
namespace {

// Signatures and sizes without their variable parts: APPNOTE 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kEnd = 0x06054b50,
                   kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr size_t kEndSize = 22, kEnd64LocatorSize = 20, kLongestComment = 0xFFFF;
constexpr uint16_t kExtra64 = 0x0001;  // 4.5.3
constexpr uint16_t kEncrypted = 1;     // bit 0 of the flags, 4.4.4
constexpr uint32_t kIn64 = 0xFFFFFFFF;

Bytes part_of(Bytes archive, uint64_t offset, uint64_t size, std::string_view what) {
  ENSURE(offset <= archive.size() && size <= archive.size() - offset, MalformedModelError,
         "zip archive: {} ({} bytes at byte {}) lies outside of the file of {} bytes", what, size, offset,
         archive.size());
  return archive.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}

struct Directory {
  uint64_t entries, size, offset;
};

// The end record stands last, but for a comment of unknown length.
size_t find_end(Bytes archive) {
  ENSURE(archive.size() >= kEndSize, MalformedModelError, "{} bytes are too few for a zip archive",
         archive.size());
  const size_t last = archive.size() - kEndSize;
  const size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (size_t at = last + 1; at-- > first;) {
    ByteCursor cursor(archive.subspan(at), "zip archive");
    if (cursor.take_number<uint32_t>() != kEnd) continue;
    cursor.take(kEndSize - 6);
    if (cursor.take_number<uint16_t>() == cursor.left()) return at;
  }
  throw MalformedModelError("the zip archive has no directory at its end")
      .hint("it may be cut short: compare its size with the original's");
}

// 4.3.14: the numbers that do not fit into the end record.
Directory read_end64(Bytes archive, uint64_t offset) {
  ByteCursor cursor(part_of(archive, offset, 56, "the 64-bit directory end"), "zip archive");
  ENSURE(cursor.take_number<uint32_t>() == kEnd64, MalformedModelError,
         "zip archive: there is no 64-bit directory end at byte {}", offset);
  cursor.take(28);
  Directory directory{};
  directory.entries = cursor.take_number<uint64_t>();
  directory.size = cursor.take_number<uint64_t>();
  directory.offset = cursor.take_number<uint64_t>();
  return directory;
}

Directory read_end(Bytes archive) {
  const size_t end = find_end(archive);
  ByteCursor cursor(archive.subspan(end + 4), "zip archive");
  const auto disk = cursor.take_number<uint16_t>(), directory_disk = cursor.take_number<uint16_t>();
  const auto here = cursor.take_number<uint16_t>(), all = cursor.take_number<uint16_t>();
  if (end >= kEnd64LocatorSize) {
    ByteCursor locator(archive.subspan(end - kEnd64LocatorSize), "zip archive");
    if (locator.take_number<uint32_t>() == kEnd64Locator) {
      locator.take(4);
      return read_end64(archive, locator.take_number<uint64_t>());
    }
  }
  ENSURE(disk == 0 && directory_disk == 0 && here == all, MalformedModelError,
         "the zip archive is one part of several");
  const auto size = cursor.take_number<uint32_t>(), offset = cursor.take_number<uint32_t>();
  return {all, size, offset};
}

// Sizes and offset, and the 64-bit forms of those that do not fit (4.5.3: in this order, only those that are needed).
struct Place {
  uint64_t packed_size, size, offset;
};

void read_extra(Bytes extra, Place& place) {
  ByteCursor cursor(extra, "extra field of a zip entry");
  while (cursor.left() >= 4) {
    const auto kind = cursor.take_number<uint16_t>(), size = cursor.take_number<uint16_t>();
    ByteCursor field(cursor.take(size), "64-bit sizes of a zip entry");
    if (kind != kExtra64) continue;
    if (place.size == kIn64) place.size = field.take_number<uint64_t>();
    if (place.packed_size == kIn64) place.packed_size = field.take_number<uint64_t>();
    if (place.offset == kIn64) place.offset = field.take_number<uint64_t>();
  }
}

// The contents follow the entry's local header, whose name and extra field have lengths of their own (4.3.7).
Bytes find_packed(Bytes archive, const Place& place, const std::string& name) {
  ByteCursor header(part_of(archive, place.offset, 30, "a local header"), "zip archive");
  ENSURE(header.take_number<uint32_t>() == kLocalHeader, MalformedModelError,
         "zip archive: '{}' has no header at byte {}", name, place.offset);
  header.take(22);
  const uint64_t name_size = header.take_number<uint16_t>(), extra_size = header.take_number<uint16_t>();
  return part_of(archive, place.offset + 30 + name_size + extra_size, place.packed_size,
                 fmt::format("'{}'", name));
}

ZipEntry read_directory_entry(ByteCursor& cursor, Bytes archive) {
  ENSURE(cursor.take_number<uint32_t>() == kDirectoryEntry, MalformedModelError,
         "the zip archive's directory is damaged");
  ZipEntry entry;
  cursor.take(4);
  const auto flags = cursor.take_number<uint16_t>(), method = cursor.take_number<uint16_t>();
  cursor.take(4);
  entry.crc = cursor.take_number<uint32_t>();
  Place place{};
  place.packed_size = cursor.take_number<uint32_t>();
  place.size = cursor.take_number<uint32_t>();
  const auto name_size = cursor.take_number<uint16_t>(), extra_size = cursor.take_number<uint16_t>(),
             comment_size = cursor.take_number<uint16_t>();
  cursor.take(8);
  place.offset = cursor.take_number<uint32_t>();
  entry.name = as_text(cursor.take(name_size));
  read_extra(cursor.take(extra_size), place);
  cursor.take(comment_size);

  ENSURE((flags & kEncrypted) == 0, MalformedModelError, "zip archive: '{}' is encrypted", entry.name);
  ENSURE(method == 0 || method == 8, MalformedModelError,
         "zip archive: '{}' is packed by method {}; stored (0) and deflated (8) are read", entry.name,
         method);
  entry.size = place.size;
  entry.is_deflated = method == 8;
  entry.packed = find_packed(archive, place, entry.name);
  ENSURE(entry.is_deflated || place.size == place.packed_size, MalformedModelError,
         "zip archive: '{}' is stored, but declares {} and {} bytes", entry.name, place.size,
         place.packed_size);
  return entry;
}

uint32_t checksum(Bytes bytes) {
  uLong crc = crc32(0, nullptr, 0);
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    crc = crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(size));
    bytes = bytes.subspan(size);
  }
  return static_cast<uint32_t>(crc);
}

}  // namespace

ZipArchive::ZipArchive(Bytes archive) {
  const Directory directory = read_end(archive);
  ByteCursor cursor(part_of(archive, directory.offset, directory.size, "the directory"), "zip directory");
  // An entry takes 46 bytes at least: a number of entries that is too large is found before anything is allocated.
  ENSURE(directory.entries <= directory.size / 46, MalformedModelError,
         "the zip archive declares {} entries in a directory of {} bytes", directory.entries, directory.size);
  entries_.reserve(static_cast<size_t>(directory.entries));
  for (uint64_t i = 0; i < directory.entries; ++i) entries_.push_back(read_directory_entry(cursor, archive));
  for (size_t i = 0; i < entries_.size(); ++i)
    ENSURE(by_name_.emplace(entries_[i].name, i).second, MalformedModelError,
           "the zip archive has two entries '{}'", entries_[i].name);
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

const ZipEntry& ZipArchive::at(std::string_view name) const {
  if (const ZipEntry* entry = find(name)) return *entry;
  std::vector<std::string> names;
  for (const ZipEntry& entry : entries_) names.push_back(entry.name);
  const std::vector<std::string> near = nearest_names(std::string(name), names, 1);
  MalformedModelError error(fmt::format("the zip archive has no entry '{}'", name));
  if (!near.empty())
    error.because(fmt::format("the nearest of its {} entries is '{}'", names.size(), near[0]));
  throw std::move(error);
}

ZipContents read_entry(const ZipEntry& entry) {
  if (!entry.is_deflated) return {entry.packed, nullptr};
  ENSURE(can_inflate_to(entry.size, entry.packed.size()), MalformedModelError,
         "zip archive: '{}' declares {} bytes, which {} packed bytes cannot hold", entry.name, entry.size,
         entry.packed.size());
  const auto contents = std::make_shared<std::vector<std::byte>>(static_cast<size_t>(entry.size));
  ENSURE(inflate_into(entry.packed, *contents, DeflateForm::raw) && has_right_checksum(entry, *contents),
         MalformedModelError, "zip archive: '{}' is damaged", entry.name);
  return {*contents, contents};
}

bool has_right_checksum(const ZipEntry& entry, Bytes contents) { return checksum(contents) == entry.crc; }

bool looks_like_zip(Bytes bytes) {
  if (bytes.size() < kEndSize) return false;
  const auto signature = ByteCursor(bytes, "zip archive").take_number<uint32_t>();
  return signature == kLocalHeader || signature == kEnd;
}

}  // namespace modelconv
