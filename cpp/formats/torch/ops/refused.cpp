// Operators that cannot be converted, and why: the reason stands in the error and in the table of operators.
#include <string_view>

#include "formats/torch/ops/all_ops.h"

namespace modelconv::torch {
namespace {

struct Refused {
  std::string_view name, reason;
};

constexpr std::string_view kQuantizedTensor =
    "its tensors carry a scale of their own, which torch.export cannot capture: quantise with PT2E";
constexpr std::string_view kTraining = "it is a step of training: export the model in eval mode";

constexpr Refused kRefused[] = {
    {"aten._adaptive_avg_pool2d_backward", kTraining},
    {"aten._fused_dropout", kTraining},
    {"aten._upsample_lanczos2d_aa", "ONNX's Resize has no Lanczos window"},
    {"aten.avg_pool2d_backward", kTraining},
    {"aten.convolution_backward", kTraining},
    {"aten.ctc_loss", "a loss of training that ONNX has no operator for: take an output before it"},
    {"aten.dequantize", kQuantizedTensor},
    {"aten.embedding_dense_backward", kTraining},
    {"aten.fractional_max_pool2d", "its windows are drawn at random"},
    {"aten.fractional_max_pool3d", "its windows are drawn at random"},
    {"aten.hardtanh_backward", kTraining},
    {"aten.int_repr", kQuantizedTensor},
    {"aten.max_pool2d_with_indices_backward", kTraining},
    {"aten.mkldnn_rnn_layer", "its weights are packed for one processor: capture the model without Inductor"},
    {"aten.multilabel_margin_loss",
     "a loss of training that ONNX has no operator for: take an output before it"},
    {"aten.native_group_norm_backward", kTraining},
    {"aten.native_layer_norm_backward", kTraining},
    {"aten.quantize_per_channel", kQuantizedTensor},
    {"aten.quantize_per_tensor", kQuantizedTensor},
};

void raise_refused(Translation& t) {
  for (const Refused& row : kRefused)
    if (row.name == t.node().op().str()) t.refuse("{}", row.reason);
}

}  // namespace

OpMappings refused_ops() {
  OpMappings rows;
  for (const Refused& row : kRefused)
    rows.push_back(
        {OpName(std::string(row.name)), OpName(), raise_refused, nullptr, std::string(row.reason)});
  return rows;
}

}  // namespace modelconv::torch
