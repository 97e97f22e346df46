#include "formats/torch_checkpoint/storage.h"

#include "base/error.h"

namespace modelconv::torch_checkpoint {
namespace {

struct Row {
  std::string_view storage;  // torch.<storage>Storage
  std::string_view name;     // torch.<name>
  DType dtype;
};

// Source: torch/storage.py (_dtype_to_storage_type_map) and torch/__init__.py. Without a storage of their own: types
// that only _rebuild_tensor_v3 names.
constexpr Row kRows[] = {
    {"Float", "float32", DType::float32},
    {"Double", "float64", DType::float64},
    {"Half", "float16", DType::float16},
    {"BFloat16", "bfloat16", DType::bfloat16},
    {"Long", "int64", DType::int64},
    {"Int", "int32", DType::int32},
    {"Short", "int16", DType::int16},
    {"Char", "int8", DType::int8},
    {"Byte", "uint8", DType::uint8},
    {"Bool", "bool", DType::boolean},
    {"ComplexFloat", "complex64", DType::complex64},
    {"ComplexDouble", "complex128", DType::complex128},
    {"", "uint16", DType::uint16},
    {"", "uint32", DType::uint32},
    {"", "uint64", DType::uint64},
    {"", "float8_e4m3fn", DType::float8e4m3fn},
    {"", "float8_e4m3fnuz", DType::float8e4m3fnuz},
    {"", "float8_e5m2", DType::float8e5m2},
    {"", "float8_e5m2fnuz", DType::float8e5m2fnuz},
    {"", "float8_e8m0fnu", DType::float8e8m0},
};

// "Float" of "torch.FloatStorage" and "torch.cuda.FloatStorage"; nothing for other globals.
std::string_view storage_kind(std::string_view global) {
  constexpr std::string_view kEnd = "Storage";
  for (const std::string_view start : {"torch.cuda.", "torch.storage.", "torch."})
    if (global.starts_with(start) && global.ends_with(kEnd)) {
      const std::string_view kind = global.substr(start.size(), global.size() - start.size() - kEnd.size());
      if (kind.find('.') == std::string_view::npos) return kind;
    }
  return {};
}

bool is_quantized(std::string_view kind) { return kind.starts_with("QInt") || kind.starts_with("QUInt"); }

}  // namespace

bool is_storage_global(std::string_view global) {
  const std::string_view kind = storage_kind(global);
  if (kind == "Untyped" || kind == "Typed" || kind == "_Typed" || is_quantized(kind)) return true;
  for (const Row& row : kRows)
    if (!kind.empty() && row.storage == kind) return true;
  return false;
}

DType storage_dtype(std::string_view global) {
  const std::string_view kind = storage_kind(global);
  if (is_quantized(kind))
    throw UnknownFormatError(fmt::format("the checkpoint holds quantised tensors ({})", global))
        .because("their scales are part of PyTorch's objects, not of the numbers")
        .hint("save the float model's state_dict, or call dequantize() on the tensors before saving");
  for (const Row& row : kRows)
    if (!kind.empty() && row.storage == kind) return row.dtype;
  ENSURE(kind == "Untyped", MalformedModelError, "'{}' is no storage of tensors", global);
  return DType::undefined;
}

DType dtype_of_global(std::string_view global) {
  if (!global.starts_with("torch.")) return DType::undefined;
  const std::string_view name = global.substr(6);
  for (const Row& row : kRows)
    if (row.name == name) return row.dtype;
  return DType::undefined;
}

}  // namespace modelconv::torch_checkpoint
