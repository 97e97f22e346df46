// Joining tensors at run time.
#pragma once

#include <vector>

#include "base/parallel.h"
#include "ir/tensor.h"

namespace modelconv {

// Along an existing axis. Packed elements are joined too. ShapeError when there is none or when they do not fit together.
Tensor concat_tensors(ThreadPool& threads, const std::vector<Tensor>& parts, int64_t axis);
// Along a new axis of the result.
Tensor stack_tensors(ThreadPool& threads, std::vector<Tensor> parts, int64_t axis);
// Stacks of no parts: [0, ...], with 0 for every dimension that is not known.
Tensor empty_stack(DType dtype, const Shape& stacked);

}  // namespace modelconv
