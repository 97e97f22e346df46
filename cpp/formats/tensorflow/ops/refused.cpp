// Operators that cannot be converted, and why: the reason stands in the error and in the table of operators.
#include <string_view>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

struct Refused {
  std::string_view name, reason;
};

// Keras's model.export() keeps the layers that change pictures in training, and they draw numbers.
constexpr std::string_view kAugmentation =
    "part of an augmentation of training: save the model as .keras, or a function that calls it with "
    "training=False";

constexpr Refused kRefused[] = {
    {"CTCLoss", "a loss of training that ONNX has no operator for: take an output before it"},
    {"ConstV2", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"Conv1D", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"CudnnRNN",
     "its weights are packed for one make of device: convert a model that was saved on the processor"},
    {"DepthwiseConv2d", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"Dropout", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"Flatten", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"ImageProjectiveTransformV3", kAugmentation},
    {"L2Normalization", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"Prelu", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"RaggedTensorFromVariant", "ONNX has no tensors of variants"},
    {"RaggedTensorToVariant", "ONNX has no tensors of variants"},
    {"RandomNormal", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"RandomNormalLike", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"RandomUniformLike", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"SampleDistortedBoundingBox", "a random search that ONNX cannot say: cut behind it with inputs="},
    {"SampleDistortedBoundingBoxV2", "a random search that ONNX cannot say: cut behind it with inputs="},
    {"Scan", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"SquaredDistance", "no operator of TensorFlow: a name inside of tf2onnx"},
    {"StaticRegexReplace", "ONNX does not replace in strings: cut behind it with inputs="},
    {"StatelessRandomGetKeyCounter", kAugmentation},
    {"StatelessRandomUniformIntV2", kAugmentation},
    {"StatelessRandomUniformV2", kAugmentation},
    {"StringToHashBucketFast", "ONNX has no hash of strings: cut behind it with inputs="},
};

}  // namespace

OpMappings refused_ops() {
  OpMappings rows;
  for (const Refused& row : kRefused)
    rows.push_back(
        {OpName("tf", std::string(row.name)), OpName(), nullptr, nullptr, std::string(row.reason)});
  return rows;
}

}  // namespace modelconv::tensorflow
