#include "ir/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "ir/content_hash.h"

namespace modelconv {
namespace {

constexpr std::align_val_t kAlignment{64};  // a cache line, and enough for every vector instruction
// Above this no machine has the memory; asking the system would only make it fail later, page by page.
constexpr size_t kLargest = size_t{1} << 39;

std::string describe(DType dtype, const Dims& dims) { return std::string(name_of(dtype)) + to_string(dims); }

std::shared_ptr<std::byte> allocate_bytes(size_t size, DType dtype, const Dims& dims) {
  void* memory = size <= kLargest ? ::operator new(size, kAlignment, std::nothrow) : nullptr;
  ENSURE(memory, ShapeError, "a tensor {} takes {} bytes, more memory than there is", describe(dtype, dims),
         size);
  return {static_cast<std::byte*>(memory), [](std::byte* bytes) { ::operator delete(bytes, kAlignment); }};
}

bool fits_alignment(const std::byte* data, size_t alignment) {
  return reinterpret_cast<uintptr_t>(data) % alignment == 0;
}

// Of one element in memory.
size_t alignment_of(DType dtype) {
  switch (dtype) {
    case DType::string: return alignof(std::string);
    case DType::complex64: return alignof(std::complex<float>);
    case DType::complex128: return alignof(std::complex<double>);
    default: return bit_width(dtype) <= 8 ? 1 : static_cast<size_t>(bit_width(dtype)) / 8;
  }
}

bool read_by_byte(DType dtype) {
  return dtype != DType::string && bit_width(dtype) <= 8 && dtype != DType::int8;
}

}  // namespace

Tensor Tensor::allocate(DType dtype, Dims dims) {
  ENSURE(dtype != DType::undefined, InternalError, "a tensor {} needs a dtype", to_string(dims));
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.owned_ = true;
  tensor.size_ = element_count(dims);
  tensor.nbytes_ = storage_bytes(dtype, tensor.size_);
  if (dtype == DType::string) {
    ENSURE(tensor.nbytes_ <= kLargest, ShapeError, "a tensor {} takes {} bytes, more memory than there is",
           describe(dtype, dims), tensor.nbytes_);
    auto strings = std::make_shared<std::vector<std::string>>(static_cast<size_t>(tensor.size_));
    tensor.data_ = reinterpret_cast<const std::byte*>(strings->data());
    tensor.owner_ = std::move(strings);
  } else {
    const std::shared_ptr<std::byte> memory = allocate_bytes(tensor.nbytes_, dtype, dims);
    tensor.data_ = memory.get();
    tensor.owner_ = memory;
  }
  tensor.dims_ = std::move(dims);
  return tensor;
}

Tensor Tensor::adopt(DType dtype, Dims dims, std::shared_ptr<std::byte> memory) {
  ENSURE(dtype != DType::undefined && dtype != DType::string, InternalError, "memory cannot be used as {}",
         describe(dtype, dims));
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.owned_ = true;
  tensor.size_ = element_count(dims);
  tensor.nbytes_ = storage_bytes(dtype, tensor.size_);
  tensor.data_ = memory.get();
  tensor.owner_ = std::move(memory);
  tensor.dims_ = std::move(dims);
  return tensor;
}

Tensor Tensor::view(DType dtype, Dims dims, Bytes bytes, std::shared_ptr<const void> keep_alive) {
  ENSURE(dtype != DType::undefined && dtype != DType::string, InternalError, "bytes cannot be viewed as {}",
         describe(dtype, dims));
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.size_ = element_count(dims);
  tensor.nbytes_ = storage_bytes(dtype, tensor.size_);
  ENSURE(bytes.size() == tensor.nbytes_, MalformedModelError, "a tensor {} takes {} bytes, its data has {}",
         describe(dtype, dims), tensor.nbytes_, bytes.size());
  tensor.data_ = bytes.data();
  tensor.dims_ = std::move(dims);
  tensor.owner_ = std::move(keep_alive);
  return tensor;
}

Tensor Tensor::boolean(bool value) {
  Tensor tensor = allocate(DType::boolean, {});
  tensor.mutable_bytes()[0] = std::byte{value};
  return tensor;
}

std::span<std::byte> Tensor::mutable_bytes() {
  ENSURE(owned_, InternalError, "the memory of a tensor {} belongs to somebody else and cannot be written",
         describe(dtype_, dims_));
  return {const_cast<std::byte*>(data_), nbytes_};
}

const std::byte* Tensor::checked_data(DType wanted, size_t alignment) const {
  ENSURE(dtype_ == wanted || (wanted == DType::uint8 && read_by_byte(dtype_)), InternalError,
         "a tensor {} is read as {}", describe(dtype_, dims_), name_of(wanted));
  ENSURE(fits_alignment(data_, alignment), InternalError,
         "a tensor {} is read as {}, but its data is not aligned to {} bytes; call aligned() first",
         describe(dtype_, dims_), name_of(wanted), alignment);
  return data_;
}

bool Tensor::is_aligned() const { return fits_alignment(data_, alignment_of(dtype_)); }

Tensor Tensor::aligned() const {
  if (is_aligned()) return *this;
  Tensor copy = allocate(dtype_, dims_);
  std::memcpy(copy.mutable_bytes().data(), data_, nbytes_);
  return copy;
}

Tensor Tensor::reshaped(Dims dims) const {
  ENSURE(element_count(dims) == size_, InternalError, "a tensor {} cannot take the shape {}",
         describe(dtype_, dims_), to_string(dims));
  Tensor tensor = *this;
  tensor.dims_ = std::move(dims);
  return tensor;
}

Tensor Tensor::with_dtype(DType dtype) const {
  ENSURE(bit_width(dtype) == bit_width(dtype_) && (dtype == DType::string) == (dtype_ == DType::string),
         InternalError, "the bytes of a tensor {} cannot be taken as {}", describe(dtype_, dims_),
         name_of(dtype));
  Tensor tensor = *this;
  tensor.dtype_ = dtype;
  return tensor;
}

bool Tensor::identical_to(const Tensor& other) const {
  if (dtype_ != other.dtype_ || dims_ != other.dims_) return false;
  if (data_ == other.data_ || nbytes_ == 0) return true;
  if (dtype_ != DType::string) return std::memcmp(data_, other.data_, nbytes_) == 0;
  const auto mine = data<std::string>(), theirs = other.data<std::string>();
  return std::equal(mine.begin(), mine.end(), theirs.begin());
}

uint64_t Tensor::content_hash() const {
  uint64_t hash = hash_bytes(std::as_bytes(std::span(dims_)), static_cast<uint64_t>(dtype_));
  if (dtype_ != DType::string) return hash_bytes(bytes(), hash);
  for (const std::string& text : data<std::string>()) hash = hash_bytes(std::as_bytes(std::span(text)), hash);
  return hash;
}

}  // namespace modelconv
