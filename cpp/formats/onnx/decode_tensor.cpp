#include "formats/onnx/decode_tensor.h"

#include <cstring>

#include "base/error.h"
#include "base/float_types.h"

namespace modelconv::onnx {
namespace {

// Far above any tensor that fits into memory, far below where sizes in bits overflow.
constexpr int64_t kMaxElements = int64_t{1} << 56;

int64_t count_elements(const std::vector<int64_t>& dims, Text name) {
  int64_t count = 1;
  for (const int64_t dim : dims) {
    ENSURE(dim >= 0, MalformedModelError, "tensor '{}' has a dimension of {}", name, dim);
    ENSURE(!__builtin_mul_overflow(count, dim, &count) && count <= kMaxElements, MalformedModelError,
           "tensor '{}' has an impossible shape, {}", name, to_string(dims));
  }
  return count;
}

void check_count(const TensorMessage& message, size_t there, size_t wanted, const char* unit) {
  ENSURE(there == wanted, MalformedModelError, "tensor '{}' of shape {} has {} {}, its shape asks for {}",
         message.name, to_string(message.dims), there, unit, wanted);
}

template <class T>
Tensor from_fixed(const TensorMessage& message, const FixedData<T>& data, DType dtype, Dims dims,
                  const std::shared_ptr<const void>& keep_alive) {
  const Bytes bytes = data.bytes();
  check_count(message, bytes.size(), storage_bytes(dtype, count_elements(dims, message.name)), "bytes");
  if (data.copied.empty()) return Tensor::view(dtype, std::move(dims), bytes, keep_alive);
  Tensor tensor = Tensor::allocate(dtype, std::move(dims));
  std::memcpy(tensor.mutable_bytes().data(), bytes.data(), bytes.size());
  return tensor;
}

template <class T>
void narrow(const std::vector<int64_t>& values, std::span<std::byte> target) {
  for (size_t i = 0; i < values.size(); ++i) {
    const T value = static_cast<T>(values[i]);
    std::memcpy(target.data() + i * sizeof(T), &value, sizeof(T));
  }
}

// int32_data, int64_data and uint64_data. One entry per element, but for types of 4 and 2 bits: one per byte of theirs.
Tensor from_integers(const TensorMessage& message, DType dtype, Dims dims, int64_t count) {
  const auto& values = message.integers;
  const int bits = bit_width(dtype);
  const size_t nbytes = storage_bytes(dtype, count);
  check_count(message, values.size(), bits < 8 && bits != 6 ? nbytes : static_cast<size_t>(count), "values");
  Tensor tensor = Tensor::allocate(dtype, std::move(dims));
  const std::span<std::byte> target = tensor.mutable_bytes();
  if (bits == 6) {
    std::vector<uint8_t> elements(values.size());
    for (size_t i = 0; i < values.size(); ++i) elements[i] = static_cast<uint8_t>(values[i] & 0x3F);
    pack(elements.data(), count, dtype, target.data());
  } else if (bits <= 8) {
    narrow<uint8_t>(values, target);
  } else if (bits == 16) {
    narrow<uint16_t>(values, target);
  } else if (bits == 32) {
    narrow<uint32_t>(values, target);
  } else {
    narrow<uint64_t>(values, target);
  }
  return tensor;
}

Tensor from_strings(const TensorMessage& message, Dims dims, int64_t count) {
  check_count(message, message.strings.size(), static_cast<size_t>(count), "strings");
  Tensor tensor = Tensor::allocate(DType::string, std::move(dims));
  const auto target = tensor.mutable_data<std::string>();
  for (size_t i = 0; i < target.size(); ++i) target[i] = message.strings[i];
  return tensor;
}

// Sparse tensors are made dense: this much may come of nothing, beyond it a thousand bytes per byte in the file.
constexpr size_t kFreeDenseBytes = size_t{64} << 20, kDenseBytesPerByte = 1000;

int64_t linear_index(const SparseTensorMessage& message, const std::vector<int64_t>& indices, size_t row) {
  const size_t rank = message.dims.size();
  int64_t index = 0;
  for (size_t axis = 0; axis < rank; ++axis) {
    const int64_t at = indices[row * rank + axis];
    ENSURE(at >= 0 && at < message.dims[axis], MalformedModelError,
           "sparse tensor '{}': index {} is outside axis {} of shape {}", message.values.name, at, axis,
           to_string(message.dims));
    index = index * message.dims[axis] + at;
  }
  return index;
}

std::vector<int64_t> linear_indices(const SparseTensorMessage& message, const Tensor& indices,
                                    int64_t nonzeros, int64_t count) {
  const auto rank = static_cast<int64_t>(message.dims.size());
  const bool linear = indices.dims() == Dims{nonzeros}, rows = indices.dims() == Dims{nonzeros, rank};
  ENSURE(indices.dtype() == DType::int64 && (linear || rows), MalformedModelError,
         "sparse tensor '{}': its indices are {}{}, not int64[{}] or int64[{}, {}]", message.values.name,
         name_of(indices.dtype()), to_string(indices.dims()), nonzeros, nonzeros, rank);
  std::vector<int64_t> result = indices.to_int64();
  if (rows) {
    const std::vector<int64_t> coordinates = std::move(result);
    result.resize(static_cast<size_t>(nonzeros));
    for (size_t row = 0; row < result.size(); ++row) result[row] = linear_index(message, coordinates, row);
  }
  for (const int64_t index : result)
    ENSURE(index >= 0 && index < count, MalformedModelError,
           "sparse tensor '{}': index {} is outside its {} elements", message.values.name, index, count);
  return result;
}

}  // namespace

Tensor TensorDecoder::decode_typed(const TensorMessage& message, DType dtype, Dims dims, int64_t count) {
  switch (dtype) {
    case DType::string: return from_strings(message, std::move(dims), count);
    case DType::float32:
    case DType::complex64: return from_fixed(message, message.floats, dtype, std::move(dims), keep_alive_);
    case DType::float64:
    case DType::complex128: return from_fixed(message, message.doubles, dtype, std::move(dims), keep_alive_);
    default: return from_integers(message, dtype, std::move(dims), count);
  }
}

Tensor TensorDecoder::decode(const TensorMessage& message) {
  const DType dtype = decode_dtype(message.data_type, message.name);
  ENSURE(!message.segmented, MalformedModelError,
         "tensor '{}' is one segment of a larger one; segments are not read", message.name);
  Dims dims = message.dims;
  const int64_t count = count_elements(dims, message.name);
  if (dtype == DType::string) return from_strings(message, std::move(dims), count);
  const size_t nbytes = storage_bytes(dtype, count);
  if (message.external) return external_.read(message, dtype, std::move(dims), nbytes);
  if (!message.has_raw) return decode_typed(message, dtype, std::move(dims), count);
  check_count(message, message.raw.size(), nbytes, "bytes");
  return Tensor::view(dtype, std::move(dims), message.raw, keep_alive_);
}

Tensor TensorDecoder::decode(const SparseTensorMessage& message) {
  const Tensor values = decode(message.values), indices = decode(message.indices);
  ENSURE(values.rank() == 1, MalformedModelError, "sparse tensor '{}': its values are no vector",
         message.values.name);
  const int64_t count = count_elements(message.dims, message.values.name);
  const size_t width =
      values.dtype() == DType::string ? sizeof(std::string) : storage_bytes(values.dtype(), 1);
  const size_t limit = kFreeDenseBytes + kDenseBytesPerByte * values.nbytes();
  ENSURE(static_cast<size_t>(count) <= limit / width, MalformedModelError,
         "sparse tensor '{}' of shape {} is too large to be made dense", message.values.name,
         to_string(message.dims));
  ENSURE(!is_packed(values.dtype()), MalformedModelError,
         "sparse tensor '{}': {} is no element type of sparse tensors", message.values.name,
         name_of(values.dtype()));
  const std::vector<int64_t> where = linear_indices(message, indices, values.size(), count);
  Tensor dense = Tensor::allocate(values.dtype(), message.dims);
  if (values.dtype() == DType::string) {
    for (size_t i = 0; i < where.size(); ++i)
      dense.mutable_data<std::string>()[static_cast<size_t>(where[i])] = values.data<std::string>()[i];
    return dense;
  }
  const std::span<std::byte> target = dense.mutable_bytes();
  if (!target.empty()) std::memset(target.data(), 0, target.size());
  for (size_t i = 0; i < where.size(); ++i)
    std::memcpy(target.data() + static_cast<size_t>(where[i]) * width, values.bytes().data() + i * width,
                width);
  return dense;
}

}  // namespace modelconv::onnx
