// torchvision's operators: suppression, pooling of regions, deformable convolution.
// Source of their meaning: torchvision/csrc/ops/cpu/*.cpp.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

// Boxes [n, 4] as x1 y1 x2 y2; what overlaps does not ask which axis is x. Indices come sorted by falling score.
void raise_nms(Translation& t) {
  const Call call(t, "dets, scores, iou_threshold:number");
  const Term boxes = cast(tensor(call, "dets"), DType::float32);
  const Term scores = cast(tensor(call, "scores"), DType::float32);
  const Term threshold = number(t, DType::float32, call.number("iou_threshold"));
  const Term selected = compute(
      "NonMaxSuppression", {unsqueeze(boxes, {0}), unsqueeze(scores, {0, 1}), shape_of(scores), threshold});
  give(squeeze(slice(selected, 1, 2, 3), {1}));  // [batch, class, box]
}

// Regions [k, 5]: the image's number in the batch, then the corners.
struct Regions {
  Term corners, image;
};
Regions regions_of(const Call& call) {
  const Term rois = tensor(call, "rois");
  return {slice(rois, 1, 1, 5), cast(squeeze(slice(rois, 1, 0, 1), {1}), DType::int64)};
}

Term align(const Call& call, bool is_aligned) {
  const Regions regions = regions_of(call);
  const int64_t ratio = call.integer("sampling_ratio");
  return compute("RoiAlign", {tensor(call, "input"), regions.corners, regions.image},
                 {{"spatial_scale", static_cast<float>(call.number("spatial_scale"))},
                  {"output_height", call.integer("pooled_height")},
                  {"output_width", call.integer("pooled_width")},
                  {"sampling_ratio", ratio < 0 ? 0 : ratio},
                  {"mode", "avg"},
                  {"coordinate_transformation_mode", is_aligned ? "half_pixel" : "output_half_pixel"}});
}

void raise_roi_align(Translation& t) {
  const Call call(
      t,
      "input, rois, spatial_scale:number, pooled_height:int, pooled_width:int, sampling_ratio:int, "
      "aligned:bool=false");
  give(align(call, call.flag("aligned")));
}

void raise_roi_pool(Translation& t) {
  const Call call(t, "input, rois, spatial_scale:number, pooled_height:int, pooled_width:int");
  if (t.wants_output(1)) t.refuse("its result 1 is used, which only gradients need");
  const std::vector<int64_t> shape = {call.integer("pooled_height"), call.integer("pooled_width")};
  give(compute(
      "MaxRoiPool", {tensor(call, "input"), tensor(call, "rois")},
      {{"pooled_shape", shape}, {"spatial_scale", static_cast<float>(call.number("spatial_scale"))}}));
}

// Each cell of the result has channels of its own: channel (c, i, j) of the input is looked at in cell (i, j) only.
void raise_ps_roi_align(Translation& t) {
  const Call call(
      t, "input, rois, spatial_scale:number, pooled_height:int, pooled_width:int, sampling_ratio:int");
  if (t.wants_output(1)) t.refuse("its result 1 is used, which only gradients need");
  const int64_t height = call.integer("pooled_height"), width = call.integer("pooled_width");
  const Term all = reshape(align(call, true), {0, -1, height * width, height * width});
  const Term cell = range(numbers(t, {height * width}));
  const Term is_own = equal(unsqueeze(cell, {0}), unsqueeze(cell, {1}));
  const Term own = reduce("ReduceSum", where(is_own, all, number(t, all.dtype(), 0)), {2});
  give(reshape(own, {0, 0, height, width}));
}

// Offsets are pairs (y, x) per place of the kernel, as ONNX has them.
void raise_deform_conv(Translation& t) {
  const Call call(t,
                  "input, weight, offset, mask, bias, stride_h:int, stride_w:int, pad_h:int, pad_w:int, "
                  "dilation_h:int, dilation_w:int, groups:int, offset_groups:int, use_mask:bool");
  std::vector<Term> inputs = {tensor(call, "input"), tensor(call, "weight"), tensor(call, "offset"),
                              tensor(call, "bias")};
  if (call.flag("use_mask")) inputs.push_back(tensor(call, "mask"));
  const auto pair = [&](const char* h, const char* w) {
    return std::vector<int64_t>{call.integer(h), call.integer(w)};
  };
  const int64_t top = call.integer("pad_h"), left = call.integer("pad_w");
  give(compute("DeformConv", inputs,
               {{"strides", pair("stride_h", "stride_w")},
                {"pads", std::vector<int64_t>{top, left, top, left}},
                {"dilations", pair("dilation_h", "dilation_w")},
                {"group", call.integer("groups")},
                {"offset_group", call.integer("offset_groups")}}));
}

}  // namespace

OpMappings vision_ops() {
  return {
      {"torchvision.deform_conv2d", "DeformConv", raise_deform_conv, nullptr, ""},
      {"torchvision.nms", "NonMaxSuppression", raise_nms, nullptr, ""},
      {"torchvision.ps_roi_align", "RoiAlign", raise_ps_roi_align, nullptr, "first result"},
      {"torchvision.roi_align", "RoiAlign", raise_roi_align, nullptr, ""},
      {"torchvision.roi_pool", "MaxRoiPool", raise_roi_pool, nullptr, "first result"},
  };
}

}  // namespace modelconv::torch
