// Weights as variables: which constants become some, their names, and the nodes that save and restore them.
#pragma once

#include <vector>

#include "formats/tensorflow/encode/graph_encoder.h"
#include "formats/tensorflow/encode/object_graph.h"
#include "wire/tensor_bundle_writer.h"

namespace modelconv::tensorflow {

struct StoredWeight {
  const Value* value;
  SavedVariable variable;
};

// The weights that the graph uses and that are floating-point tensors (to be trained on) or large. Names are taken from
// `names`.
std::vector<StoredWeight> stored_weights(const Graph& graph, Names& names);

// Each weight is read, written and forgotten before the next one.
void write_weights(const std::vector<StoredWeight>& weights, TensorBundleWriter& bundle);

struct SaverNames {
  std::string filename, save, restore;  // as SaverDef wants them
};
// Handles of the variables, and the nodes behind SaverDef.
SaverNames emit_variables(const std::vector<StoredWeight>& weights, Names& names, const EmitNode& emit);

}  // namespace modelconv::tensorflow
