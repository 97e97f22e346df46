#include "formats/common/numpy_dtype.h"

#include "base/error.h"

namespace modelconv {

// Source: numpy.lib.format and the documentation of the array interface: byte order, kind, width in bytes.
NumpyDType numpy_dtype(std::string_view name) {
  const std::string_view whole = name;
  bool is_swapped = false;
  if (!name.empty() && std::string_view("<>|=").find(name[0]) != std::string_view::npos) {
    is_swapped = name[0] == '>';
    name.remove_prefix(1);
  }
  struct Row {
    std::string_view name;
    DType dtype;
  };
  // "V2" is how NumPy writes the bfloat16 of ml_dtypes; nothing tells it from other two bytes, so it is not read.
  constexpr Row kRows[] = {
      {"f4", DType::float32},   {"f8", DType::float64},   {"f2", DType::float16},     {"i1", DType::int8},
      {"i2", DType::int16},     {"i4", DType::int32},     {"i8", DType::int64},       {"u1", DType::uint8},
      {"u2", DType::uint16},    {"u4", DType::uint32},    {"u8", DType::uint64},      {"b1", DType::boolean},
      {"?", DType::boolean},    {"c8", DType::complex64}, {"c16", DType::complex128}, {"O", DType::undefined},
      {"O8", DType::undefined}, {"O4", DType::undefined},
  };
  for (const Row& row : kRows)
    if (row.name == name) return {row.dtype, is_swapped && bit_width(row.dtype) > 8};
  throw UnknownFormatError(fmt::format("arrays of NumPy's type '{}' are no weights", whole))
      .because("numbers, bools and objects that hold such arrays are read");
}

}  // namespace modelconv
