// TensorFlow files to graphs of operators "tf.X", and the table that raises those.
#pragma once

#include "formats/common/format.h"
#include "formats/common/mapping.h"
#include "formats/tensorflow/meta_graph.h"

namespace modelconv::tensorflow {

Model decode_graph_def(const ReadRequest& request);    // binary or text
Model decode_saved_model(const ReadRequest& request);  // options "tag" and "signature"
// The same for a saved_model.pb in memory; the variables lie in `request.source.path`.
Model decode_saved_model(Bytes saved_model, const std::shared_ptr<const void>& keep_alive,
                         const ReadRequest& request);

// A checkpoint with its graph in a ".meta" file: by the prefix of its files, one of them, or the folder.
Model decode_checkpoint(const ReadRequest& request);  // option "signature"
bool recognises_checkpoint(const Source& source);
// One graph with its variables in the checkpoint at `checkpoint`; the request says what is wanted of it.
Model build_model(const MetaGraph& meta, const ReadRequest& request, const std::filesystem::path& checkpoint);

// All operators, by family.
const OpMappings& op_mappings();

}  // namespace modelconv::tensorflow
