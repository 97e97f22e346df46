// A MetaGraphDef: a graph with signatures and with the names of the nodes that save and restore its variables. It is a
// ".meta" file, and a SavedModel is a list of them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/tensorflow/graph_def.h"
#include "ir/type.h"

namespace modelconv::tensorflow {

struct TensorInfo {
  std::string tensor;  // "node:0"; empty for sparse and composite tensors
  Type type;
};

struct SavedSignature {
  std::map<std::string, TensorInfo> inputs, outputs;  // sorted by name, as TensorFlow orders them too
};

struct MetaGraph {
  std::vector<std::string> tags;
  std::string tensorflow_version, restore_op;
  std::map<std::string, SavedSignature> signatures;
  std::map<std::string, std::string> assets;  // constant of the graph -> name of the file
  GraphDef graph;
};

MetaGraph parse_meta_graph(protobuf::Reader message, const std::shared_ptr<const void>& keep_alive);

}  // namespace modelconv::tensorflow
