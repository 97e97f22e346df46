// Names of operators' outputs. Inside functions a tensor is "node:output_name:index", outside "node:number".
#pragma once

#include <string_view>

#include "formats/tensorflow/graph_def.h"

namespace modelconv::tensorflow {

// Number of the first tensor of output `name`, given the attributes that say how long lists are. Operators that are not
// in the table have one output or one list of outputs, so that the answer is 0.
size_t offset_of_output(std::string_view op, std::string_view name, const EncodedAttrs& attrs);

}  // namespace modelconv::tensorflow
