#include "pipeline/all_formats.h"

#include "formats/caffe/format.h"
#include "formats/darknet/format.h"
#include "formats/hetu/format.h"
#include "formats/keras/format.h"
#include "formats/npz/format.h"
#include "formats/onnx/format.h"
#include "formats/safetensors/format.h"
#include "formats/tensorflow/format.h"
#include "formats/tflite/format.h"
#include "formats/torch/format.h"
#include "formats/torch_checkpoint/format.h"
#include "pipeline/sharded_weights.h"

namespace modelconv {

std::vector<const Format*> all_formats() {
  return {
      &tflite_format(),       // has a signature of its own
      &safetensors_format(),  // its first bytes, a length, may begin a protobuf message as well
      &torch_checkpoint_format(),
      &npz_format(),
      &sharded_weights_format(),
      &onnx_format(),
      &saved_model_format(),
      &tensorflow_checkpoint_format(),  // before those that look at contents: a .meta file looks like a GraphDef
      &caffe_format(),
      &tensorflow_format(),
      &keras_format(),
      &torch_format(),
      &darknet_format(),
      &hetu_format(),
  };
}

bool holds_weights(const Format& format) {
  for (const Format* known :
       {&safetensors_format(), &torch_checkpoint_format(), &npz_format(), &sharded_weights_format()})
    if (known == &format) return true;
  return false;
}

bool takes_weights(const Format& format) {
  for (const Format* known : {&saved_model_format(), &tensorflow_checkpoint_format(), &tensorflow_format(),
                              &keras_format(), &caffe_format(), &darknet_format()})
    if (known == &format) return true;
  return false;
}

}  // namespace modelconv
