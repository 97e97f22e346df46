#include "ops/kernel.h"

namespace modelconv {

const Tensor& RuntimeValue::tensor() const {
  const Tensor* tensor = std::get_if<Tensor>(&content);
  ENSURE(tensor, ShapeError, "a tensor is needed here, not {}",
         is_sequence() ? "a sequence" : "an empty optional");
  return *tensor;
}

const SequenceValue& RuntimeValue::sequence() const {
  ENSURE(is_sequence(), ShapeError, "a sequence is needed here, not {}",
         is_tensor() ? "a tensor" : "an empty optional");
  return *std::get<std::shared_ptr<const SequenceValue>>(content);
}

Tensor& KernelContext::allocate(size_t index, DType dtype, Dims dims, int reuse) {
  if (reuse >= 0 && may_overwrite(static_cast<size_t>(reuse))) {
    const Tensor& input = inputs_[static_cast<size_t>(reuse)].tensor();
    if (input.owns_memory() && input.dtype() == dtype && input.dims() == dims) {
      outputs_[index] = input;
      return std::get<Tensor>(outputs_[index].content);
    }
  }
  outputs_[index] = allocate_buffer(dtype, std::move(dims));
  return std::get<Tensor>(outputs_[index].content);
}

void KernelContext::throw_error(const std::string& message) const {
  std::string types;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (i) types += ", ";
    if (!has_input(i))
      types += "_";
    else if (inputs_[i].is_tensor())
      types +=
          fmt::format("{}{}", name_of(inputs_[i].tensor().dtype()), to_string(inputs_[i].tensor().dims()));
    else
      types += inputs_[i].is_sequence() ? "sequence" : "empty";
  }
  throw ShapeError(message).in(fmt::format("{} with inputs ({})", node_.describe(), types));
}

}  // namespace modelconv
