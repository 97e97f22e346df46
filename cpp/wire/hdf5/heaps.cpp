#include "wire/hdf5/heaps.h"

#include <algorithm>

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kLocal = "a heap of names", kGlobal = "a heap of texts";

}  // namespace

LocalHeap::LocalHeap(Source& source, uint64_t address) {
  const auto [offset, length] = source.widths();
  const auto size = static_cast<uint64_t>(4 + 4 + 2 * length + offset);
  Cursor cursor = source.structure(address, size, "HEAP", kLocal, false);
  expect_version(cursor, 0, kLocal);
  cursor.take(3);
  const uint64_t data_size = cursor.take_length();
  cursor.take_length();  // free space
  data_ = source.visit(cursor.take_offset(), data_size, kLocal);
}

std::string_view LocalHeap::name_at(uint64_t offset) const {
  ENSURE(offset < data_.size(), MalformedModelError, "{}: byte {} of {} bytes is named", kLocal, offset,
         data_.size());
  const std::string_view rest = as_text(data_).substr(static_cast<size_t>(offset));
  const size_t end = rest.find('\0');
  ENSURE(end != std::string_view::npos, MalformedModelError, "{}: a name has no end", kLocal);
  return rest.substr(0, end);
}

Bytes GlobalHeaps::object(Source& source, uint64_t collection, uint32_t index) {
  auto found = collections_.find(collection);
  if (found == collections_.end()) found = collections_.emplace(collection, read(source, collection)).first;
  const auto object = found->second.find(index);
  ENSURE(object != found->second.end(), MalformedModelError, "{} at byte {} has no object {}", kGlobal,
         collection, index);
  return object->second;
}

// Objects follow each other, padded to 8 bytes; the object 0 is the free space at the end.
GlobalHeaps::Collection GlobalHeaps::read(Source& source, uint64_t address) {
  Cursor cursor = source.from(address, kGlobal);
  expect_signature(cursor, "GCOL", kGlobal);
  expect_version(cursor, 1, kGlobal);
  cursor.take(3);
  const uint64_t size = cursor.take_length(), head = cursor.position();
  ENSURE(size >= head, MalformedModelError, "{} has {} bytes", kGlobal, size);
  Cursor objects(source.visit(address, size, kGlobal).subspan(head), kGlobal, source.widths());
  Collection collection;
  while (objects.left() >= static_cast<uint64_t>(8 + source.widths().length)) {
    const auto index = objects.take_number<uint16_t>();
    objects.take(6);  // number of references, padding
    if (index == 0) break;
    const Bytes object = objects.take(objects.take_length());
    ENSURE(collection.emplace(index, object).second, MalformedModelError, "{} has two objects {}", kGlobal,
           index);
    objects.take(std::min<uint64_t>(objects.left(), (8 - object.size() % 8) % 8));
  }
  return collection;
}

}  // namespace modelconv::hdf5
