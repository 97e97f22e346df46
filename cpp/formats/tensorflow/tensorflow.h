// TensorFlow: frozen GraphDefs (binary and text) and SavedModel folders.
#pragma once

#include "formats/common/format.h"
#include "formats/common/mapping.h"

namespace modelconv {

const Format& tensorflow_format();   // ".pb", ".pbtxt"
const Format& saved_model_format();  // a folder with saved_model.pb

namespace tensorflow {

// Without raising: a graph of operators "tf.X".
Model decode_graph_def(const ReadRequest& request);
Model decode_saved_model(const ReadRequest& request);

// All operators, by family.
const OpMappings& op_mappings();

}  // namespace tensorflow
}  // namespace modelconv
