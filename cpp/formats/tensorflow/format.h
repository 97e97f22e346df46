// What pipeline/ sees of TensorFlow.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& tensorflow_format();             // frozen GraphDef: ".pb", ".pbtxt"
const Format& saved_model_format();            // a folder with saved_model.pb
const Format& tensorflow_checkpoint_format();  // the prefix of .meta, .index and .data files

}  // namespace modelconv
