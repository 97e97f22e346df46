#include "wire/hdf5/source.h"

#include "wire/hdf5/checksum.h"

namespace modelconv::hdf5 {
namespace {

constexpr uint64_t kVisitsPerByte = 4;

}  // namespace

uint64_t take_uint(ByteCursor& cursor, int width) {
  uint64_t value = 0;
  const Bytes bytes = cursor.take(static_cast<uint64_t>(width));
  for (size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  return value;
}

Source::Source(Bytes bytes, Widths widths, bool verify)
    : bytes_(bytes), widths_(widths), verify_(verify), left_(kVisitsPerByte * bytes.size()) {}

bool Source::is_undefined(uint64_t address) const {
  return widths_.offset >= 8 ? ~address == 0 : address == (uint64_t{1} << (8 * widths_.offset)) - 1;
}

Bytes Source::at(uint64_t address, uint64_t size, std::string_view what) const {
  ENSURE(address <= bytes_.size() && size <= bytes_.size() - address, MalformedModelError,
         "{} ({} bytes at byte {}) lies outside of the file of {} bytes", what, size, address, bytes_.size());
  return bytes_.subspan(static_cast<size_t>(address), static_cast<size_t>(size));
}

Bytes Source::visit(uint64_t address, uint64_t size, std::string_view what) {
  const Bytes bytes = at(address, size, what);
  visited(size);
  return bytes;
}

Cursor Source::from(uint64_t address, std::string_view what) const {
  at(address, 0, what);
  return {bytes_.subspan(static_cast<size_t>(address)), what, widths_};
}

void Source::visited(uint64_t size) {
  ENSURE(size <= left_, MalformedModelError, "the parts of the file lead to each other without end");
  left_ -= size;
}

Cursor Source::structure(uint64_t address, uint64_t size, std::string_view signature, std::string_view what,
                         bool is_summed) {
  Bytes bytes = visit(address, size, what);
  if (is_summed) {
    check_sum(bytes, what);
    bytes = bytes.first(bytes.size() - 4);
  }
  Cursor cursor(bytes, what, widths_);
  expect_signature(cursor, signature, what);
  return cursor;
}

void Source::check_sum(Bytes bytes, std::string_view what) const {
  ENSURE(bytes.size() >= 4, MalformedModelError, "{} is cut short", what);
  if (!verify_) return;
  ByteCursor sum(bytes.last(4), what);
  ENSURE(sum.take_number<uint32_t>() == lookup3(bytes.first(bytes.size() - 4)), MalformedModelError,
         "{}: the checksum is wrong", what);
}

void expect_signature(ByteCursor& cursor, std::string_view signature, std::string_view what) {
  ENSURE(as_text(cursor.take(signature.size())) == signature, MalformedModelError,
         "{}: the signature '{}' is missing", what, signature);
}

void expect_version(ByteCursor& cursor, int version, std::string_view what) {
  const auto found = cursor.take_number<uint8_t>();
  ENSURE(found == version, MalformedModelError, "{} of version {}; {} is read", what, found, version);
}

uint64_t product(uint64_t a, uint64_t b, std::string_view what) {
  ENSURE(a == 0 || b <= (uint64_t{1} << 62) / a, MalformedModelError, "{} is too large", what);
  return a * b;
}

}  // namespace modelconv::hdf5
