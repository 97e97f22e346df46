#include "ops/join_tensors.h"

#include "ops/move_elements.h"

namespace modelconv {
namespace {

Tensor to_bytes(const Tensor& packed) {
  Tensor bytes = Tensor::allocate(DType::uint8, packed.dims());
  unpack(packed.dtype(), packed.bytes().data(), packed.size(), bytes.mutable_data<uint8_t>().data());
  return bytes;
}

}  // namespace

Tensor concat_tensors(ThreadPool& threads, const std::vector<Tensor>& parts, int64_t axis) {
  ENSURE(!parts.empty(), ShapeError, "no tensors to concatenate");
  const DType dtype = parts.front().dtype();
  if (is_packed(dtype)) {
    std::vector<Tensor> unpacked;
    for (const Tensor& part : parts) unpacked.push_back(to_bytes(part));
    const Tensor joined = concat_tensors(threads, unpacked, axis);
    Tensor result = Tensor::allocate(dtype, joined.dims());
    pack(joined.data<uint8_t>().data(), joined.size(), dtype, result.mutable_bytes().data());
    return result;
  }
  ENSURE(parts.front().rank() > 0, ShapeError, "scalars cannot be concatenated");
  const size_t at = normalize_axis(axis, parts.front().rank());
  Dims dims = parts.front().dims();
  dims[at] = 0;
  for (const Tensor& part : parts) {
    Dims other = part.dims();
    const int64_t length = other.size() == dims.size() ? other[at] : 0;
    if (other.size() == dims.size()) other[at] = dims[at];
    ENSURE(part.dtype() == dtype && other == dims, ShapeError,
           "tensors {}{} and {}{} cannot be joined along axis {}", name_of(dtype),
           to_string(parts.front().dims()), name_of(part.dtype()), to_string(part.dims()), at);
    dims[at] += length;
  }
  Tensor result = Tensor::allocate(dtype, dims);
  const Dims target_strides = row_major_strides(dims);
  int64_t offset = 0;
  for (const Tensor& part : parts) {
    if (part.size() > 0)
      copy_box(threads, part, result,
               {part.dims(), row_major_strides(part.dims()), target_strides, 0, offset * target_strides[at]});
    offset += part.dims()[at];
  }
  return result;
}

Tensor stack_tensors(ThreadPool& threads, std::vector<Tensor> parts, int64_t axis) {
  ENSURE(!parts.empty(), ShapeError, "no tensors to stack");
  const size_t at = normalize_axis(axis, parts.front().rank() + 1);
  for (Tensor& part : parts) {
    Dims dims = part.dims();
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(std::min(at, dims.size())), 1);
    part = part.reshaped(std::move(dims));
  }
  return concat_tensors(threads, parts, static_cast<int64_t>(at));
}

Tensor empty_stack(DType dtype, const Shape& stacked) {
  Dims dims;
  for (const Dim& dim : stacked.dims()) dims.push_back(dim.known().value_or(0));
  if (dims.empty()) dims.push_back(0);
  if (element_count(dims) != 0) dims[0] = 0;
  return Tensor::allocate(dtype, std::move(dims));
}

}  // namespace modelconv
