#include "formats/caffe/layer_types.h"

#include <algorithm>
#include <array>

#include "formats/caffe/ops/all_ops.h"

namespace modelconv::caffe {
namespace {

constexpr std::array<std::string_view, 13> kWeighted = {"BN",
                                                        "BatchNorm",
                                                        "Convolution",
                                                        "ConvolutionDepthwise",
                                                        "Deconvolution",
                                                        "DepthwiseConvolution",
                                                        "Embed",
                                                        "InnerProduct",
                                                        "LSTM",
                                                        "Normalize",
                                                        "PReLU",
                                                        "Parameter",
                                                        "RNN"};
constexpr std::array<std::string_view, 8> kData = {"AnnotatedData", "Data",       "HDF5Data",  "ImageData",
                                                   "Input",         "MemoryData", "VideoData", "WindowData"};
constexpr std::array<std::string_view, 11> kTraining = {
    "Accuracy",     "ContrastiveLoss", "DetectionEvaluate", "EuclideanLoss",
    "HDF5Output",   "HingeLoss",       "InfogainLoss",      "MultinomialLogisticLoss",
    "MultiBoxLoss", "Silence",         "SmoothL1Loss"};

template <size_t n>
bool is_in(const std::array<std::string_view, n>& types, std::string_view type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

bool has_weights(const Layer& layer) {
  if (layer.type == "Scale" || layer.type == "Bias") return layer.bottoms.size() == 1;
  return is_in(kWeighted, layer.type);
}

bool is_data(std::string_view type) { return is_in(kData, type); }

bool is_training(std::string_view type) { return is_in(kTraining, type); }

std::string_view without_loss(std::string_view type) {
  if (type == "SoftmaxWithLoss") return "Softmax";
  if (type == "SigmoidCrossEntropyLoss") return "Sigmoid";
  return "";
}

void check_tops(const Layer& layer) {
  const auto known = [&](const OpMapping& row) { return row.source.str() == "caffe." + layer.type; };
  if (std::none_of(op_mappings().begin(), op_mappings().end(), known)) return;
  size_t most = 1;
  const std::string& type = layer.type;
  if (type == "Slice" || type == "Split" || type == "DummyData") most = layer.tops.size();
  if (type == "Pooling" || type == "RNN" || type == "LSTMUnit" || type == "Proposal") most = 2;
  if (type == "LSTM") most = 3;
  if (type == "Filter") most = layer.bottoms.empty() ? 0 : layer.bottoms.size() - 1;
  if (type == "Convolution" || type == "Deconvolution" || type == "ConvolutionDepthwise" ||
      type == "DepthwiseConvolution")
    most = layer.bottoms.size();
  ENSURE(layer.tops.size() <= most, MalformedModelError, "layer '{}' ({}) has {} tops and {} bottoms",
         layer.name, type, layer.tops.size(), layer.bottoms.size());
}

std::vector<std::pair<std::string, std::string>> types_without_nodes() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const std::string_view type : kData) rows.emplace_back(type, "its tops are the model's inputs");
  for (const std::string_view type : kTraining) rows.emplace_back(type, "left out: only for training");
  rows.emplace_back("SoftmaxWithLoss", "Softmax, without the loss");
  rows.emplace_back("SigmoidCrossEntropyLoss", "Sigmoid, without the loss");
  return rows;
}

}  // namespace modelconv::caffe
