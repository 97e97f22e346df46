// TensorFlow files to graphs of operators "tf.X", and the table that raises those.
#pragma once

#include "formats/common/format.h"
#include "formats/common/mapping.h"

namespace modelconv::tensorflow {

Model decode_graph_def(const ReadRequest& request);    // binary or text
Model decode_saved_model(const ReadRequest& request);  // options "tag" and "signature"
// The same for a saved_model.pb in memory; the variables lie in `request.source.path`.
Model decode_saved_model(Bytes saved_model, const std::shared_ptr<const void>& keep_alive,
                         const ReadRequest& request);

// All operators, by family.
const OpMappings& op_mappings();

}  // namespace modelconv::tensorflow
