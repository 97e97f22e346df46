// TensorProto -> Tensor.
#pragma once

#include "ir/tensor.h"
#include "wire/protobuf.h"

namespace modelconv::tensorflow {

// A TensorProto may say "this value, a thousand times". Such tensors are written out, but no file may ask for more
// memory than this in all.
class RepeatBudget {
 public:
  void take(size_t bytes);  // MalformedModelError when used up

 private:
  size_t left_ = size_t{1} << 30;
};

// tensor_content becomes a view that `keep_alive` keeps; values in the repeated fields are copied, the last one
// repeated up to the number of elements. Throws MalformedModelError.
Tensor decode_tensor(protobuf::Reader message, const std::shared_ptr<const void>& keep_alive,
                     RepeatBudget& budget);

// A TensorProto without type and shape, as V1 checkpoints have them: exactly as many values as `dims` asks for.
Tensor decode_values(protobuf::Reader message, DType dtype, const Dims& dims);

}  // namespace modelconv::tensorflow
