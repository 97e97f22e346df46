// Layers that are known and cannot be said with ONNX's operators, or hold code.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

void refuse_code(Translation& t) {
  t.refuse("it runs Python code: module '{}', layer '{}'", text_of(t, "module", ""), text_of(t, "layer", ""));
}
void refuse_no_operator(Translation& t) { t.refuse("ONNX has no operator for it"); }
void refuse_box_decoding(Translation& t) {
  t.refuse("cut the net before it with outputs= and decode the boxes outside");
}

}  // namespace

OpMappings refused_ops() {
  const char* none = "refused: ONNX has no operator for it";
  const char* boxes = "refused: cut the net before it";
  return {
      {"caffe.Correlation", "", refuse_no_operator, nullptr, none},
      {"caffe.FlowWarp", "", refuse_no_operator, nullptr, none},
      {"caffe.Python", "", refuse_code, nullptr, "refused: code; custom_ops= can say what stands for it"},
      {"caffe.Region", "", refuse_box_decoding, nullptr, boxes},
      {"caffe.Resample", "", refuse_no_operator, nullptr, none},
      {"caffe.YoloDetectionOutput", "", refuse_box_decoding, nullptr, boxes},
  };
}

}  // namespace modelconv::caffe
