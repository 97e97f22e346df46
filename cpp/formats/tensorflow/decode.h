// TensorFlow files to graphs of operators "tf.X", and the table that raises those.
#pragma once

#include "formats/common/format.h"
#include "formats/common/mapping.h"

namespace modelconv::tensorflow {

Model decode_graph_def(const ReadRequest& request);    // binary or text
Model decode_saved_model(const ReadRequest& request);  // options "tag" and "signature"

// All operators, by family.
const OpMappings& op_mappings();

}  // namespace modelconv::tensorflow
