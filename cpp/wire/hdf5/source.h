// The bytes of an HDF5 file as its addresses see them. Everything in this folder follows the HDF5 File Format
// Specification, version 3.0 (The HDF Group); comments name its sections.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/byte_cursor.h"

namespace modelconv::hdf5 {

struct Widths {
  int offset = 8, length = 8;  // bytes of an address and of a size
};

// A number of 1 to 8 bytes.
uint64_t take_uint(ByteCursor& cursor, int width);

// Takes the small values of one structure, addresses and sizes in the file's widths.
class Cursor : public ByteCursor {
 public:
  Cursor(Bytes bytes, std::string_view what, Widths widths) : ByteCursor(bytes, what), widths_(widths) {}

  uint64_t take_offset() { return take_uint(*this, widths_.offset); }
  uint64_t take_length() { return take_uint(*this, widths_.length); }

 private:
  Widths widths_;
};

// The file, and how many of its bytes may still be visited. Every structure is read once, so a file that asks for more
// than a multiple of its size leads in circles, or many times to the same place.
class Source {
 public:
  // `bytes` begin at the base address. Without `verify`, checksums of metadata are not looked at (for fuzzing).
  Source(Bytes bytes, Widths widths, bool verify);

  Widths widths() const { return widths_; }
  Bytes bytes() const { return bytes_; }
  bool is_undefined(uint64_t address) const;  // all bits set

  // `what` (a literal) names the bytes in errors: "object header".
  Bytes at(uint64_t address, uint64_t size, std::string_view what) const;
  // The same, counted as visited.
  Bytes visit(uint64_t address, uint64_t size, std::string_view what);
  // From an address to the end of the file; what was taken of it must be counted with visited().
  Cursor from(uint64_t address, std::string_view what) const;
  void visited(uint64_t size);
  // A structure whose size is known: counted, its signature and the checksum at its end (unless `is_summed` is false)
  // compared; without both.
  Cursor structure(uint64_t address, uint64_t size, std::string_view signature, std::string_view what,
                   bool is_summed = true);
  // The last four bytes are the checksum of the others.
  void check_sum(Bytes bytes, std::string_view what) const;

 private:
  Bytes bytes_;
  Widths widths_;
  bool verify_;
  uint64_t left_;
};

void expect_signature(ByteCursor& cursor, std::string_view signature, std::string_view what);
void expect_version(ByteCursor& cursor, int version, std::string_view what);

// Product; MalformedModelError naming `what` when it does not fit into 63 bits.
uint64_t product(uint64_t a, uint64_t b, std::string_view what);

}  // namespace modelconv::hdf5
