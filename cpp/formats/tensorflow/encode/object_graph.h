// How tf.saved_model.load sees a SavedModel: objects with children, and functions with signatures.
#pragma once

#include <string>
#include <vector>

#include "ir/type.h"
#include "wire/protobuf.h"

namespace modelconv::tensorflow {

struct SavedVariable {
  std::string name, key;  // key: in the checkpoint
  int64_t dtype = 0;
  Shape shape;
  bool is_trainable = true;
};

struct SavedTensor {
  std::string name;
  int64_t dtype = 0;
  Shape shape;
};

struct SavedObjects {
  std::vector<SavedVariable> variables;
  std::vector<SavedTensor> inputs;   // in the order of the call
  std::vector<SavedTensor> outputs;  // in the order of their names, as TensorFlow has results by name
  std::string call_function, signature_function;  // in the library
};

inline constexpr const char* kSignature = "serving_default";

// The key under which a child of the root is stored: its name with '/' written as ".S".
std::string checkpoint_key(const std::string& name);

protobuf::Writer encode_saved_objects(const SavedObjects& objects);  // SavedObjectGraph
protobuf::Writer encode_trackable_objects(
    const SavedObjects& objects);  // TrackableObjectGraph, for the checkpoint

}  // namespace modelconv::tensorflow
