#include "wire/flatbuffer.h"

#include <bit>

namespace modelconv::flatbuffer {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie in memory");

void Buffer::visit(uint64_t count) {
  ENSURE(count <= left_, MalformedModelError,
         "the flatbuffer's {} bytes refer to each other so often that they stand for more than {} times "
         "their size",
         bytes_.size(), kVisitsPerByte);
  left_ -= count;
}

bool has_identifier(Bytes bytes, std::string_view identifier) {
  constexpr size_t kPlace = 4;
  return bytes.size() >= kPlace + identifier.size() &&
         std::memcmp(bytes.data() + kPlace, identifier.data(), identifier.size()) == 0;
}

Table Table::root(Buffer& buffer, std::string_view what) {
  ENSURE(buffer.bytes().size() >= 8, MalformedModelError, "a flatbuffer has at least 8 bytes, here are {}",
         buffer.bytes().size());
  uint32_t offset;
  std::memcpy(&offset, buffer.bytes().data(), sizeof offset);
  return {buffer, offset, what};
}

Table::Table(Buffer& buffer, uint64_t position, std::string_view what) : buffer_(&buffer), what_(what) {
  const uint64_t end = buffer.bytes().size();
  ENSURE(position + 4 <= end, MalformedModelError, "{} would begin at byte {}, the file has {}", what,
         position, end);
  position_ = position;
  const int64_t vtable = static_cast<int64_t>(position) - read<int32_t>(position_);
  ENSURE(vtable >= 0 && static_cast<uint64_t>(vtable) + 4 <= end, MalformedModelError,
         "{} at byte {}: its field table would begin at byte {}, the file has {}", what, position, vtable,
         end);
  vtable_ = static_cast<size_t>(vtable);
  vtable_size_ = read<uint16_t>(vtable_);
  size_ = read<uint16_t>(vtable_ + 2);
  ENSURE(vtable_size_ >= 4 && vtable_ + vtable_size_ <= end && size_ >= 4 && position_ + size_ <= end,
         MalformedModelError, "{} at byte {} does not end in the file", what, position);
  buffer.visit(size_);
}

size_t Table::place_of(size_t field) const {
  const size_t entry = 4 + 2 * field;
  return entry + 2 <= vtable_size_ ? read<uint16_t>(vtable_ + entry) : 0;
}

void Table::check_inline(size_t field, size_t place, size_t size) const {
  ENSURE(place >= 4 && place + size <= size_, MalformedModelError,
         "{} at byte {}: field {} lies outside of its {} bytes", what_, position_, field, size_);
}

size_t Table::follow(size_t at) const {
  const auto offset = read<uint32_t>(at);
  ENSURE(offset != 0 && uint64_t{at} + offset + 4 <= buffer_->bytes().size(), MalformedModelError,
         "{} at byte {}: an offset leads from byte {} to byte {}, the file has {}", what_, position_, at,
         uint64_t{at} + offset, buffer_->bytes().size());
  return at + offset;
}

std::optional<size_t> Table::target_of(size_t field) const {
  const size_t place = place_of(field);
  if (place == 0) return std::nullopt;
  check_inline(field, place, 4);
  return follow(position_ + place);
}

Bytes Table::vector(size_t field, size_t element_size) const {
  const auto at = target_of(field);
  if (!at) return {};
  const uint64_t count = read<uint32_t>(*at), size = count * element_size;
  ENSURE(*at + 4 + size <= buffer_->bytes().size(), MalformedModelError,
         "{} at byte {}: the {} elements of field {} do not end in the file", what_, position_, count, field);
  if (element_size > 1) buffer_->visit(size);
  return buffer_->bytes().subspan(*at + 4, size);
}

std::optional<Table> Table::table(size_t field, std::string_view what) const {
  const auto at = target_of(field);
  if (!at) return std::nullopt;
  return Table(*buffer_, *at, what);
}

std::string_view Table::text(size_t field) const {
  const Bytes raw = bytes(field);
  buffer_->visit(raw.size());
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

Bytes Table::bytes(size_t field) const { return vector(field, 1); }

Tables Table::tables(size_t field, std::string_view what) const {
  Tables tables;
  const Bytes offsets = vector(field, 4);
  tables.reserve(offsets.size() / 4);
  const auto first = static_cast<size_t>(offsets.data() - buffer_->bytes().data());
  for (size_t i = 0; i < offsets.size(); i += 4) tables.push_back(Table(*buffer_, follow(first + i), what));
  return tables;
}

}  // namespace modelconv::flatbuffer
