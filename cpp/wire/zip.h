// Reader of zip archives: .npz, .keras, .pt, .pt2. Source: PKWARE, APPNOTE.TXT 6.3.10, the sections given in zip.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"

namespace modelconv {

struct ZipEntry {
  std::string name;
  uint64_t size = 0;  // of the contents
  uint32_t crc = 0;
  bool is_deflated = false;
  Bytes packed;  // in the archive; the contents themselves unless is_deflated
};

// The contents of an entry: a view of the archive, or bytes that `owner` holds.
struct ZipContents {
  Bytes bytes;
  std::shared_ptr<const void> owner;  // null for a view
};

// The archive's bytes must outlive it and the views it gives. Encrypted entries, archives in several parts and methods
// other than "stored" and "deflated" are refused. Throws MalformedModelError.
class ZipArchive {
 public:
  explicit ZipArchive(Bytes archive);

  const std::vector<ZipEntry>& entries() const { return entries_; }  // in the order of the directory
  const ZipEntry* find(std::string_view name) const;                 // null: no such entry
  // The entry of that name; MalformedModelError naming the nearest ones when there is none.
  const ZipEntry& at(std::string_view name) const;

 private:
  std::vector<ZipEntry> entries_;
  std::unordered_map<std::string_view, size_t> by_name_;  // views of the entries' names
};

// Inflates where needed, never more than the entry declares nor than deflate can reach. The checksum of what was inflated is
// verified; that of stored contents is not, so that weights stay unread until they are wanted: has_right_checksum() does.
ZipContents read_entry(const ZipEntry& entry);
bool has_right_checksum(const ZipEntry& entry, Bytes contents);

// Whether the bytes begin as a zip archive does.
bool looks_like_zip(Bytes bytes);

}  // namespace modelconv
