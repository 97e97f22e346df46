// Layers of the first two versions of Caffe's format. Source: upgrade_proto.cpp of github.com/BVLC/caffe.
#include <map>

#include "formats/caffe/net.h"

namespace modelconv::caffe {

using text_proto::Message;
using text_proto::Value;

namespace {

// V1LayerParameter.LayerType and what the types are called now.
const std::map<std::string, std::string, std::less<>>& v1_types() {
  static const std::map<std::string, std::string, std::less<>> types = {
      {"ABSVAL", "AbsVal"},
      {"ACCURACY", "Accuracy"},
      {"ARGMAX", "ArgMax"},
      {"BNLL", "BNLL"},
      {"CONCAT", "Concat"},
      {"CONTRASTIVE_LOSS", "ContrastiveLoss"},
      {"CONVOLUTION", "Convolution"},
      {"DATA", "Data"},
      {"DECONVOLUTION", "Deconvolution"},
      {"DROPOUT", "Dropout"},
      {"DUMMY_DATA", "DummyData"},
      {"ELTWISE", "Eltwise"},
      {"EUCLIDEAN_LOSS", "EuclideanLoss"},
      {"EXP", "Exp"},
      {"FLATTEN", "Flatten"},
      {"HDF5_DATA", "HDF5Data"},
      {"HDF5_OUTPUT", "HDF5Output"},
      {"HINGE_LOSS", "HingeLoss"},
      {"IM2COL", "Im2col"},
      {"IMAGE_DATA", "ImageData"},
      {"INFOGAIN_LOSS", "InfogainLoss"},
      {"INNER_PRODUCT", "InnerProduct"},
      {"LRN", "LRN"},
      {"MEMORY_DATA", "MemoryData"},
      {"MULTINOMIAL_LOGISTIC_LOSS", "MultinomialLogisticLoss"},
      {"MVN", "MVN"},
      {"POOLING", "Pooling"},
      {"POWER", "Power"},
      {"RELU", "ReLU"},
      {"SIGMOID", "Sigmoid"},
      {"SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"},
      {"SILENCE", "Silence"},
      {"SLICE", "Slice"},
      {"SOFTMAX", "Softmax"},
      {"SOFTMAX_LOSS", "SoftmaxWithLoss"},
      {"SPLIT", "Split"},
      {"TANH", "TanH"},
      {"THRESHOLD", "Threshold"},
      {"WINDOW_DATA", "WindowData"},
  };
  return types;
}

const std::map<std::string, std::string, std::less<>>& v0_types() {
  static const std::map<std::string, std::string, std::less<>> types = {
      {"accuracy", "Accuracy"},
      {"bnll", "BNLL"},
      {"concat", "Concat"},
      {"conv", "Convolution"},
      {"data", "Data"},
      {"dropout", "Dropout"},
      {"euclidean_loss", "EuclideanLoss"},
      {"flatten", "Flatten"},
      {"hdf5_data", "HDF5Data"},
      {"hdf5_output", "HDF5Output"},
      {"im2col", "Im2col"},
      {"images", "ImageData"},
      {"infogain_loss", "InfogainLoss"},
      {"innerproduct", "InnerProduct"},
      {"lrn", "LRN"},
      {"multinomial_logistic_loss", "MultinomialLogisticLoss"},
      {"padding", "Padding"},
      {"pool", "Pooling"},
      {"relu", "ReLU"},
      {"sigmoid", "Sigmoid"},
      {"softmax", "Softmax"},
      {"softmax_loss", "SoftmaxWithLoss"},
      {"split", "Split"},
      {"tanh", "TanH"},
      {"window_data", "WindowData"},
  };
  return types;
}

const std::string& type_in(const std::map<std::string, std::string, std::less<>>& types,
                           const std::string& type, const std::string& name, int line) {
  const auto found = types.find(type);
  if (found == types.end())
    throw text_proto::error_at(
        line, fmt::format("layer '{}' has the type '{}', which no old layer has", name, type));
  return found->second;
}

// V0: all settings beside each other, some under other names.
void add_v0_settings(const Message& layer, Attrs& settings) {
  add_settings(layer, "", settings);
  constexpr const char* kRenamed[][2] = {{"kernelsize", "kernel_size"},
                                         {"biasterm", "bias_term"},
                                         {"batchsize", "batch_size"},
                                         {"cropsize", "crop_size"}};
  for (const auto& [old_name, new_name] : kRenamed)
    if (const Attribute* value = settings.find(old_name)) {
      settings.set(new_name, Attribute(*value));
      settings.remove(old_name);
    }
  settings.remove("name");
  settings.remove("type");
}

}  // namespace

Layer upgrade_v1(const Message& message) {
  Layer layer;
  layer.bottoms = text_fields(message, "bottom");
  layer.tops = text_fields(message, "top");
  if (const std::vector<Value>* inner = message.find("layer")) {
    const Message& old = inner->back().as_message();
    layer.name = text_field(old, "name");
    layer.type = type_in(v0_types(), text_field(old, "type"), layer.name, message.line);
    add_v0_settings(old, layer.settings);
    return layer;
  }
  layer.name = text_field(message, "name");
  layer.type = type_in(v1_types(), text_field(message, "type"), layer.name, message.line);
  if (const std::vector<Value>* params = message.find("param"))
    for (const Value& value : *params) layer.param_names.push_back(value.as_string());
  for (const auto& [name, values] : message.fields)
    if (name.ends_with("_param") && name != "loss_param")
      for (const Value& value : values)
        if (value.kind == Value::Kind::message) add_settings(value.as_message(), "", layer.settings);
  return layer;
}

}  // namespace modelconv::caffe
