// Sections that move pixels, and those that do nothing while a network is used.
#include "formats/darknet/ops/all_ops.h"
#include "formats/darknet/ops/parts.h"

namespace modelconv::darknet {
namespace {

Term to_depth(const Term& x, int64_t stride) { return compute("SpaceToDepth", {x}, {{"blocksize", stride}}); }
Term to_space(const Term& x, int64_t stride) { return compute("DepthToSpace", {x}, {{"blocksize", stride}}); }

void raise_reorg3d(Translation& t) {
  const int64_t stride = int_of(t, "stride");
  set_output(t, 0,
             flag_of(t, "reverse") ? to_space(image_input(t), stride) : to_depth(image_input(t), stride));
}

// The old reorg takes the numbers of [C, H, W] for an image of [C / s^2, H * s, W * s] (reorg_cpu in blas.c).
void raise_reorg(Translation& t) {
  const int64_t stride = int_of(t, "stride");
  const auto chw = ints_of(t, "chw");
  const int64_t c = chw.at(0), h = chw.at(1), w = chw.at(2), area = stride * stride;
  const Term x = image_input(t);
  if (flag_of(t, "reverse")) return set_output(t, 0, to_space(x, stride));
  const Term seen = reshape(x, {0, c / area, h * stride, w * stride});
  set_output(t, 0, reshape(to_depth(seen, stride), {0, c * area, h / stride, w / stride}));
}

// Forwards every pixel becomes a square; backwards every square is summed.
void raise_upsample(Translation& t) {
  const int64_t stride = int_of(t, "stride"), factor = stride < 0 ? -stride : stride;
  double scale = float_of(t, "scale");
  Term y = image_input(t);
  if (stride < 0) {
    y = compute("AveragePool", {y},
                {{"kernel_shape", std::vector<int64_t>{factor, factor}},
                 {"strides", std::vector<int64_t>{factor, factor}}});
    scale *= static_cast<double>(factor * factor);
  } else {
    const auto by = static_cast<float>(factor);
    y = {t, t.add("Resize", {&y.value(), nullptr, &constant(t, {4}, {1, 1, by, by}).value()},
                  {{"mode", std::string("nearest")},
                   {"nearest_mode", std::string("floor")},
                   {"coordinate_transformation_mode", std::string("asymmetric")}})};
  }
  set_output(t, 0, scale == 1 ? y : y * scale);
}

void raise_crop(Translation& t) {
  const auto size = ints_of(t, "size"), chw = ints_of(t, "chw");
  Term y = image_input(t);
  for (size_t i = 0; i < 2; ++i) {
    const int64_t start = (chw.at(1 + i) - size.at(i)) / 2;
    y = slice(y, static_cast<int64_t>(2 + i), start, start + size[i]);
  }
  set_output(t, 0, flag_of(t, "noadjust") ? y : y * 2 - 1);
}

// The images of a batch are steps of one sequence: each sees those before it, the newest first, zeros at the beginning.
void raise_history(Translation& t) {
  const Term x = image_input(t);
  std::vector<Term> steps = {x};
  for (int64_t back = 1; back < int_of(t, "history_size"); ++back) {
    const Term padded = compute("Pad", {x, numbers(t, {back, 0, 0, 0, 0, 0, 0, 0})});
    steps.push_back(slice(padded, 0, numbers(t, {0}), size_of(x, 0)));
  }
  set_output(t, 0, concat(steps, 1));
}

void raise_unchanged(Translation& t) { set_output(t, 0, compute("Identity", {input(t, 0)})); }

}  // namespace

OpMappings shape_ops() {
  return {
      {"darknet.contrastive", "Identity", raise_unchanged, nullptr, "nothing at inference"},
      {"darknet.cost", "Identity", raise_unchanged, nullptr, "nothing at inference"},
      {"darknet.crop", "Slice", raise_crop, nullptr, "the middle, as at inference"},
      {"darknet.dropout", "Identity", raise_unchanged, nullptr, "nothing at inference"},
      {"darknet.empty", "Identity", raise_unchanged, nullptr, ""},
      {"darknet.history", "Concat", raise_history, nullptr, "the batch is one sequence"},
      {"darknet.reorg", "SpaceToDepth", raise_reorg, nullptr, "the old meaning, as in YOLO v2"},
      {"darknet.reorg3d", "SpaceToDepth", raise_reorg3d, nullptr, ""},
      {"darknet.upsample", "Resize", raise_upsample, nullptr, ""},
  };
}

}  // namespace modelconv::darknet
