// Weights in several files: the index that Hugging Face's libraries write beside them.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

// {"metadata": ..., "weight_map": {"name": "model-00001-of-00002.safetensors", ...}}; the files stand in the same folder
// and are of any format that holds weights.
const Format& sharded_weights_format();

}  // namespace modelconv
