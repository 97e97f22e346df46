#include "pipeline/all_formats.h"

#include "formats/darknet/format.h"
#include "formats/keras/format.h"
#include "formats/onnx/format.h"
#include "formats/tensorflow/format.h"
#include "formats/tflite/format.h"
#include "formats/torch/format.h"

namespace modelconv {

std::vector<const Format*> all_formats() {
  return {
      &tflite_format(),  // has a signature of its own
      &onnx_format(),
      &saved_model_format(),
      &tensorflow_checkpoint_format(),  // before those that look at contents: a .meta file looks like a GraphDef
      &tensorflow_format(),
      &keras_format(),
      &torch_format(),
      &darknet_format(),
  };
}

}  // namespace modelconv
