// The kinds of files and folders that hold a TensorFlow graph.
#pragma once

#include "formats/common/format.h"

namespace modelconv::tensorflow {

// A copy of the canonical graph in TensorFlow's operators. UnsupportedOpError naming all that it cannot say.
std::unique_ptr<Graph> lower_copy(const Model& model, const std::string& stage);

// Frozen GraphDef: the weights are constants. BadArgument at once where it would reach 2 GiB.
void write_frozen(const Model& model, const WriteRequest& request, AtomicFiles& files);

// A folder: saved_model.pb, and the weights as variables in a checkpoint.
void write_saved_model(const Model& model, const WriteRequest& request, AtomicFiles& files);

void refuse_writing_options(const WriteRequest& request, std::initializer_list<std::string_view> known);

}  // namespace modelconv::tensorflow
