#include "formats/tflite/types.h"

#include "formats/tflite/options.h"
#include "wire/byte_cursor.h"

namespace modelconv::tflite {
namespace {

// By number, as in the enumeration TensorType.
constexpr DType kTypes[] = {
    DType::float32, DType::float16,      DType::int32,      DType::uint8,     DType::int64,
    DType::string,  DType::boolean,      DType::int16,      DType::complex64, DType::int8,
    DType::float64, DType::complex128,   DType::uint64,     DType::undefined, DType::undefined,
    DType::uint32,  DType::uint16,       DType::int4,       DType::bfloat16,  DType::int2,
    DType::uint4,   DType::float8e4m3fn, DType::float8e5m2,
};

}  // namespace

std::optional<DType> dtype_of_number(int64_t tensor_type) {
  if (tensor_type < 0 || static_cast<size_t>(tensor_type) >= std::size(kTypes)) return std::nullopt;
  return kTypes[tensor_type];
}

DType dtype_named(std::string_view tensor_type) {
  const auto& names = find_enum("TensorType")->values;
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == tensor_type) return kTypes[i];
  return DType::undefined;
}

std::optional<int8_t> tensor_type_number(DType dtype) {
  for (size_t i = 0; i < std::size(kTypes); ++i)
    if (kTypes[i] == dtype && dtype != DType::undefined) return static_cast<int8_t>(i);
  return std::nullopt;
}

std::string_view tensor_type_name(DType dtype) {
  const auto number = tensor_type_number(dtype);
  ENSURE(number, InternalError, "TFLite has no element type {}", name_of(dtype));
  return find_enum("TensorType")->values[static_cast<size_t>(*number)];
}

// Source: tensorflow/lite/string_util.h.
Tensor read_strings(Bytes bytes, Dims dims) {
  ByteCursor cursor(bytes, "string buffer");
  const auto count = cursor.take_number<int32_t>();
  ENSURE(count == element_count(dims) && count >= 0, MalformedModelError,
         "a buffer has {} strings, its tensor has the shape {}", count, to_string(dims));
  const Bytes raw = cursor.take((uint64_t(count) + 1) * sizeof(int32_t));
  Tensor tensor = Tensor::allocate(DType::string, std::move(dims));
  ByteCursor offsets(raw, "string offsets");
  auto begin = offsets.take_number<int32_t>();
  for (std::string& text : tensor.mutable_data<std::string>()) {
    const auto end = offsets.take_number<int32_t>();
    ENSURE(0 <= begin && begin <= end && static_cast<size_t>(end) <= bytes.size(), MalformedModelError,
           "a string lies at bytes {} to {} of a buffer of {}", begin, end, bytes.size());
    text = as_text(bytes.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    begin = end;
  }
  return tensor;
}

std::string write_strings(const Tensor& tensor) {
  const auto texts = tensor.data<std::string>();
  std::vector<int32_t> head = {static_cast<int32_t>(texts.size())};
  auto at = static_cast<int32_t>((texts.size() + 2) * sizeof(int32_t));
  for (const std::string& text : texts) {
    head.push_back(at);
    at += static_cast<int32_t>(text.size());
  }
  head.push_back(at);
  std::string buffer(reinterpret_cast<const char*>(head.data()), head.size() * sizeof(int32_t));
  for (const std::string& text : texts) buffer += text;
  return buffer;
}

}  // namespace modelconv::tflite
