// Values of variables, from the checkpoint beside a SavedModel's graph.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "formats/tensorflow/checkpoint.h"
#include "formats/tensorflow/flatten.h"

namespace modelconv::tensorflow {

// Which tensor of the checkpoint a variable has is read off the graph itself, from the part that restores it: RestoreV2,
// Restore or RestoreSlice (tensor names) -> Identity -> Assign or AssignVariableOp -> variable. This holds for TensorFlow 1 and 2, and where two
// variables have one name. Without such a part: by the variable's full name in the checkpoint's object graph, and last by
// its own name.
class Variables {
 public:
  // `restore_op` may be empty. `path`: see open_checkpoint(). The checkpoint is opened when the first variable is asked for.
  Variables(const GraphDef& graph, const std::string& restore_op, std::filesystem::path path);

  // A view of the checkpoint. Throws FileError when the checkpoint is not there, MalformedModelError when it lacks the
  // variable.
  Tensor find(const FlatNode& variable);

 private:
  // A variable may be a part of a tensor that the checkpoint has as a whole.
  struct Place {
    std::string key;
    std::string slice;  // as RestoreV2 has it: "10 5 0,5:-", the whole shape, then start,length of each axis
  };
  void trace_restoring(const GraphDef& graph, const FlattenOptions& restoring);
  void read_object_graph();
  Place place_of(const FlatNode& variable);

  std::filesystem::path path_;
  Tensor part_of(const Place& place);

  std::unique_ptr<Checkpoint> checkpoint_;
  std::map<std::string, Place> place_of_node_;           // by the flat name of the variable
  std::map<std::string, Tensor> wholes_;                 // of which parts were asked for
  std::map<std::string, std::string> key_of_full_name_;  // from the object graph
};

}  // namespace modelconv::tensorflow
