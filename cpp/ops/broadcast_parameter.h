// Small parameters (scales, biases) repeated over a larger tensor.
#pragma once

#include <vector>

#include "ops/kernel.h"

namespace modelconv {

// The elements of `parameter` broadcast to `dims` (NumPy rules, one direction only), as T in row-major order.
template <class T>
std::vector<T> broadcast_parameter(const KernelContext& context, const Tensor& parameter, const Dims& dims) {
  if (parameter.rank() > dims.size())
    context.fail("{} does not broadcast to {}", to_string(parameter.dims()), to_string(dims));
  const size_t missing = dims.size() - parameter.rank();
  std::vector<int64_t> strides(dims.size(), 0);
  int64_t stride = 1;
  for (size_t i = parameter.rank(); i-- > 0;) {
    const int64_t size = parameter.dims()[i];
    if (size != 1 && size != dims[missing + i])
      context.fail("{} does not broadcast to {}", to_string(parameter.dims()), to_string(dims));
    strides[missing + i] = size == 1 ? 0 : stride;
    stride *= size;
  }
  const std::vector<double> values = parameter.to_double();
  std::vector<T> result(static_cast<size_t>(element_count(dims)));
  Dims place(dims.size(), 0);
  int64_t offset = 0;
  for (T& target : result) {
    target = static_cast<T>(values[static_cast<size_t>(offset)]);
    for (size_t i = dims.size(); i-- > 0;) {
      offset += strides[i];
      if (++place[i] < dims[i]) break;
      offset -= strides[i] * dims[i];
      place[i] = 0;
    }
  }
  return result;
}

// One element per channel; ShapeError otherwise.
template <class T>
std::vector<T> channel_parameter(const KernelContext& context, size_t index, int64_t channels) {
  const Tensor& parameter = context.input(index);
  if (parameter.dims() != Dims{channels})
    context.fail("input {} is {}, not one element for each of {} channels", index,
                 to_string(parameter.dims()), channels);
  const std::vector<double> values = parameter.to_double();
  return std::vector<T>(values.begin(), values.end());
}

}  // namespace modelconv
