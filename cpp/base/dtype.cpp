#include "base/dtype.h"

#include <array>
#include <limits>
#include <string>

#include "base/error.h"

namespace modelconv {
namespace {

enum class Family : uint8_t { none, floating, signed_integer, unsigned_integer, boolean, complex, string };

struct Info {
  std::string_view name;
  int bits;
  Family family;
};

// Indexed by the numeric value of DType.
constexpr std::array<Info, kDTypeCount> kInfo = {{
    {"undefined", 0, Family::none},
    {"float32", 32, Family::floating},
    {"uint8", 8, Family::unsigned_integer},
    {"int8", 8, Family::signed_integer},
    {"uint16", 16, Family::unsigned_integer},
    {"int16", 16, Family::signed_integer},
    {"int32", 32, Family::signed_integer},
    {"int64", 64, Family::signed_integer},
    {"string", 8 * static_cast<int>(sizeof(std::string)), Family::string},
    {"bool", 8, Family::boolean},
    {"float16", 16, Family::floating},
    {"float64", 64, Family::floating},
    {"uint32", 32, Family::unsigned_integer},
    {"uint64", 64, Family::unsigned_integer},
    {"complex64", 64, Family::complex},
    {"complex128", 128, Family::complex},
    {"bfloat16", 16, Family::floating},
    {"float8e4m3fn", 8, Family::floating},
    {"float8e4m3fnuz", 8, Family::floating},
    {"float8e5m2", 8, Family::floating},
    {"float8e5m2fnuz", 8, Family::floating},
    {"uint4", 4, Family::unsigned_integer},
    {"int4", 4, Family::signed_integer},
    {"float4e2m1", 4, Family::floating},
    {"float8e8m0", 8, Family::floating},
    {"uint2", 2, Family::unsigned_integer},
    {"int2", 2, Family::signed_integer},
    {"float6e2m3", 6, Family::floating},
    {"float6e3m2", 6, Family::floating},
}};

const Info& info(DType dtype) {
  const auto index = static_cast<size_t>(dtype);
  ENSURE(index < kInfo.size(), InternalError, "dtype number {} does not exist", index);
  return kInfo[index];
}

}  // namespace

int bit_width(DType dtype) { return info(dtype).bits; }

size_t storage_bytes(DType dtype, int64_t count) {
  const auto bits = static_cast<size_t>(info(dtype).bits);
  const auto elements = static_cast<size_t>(count);
  ENSURE(count >= 0 && (bits == 0 || elements <= (std::numeric_limits<size_t>::max() - 7) / bits), ShapeError,
         "{} elements of type {} do not fit into memory", count, name_of(dtype));
  return bits >= 8 ? elements * (bits / 8) : (elements * bits + 7) / 8;
}

std::string_view name_of(DType dtype) { return info(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (size_t i = 1; i < kInfo.size(); ++i)
    if (kInfo[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

bool is_float(DType dtype) { return info(dtype).family == Family::floating; }

bool is_integer(DType dtype) {
  return info(dtype).family == Family::signed_integer || info(dtype).family == Family::unsigned_integer;
}

bool is_signed(DType dtype) {
  return info(dtype).family == Family::signed_integer || info(dtype).family == Family::floating;
}

bool is_complex(DType dtype) { return info(dtype).family == Family::complex; }

bool is_packed(DType dtype) { return info(dtype).bits > 0 && info(dtype).bits < 8; }

}  // namespace modelconv
