#pragma once

#include "formats/common/weights.h"

namespace modelconv::safetensors {

// By the length in front and the brace behind it.
bool looks_like_safetensors(Bytes bytes);

// The tensors are views of `bytes`. MalformedModelError when the header does not describe the bytes behind it.
void decode(Bytes bytes, const std::shared_ptr<const void>& keep_alive, WeightList& weights);

}  // namespace modelconv::safetensors
