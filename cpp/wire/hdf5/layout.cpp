#include "wire/hdf5/layout.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kLayout = "a dataset's layout", kFilters = "a dataset's filters",
                           kFill = "a fill value";
constexpr int kHighestRank = 32;

Layout::Kind take_kind(ByteCursor& cursor) {
  const auto kind = cursor.take_number<uint8_t>();
  ENSURE(kind <= 3, MalformedModelError, "{} is of class {}", kLayout, kind);
  return static_cast<Layout::Kind>(kind);
}

// The last dimension is the size of an element.
void take_chunk(Cursor& cursor, int rank, int width, Layout& layout) {
  ENSURE(rank >= 2 && rank <= kHighestRank + 1, MalformedModelError, "{}: chunks of {} dimensions", kLayout,
         rank - 1);
  for (int i = 0; i < rank - 1; ++i) layout.chunk.push_back(take_uint(cursor, width));
  layout.element_size = take_uint(cursor, width);
}

// Versions 1 and 2.
Layout read_old(Cursor& cursor) {
  Layout layout;
  const int rank = cursor.take_number<uint8_t>();
  layout.kind = take_kind(cursor);
  cursor.take(5);
  if (layout.kind != Layout::Kind::compact) layout.address = cursor.take_offset();
  if (layout.kind == Layout::Kind::chunked)
    take_chunk(cursor, rank, 4, layout);
  else
    cursor.take(4 * static_cast<uint64_t>(rank));
  if (layout.kind == Layout::Kind::compact) layout.compact = cursor.take(cursor.take_number<uint32_t>());
  return layout;
}

// The settings of the arrays and trees are found in their own headers again.
void take_index(Cursor& cursor, uint8_t flags, Layout& layout) {
  constexpr uint64_t kSettings[] = {0, 0, 0, 1, 5, 6};  // bytes, by index
  const auto index = cursor.take_number<uint8_t>();
  ENSURE(index >= 1 && index <= 5, MalformedModelError, "{}: an index of type {}", kLayout, index);
  layout.index = static_cast<Layout::Index>(index);
  layout.single_is_filtered = layout.index == Layout::Index::single && (flags & 2) != 0;
  if (layout.single_is_filtered) {
    layout.single_size = cursor.take_length();
    layout.single_mask = cursor.take_number<uint32_t>();
  }
  cursor.take(kSettings[index]);
  layout.address = cursor.take_offset();
}

// Versions 3 and 4.
Layout read_new(Cursor& cursor, int version) {
  Layout layout;
  layout.kind = take_kind(cursor);
  if (layout.kind == Layout::Kind::compact) {
    layout.compact = cursor.take(cursor.take_number<uint16_t>());
  } else if (layout.kind == Layout::Kind::contiguous) {
    layout.address = cursor.take_offset();
  } else if (layout.kind == Layout::Kind::chunked && version == 3) {
    const int rank = cursor.take_number<uint8_t>();
    layout.address = cursor.take_offset();
    take_chunk(cursor, rank, 4, layout);
  } else if (layout.kind == Layout::Kind::chunked) {
    const auto flags = cursor.take_number<uint8_t>();
    layout.edges_are_unfiltered = (flags & 1) != 0;
    const int rank = cursor.take_number<uint8_t>(), width = cursor.take_number<uint8_t>();
    ENSURE(width >= 1 && width <= 8, MalformedModelError, "{}: sizes of {} bytes", kLayout, width);
    take_chunk(cursor, rank, width, layout);
    take_index(cursor, flags, layout);
  }
  return layout;
}

// Version 2 names only filters from 256 on, and pads nothing.
Filter take_filter(ByteCursor& cursor, int version) {
  Filter filter;
  filter.id = cursor.take_number<uint16_t>();
  const auto name_size = version == 1 || filter.id >= 256 ? cursor.take_number<uint16_t>() : uint16_t{0};
  cursor.take(2);  // whether it may be left out, which each chunk says again
  const auto count = cursor.take_number<uint16_t>();
  const std::string_view name = as_text(cursor.take(version == 1 ? (name_size + 7U) / 8 * 8 : name_size));
  filter.name = name.substr(0, name.find('\0'));
  for (int i = 0; i < count; ++i) filter.values.push_back(cursor.take_number<uint32_t>());
  if (version == 1 && count % 2 == 1) cursor.take(4);
  return filter;
}

}  // namespace

Layout read_layout(Bytes message, Widths widths) {
  Cursor cursor(message, kLayout, widths);
  const auto version = cursor.take_number<uint8_t>();
  ENSURE(version >= 1 && version <= 4, MalformedModelError, "{} of version {}; 1 to 4 are read", kLayout,
         version);
  Layout layout = version < 3 ? read_old(cursor) : read_new(cursor, version);
  for (const uint64_t size : layout.chunk)
    ENSURE(size > 0, MalformedModelError, "{}: chunks of no elements", kLayout);
  return layout;
}

std::vector<Filter> read_filters(Bytes message) {
  ByteCursor cursor(message, kFilters);
  const auto version = cursor.take_number<uint8_t>();
  ENSURE(version == 1 || version == 2, MalformedModelError, "{} of version {}; 1 and 2 are read", kFilters,
         version);
  const auto count = cursor.take_number<uint8_t>();
  if (version == 1) cursor.take(6);
  std::vector<Filter> filters;
  for (int i = 0; i < count; ++i) filters.push_back(take_filter(cursor, version));
  return filters;
}

Bytes read_fill_value(const Message& message) {
  ByteCursor cursor(message.body, kFill);
  if (message.type == MessageType::old_fill_value) return cursor.take(cursor.take_number<uint32_t>());
  const auto version = cursor.take_number<uint8_t>();
  ENSURE(version >= 1 && version <= 3, MalformedModelError, "{} of version {}; 1 to 3 are read", kFill,
         version);
  bool is_there = false;
  if (version == 3) {
    is_there = (cursor.take_number<uint8_t>() & 1 << 5) != 0;
  } else {
    cursor.take(2);  // when space is taken and filled
    is_there = cursor.take_number<uint8_t>() != 0 || version == 1;
  }
  if (!is_there || cursor.left() < 4) return {};
  const auto size = cursor.take_number<uint32_t>();
  return size == 0xFFFFFFFF ? Bytes{} : cursor.take(size);  // -1: none
}

}  // namespace modelconv::hdf5
