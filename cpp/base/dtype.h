// Element types. The numbers are those of onnx.TensorProto.DataType, so that no table is needed between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace modelconv {

enum class DType : uint8_t {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  string = 8,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  complex64 = 14,
  complex128 = 15,
  bfloat16 = 16,
  float8e4m3fn = 17,
  float8e4m3fnuz = 18,
  float8e5m2 = 19,
  float8e5m2fnuz = 20,
  uint4 = 21,
  int4 = 22,
  float4e2m1 = 23,
  float8e8m0 = 24,
  uint2 = 25,
  int2 = 26,
  float6e2m3 = 27,
  float6e3m2 = 28,
};
inline constexpr int kDTypeCount = 29;

// Width of one element in storage. Types below 8 bits are packed without gaps, the first element in the lowest bits
// (as in onnx.TensorProto.raw_data, also for 6 bits: 4 elements in 3 bytes); strings are std::string objects in memory.
int bit_width(DType dtype);

// Bytes that `count` elements take, packed types rounded up. Throws ShapeError when `count` is negative or the size
// does not fit into size_t.
size_t storage_bytes(DType dtype, int64_t count);

// Lower-case NumPy-style name: "float32", "bool", "float8e4m3fn".
std::string_view name_of(DType dtype);
std::optional<DType> dtype_from_name(std::string_view name);

bool is_float(DType dtype);    // float16, bfloat16, float32, float64 and the 8-, 6- and 4-bit floats
bool is_integer(DType dtype);  // signed and unsigned, without bool
bool is_signed(DType dtype);   // signed integers and floats
bool is_complex(DType dtype);
bool is_packed(DType dtype);  // narrower than a byte

}  // namespace modelconv
