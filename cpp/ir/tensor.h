// Constant data with a dtype and a shape: a view of a mapped file or of a Python buffer, or owned memory.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/error.h"
#include "base/float_types.h"
#include "base/mapped_file.h"
#include "ir/shape.h"

namespace modelconv {

// The DType whose in-memory element is T. bool tensors hold uint8_t (bytes from a file need not be 0 or 1), so there
// is no dtype_of<bool>.
template <class T>
inline constexpr DType dtype_of = DType::undefined;
template <>
inline constexpr DType dtype_of<float> = DType::float32;
template <>
inline constexpr DType dtype_of<double> = DType::float64;
template <>
inline constexpr DType dtype_of<int8_t> = DType::int8;
template <>
inline constexpr DType dtype_of<int16_t> = DType::int16;
template <>
inline constexpr DType dtype_of<int32_t> = DType::int32;
template <>
inline constexpr DType dtype_of<int64_t> = DType::int64;
template <>
inline constexpr DType dtype_of<uint8_t> = DType::uint8;
template <>
inline constexpr DType dtype_of<uint16_t> = DType::uint16;
template <>
inline constexpr DType dtype_of<uint32_t> = DType::uint32;
template <>
inline constexpr DType dtype_of<uint64_t> = DType::uint64;
template <>
inline constexpr DType dtype_of<Half> = DType::float16;
template <>
inline constexpr DType dtype_of<BFloat16> = DType::bfloat16;
template <>
inline constexpr DType dtype_of<std::complex<float>> = DType::complex64;
template <>
inline constexpr DType dtype_of<std::complex<double>> = DType::complex128;
template <>
inline constexpr DType dtype_of<std::string> = DType::string;

// Copying a Tensor copies a handle; the bytes are shared and, once the tensor is in a graph, never change.
class Tensor {
 public:
  Tensor() = default;  // undefined dtype; holds nothing

  // Memory of its own, aligned for every element type; uninitialised, except for strings.
  static Tensor allocate(DType dtype, Dims dims);
  // Uninitialised memory that somebody else provides (a buffer pool), writable; not for strings. `memory` has at least
  // storage_bytes(dtype, element count) bytes, aligned for every element type.
  static Tensor adopt(DType dtype, Dims dims, std::shared_ptr<std::byte> memory);
  // A view; `keep_alive` owns the bytes. Throws MalformedModelError when their number is not the one that dtype and
  // dims ask for. Not for strings.
  static Tensor view(DType dtype, Dims dims, Bytes bytes, std::shared_ptr<const void> keep_alive);

  template <class T>
  static Tensor of(Dims dims, const std::vector<T>& values);
  template <class T>
  static Tensor scalar(T value) {
    return of<T>({}, std::vector<T>{value});
  }
  template <class T>
  static Tensor vector(const std::vector<T>& values) {
    return of<T>({static_cast<int64_t>(values.size())}, values);
  }
  static Tensor boolean(bool value);
  // Every element `value`, converted as ONNX Cast does; any numeric dtype or bool.
  static Tensor filled(DType dtype, Dims dims, double value);

  DType dtype() const { return dtype_; }
  const Dims& dims() const { return dims_; }
  size_t rank() const { return dims_.size(); }
  int64_t size() const { return size_; }  // number of elements
  size_t nbytes() const { return nbytes_; }
  bool defined() const { return dtype_ != DType::undefined; }
  bool owns_memory() const { return owned_; }
  Bytes bytes() const { return {data_, nbytes_}; }
  const std::shared_ptr<const void>& keep_alive() const { return owner_; }

  // Typed elements. The dtype must match (uint8_t also reads bool and the packed and 8-bit float types byte by byte)
  // and the data must be aligned for T; InternalError otherwise. Weights in files need not be aligned: aligned()
  // copies where necessary.
  template <class T>
  std::span<const T> data() const;
  // For whoever allocated the tensor, before it is shared. InternalError for views.
  template <class T>
  std::span<T> mutable_data();
  std::span<std::byte> mutable_bytes();

  bool is_aligned() const;
  Tensor aligned() const;                // *this, or a copy where the data is not aligned
  Tensor reshaped(Dims dims) const;      // same bytes; InternalError when the element counts differ
  Tensor with_dtype(DType dtype) const;  // same bytes, another dtype of the same width (int8 as uint8, ...)

  // All elements converted; InternalError for strings and complex numbers. For small tensors: axes, shapes, scales.
  std::vector<int64_t> to_int64() const;
  std::vector<double> to_double() const;

  // Same dtype, dims and bytes: NaN equals NaN with the same bits, -0.0 differs from 0.0.
  bool identical_to(const Tensor& other) const;
  // 64-bit hash that agrees with identical_to(). Reads all bytes.
  uint64_t content_hash() const;

 private:
  const std::byte* checked_data(DType wanted, size_t alignment) const;
  DType dtype_ = DType::undefined;
  bool owned_ = false;
  Dims dims_;
  int64_t size_ = 0;
  size_t nbytes_ = 0;
  const std::byte* data_ = nullptr;
  std::shared_ptr<const void> owner_;
};

template <class T>
std::span<const T> Tensor::data() const {
  static_assert(dtype_of<T> != DType::undefined, "no dtype has elements of this type");
  return {reinterpret_cast<const T*>(checked_data(dtype_of<T>, alignof(T))), nbytes_ / sizeof(T)};
}

template <class T>
std::span<T> Tensor::mutable_data() {
  static_assert(dtype_of<T> != DType::undefined, "no dtype has elements of this type");
  checked_data(dtype_of<T>, alignof(T));
  return {reinterpret_cast<T*>(mutable_bytes().data()), nbytes_ / sizeof(T)};
}

template <class T>
Tensor Tensor::of(Dims dims, const std::vector<T>& values) {
  Tensor tensor = allocate(dtype_of<T>, std::move(dims));
  std::span<T> target = tensor.mutable_data<T>();
  ENSURE(target.size() == values.size(), InternalError, "Tensor::of: {} values for a tensor of {} elements",
         values.size(), target.size());
  for (size_t i = 0; i < values.size(); ++i) target[i] = values[i];
  return tensor;
}

}  // namespace modelconv
