#include "wire/hdf5/dense.h"

namespace modelconv::hdf5 {

std::optional<Dense> find_dense(Source& source, Bytes message, size_t order_size, std::string_view what) {
  Cursor cursor(message, what, source.widths());
  expect_version(cursor, 0, what);
  if (cursor.take_number<uint8_t>() & 1) cursor.take(order_size);
  const uint64_t heap = cursor.take_offset(), tree = cursor.take_offset();
  if (source.is_undefined(heap) || source.is_undefined(tree)) return std::nullopt;
  return Dense{FractalHeap(source, heap), tree};
}

}  // namespace modelconv::hdf5
