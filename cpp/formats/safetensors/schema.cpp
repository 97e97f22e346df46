#include "formats/safetensors/schema.h"

namespace modelconv::safetensors {
namespace {

struct Row {
  std::string_view name;
  DType dtype;
};

// Source: the enum Dtype of the reference implementation (safetensors/src/tensor.rs).
constexpr Row kRows[] = {
    {"F64", DType::float64},        {"F32", DType::float32},
    {"F16", DType::float16},        {"BF16", DType::bfloat16},
    {"I64", DType::int64},          {"I32", DType::int32},
    {"I16", DType::int16},          {"I8", DType::int8},
    {"U64", DType::uint64},         {"U32", DType::uint32},
    {"U16", DType::uint16},         {"U8", DType::uint8},
    {"BOOL", DType::boolean},       {"F8_E4M3", DType::float8e4m3fn},
    {"F8_E5M2", DType::float8e5m2}, {"F8_E8M0", DType::float8e8m0},
    {"C64", DType::complex64},
};

}  // namespace

std::optional<DType> dtype_from(std::string_view name) {
  for (const Row& row : kRows)
    if (row.name == name) return row.dtype;
  return std::nullopt;
}

}  // namespace modelconv::safetensors
