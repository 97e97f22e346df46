// Values of variables, from the checkpoint beside a SavedModel's graph.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "formats/tensorflow/flatten.h"
#include "wire/tensor_bundle.h"

namespace modelconv::tensorflow {

// Which tensor of the checkpoint a variable has is read off the graph itself, from the part that restores it: RestoreV2
// (tensor names) -> Identity -> Assign or AssignVariableOp -> variable. This holds for TensorFlow 1 and 2, and where two
// variables have one name. Without such a part: by the variable's full name in the checkpoint's object graph, and last by
// its own name.
class Variables {
 public:
  // `restore_op` may be empty. The checkpoint is opened when the first variable is asked for.
  Variables(const GraphDef& graph, const std::string& restore_op, std::filesystem::path folder);

  // A view of the checkpoint. Throws FileError when the checkpoint is not there, MalformedModelError when it lacks the
  // variable.
  Tensor find(const FlatNode& variable);

 private:
  void trace_restoring(const GraphDef& graph, const std::string& restore_op);
  void read_object_graph();
  std::string key_of(const FlatNode& variable);

  std::filesystem::path folder_;
  std::unique_ptr<TensorBundle> bundle_;
  std::map<std::string, std::string> key_of_node_;       // flat name of the variable -> key
  std::map<std::string, std::string> key_of_full_name_;  // from the object graph
};

}  // namespace modelconv::tensorflow
