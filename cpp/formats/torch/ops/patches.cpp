// Pixels to channels and back, windows to columns and back.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/spatial.h"

namespace modelconv::torch {
namespace {

// The axes in front of channels, height and width count as one batch.
template <class Function>
void with_one_batch(const Term& x, const Function& compute) {
  const size_t rank = x.rank();
  if (rank == 4) return give(compute(x));
  if (rank < 3) x.translation().refuse("its input has {} axes, it needs 3", rank);
  const auto outer = static_cast<int64_t>(rank) - 3;
  const Term flat = reshape(x, concat({numbers(x.translation(), {-1}), shape_from(x, outer)}, 0));
  const Term y = compute(flat);
  give(reshape(y, concat({shape_part(x, 0, outer), shape_from(y, 1)}, 0)));
}

// Channel c * r * r + i * r + j is pixel (i, j) of the block: ONNX's order "CRD".
void raise_pixel_shuffle(Translation& t) {
  const Call call(t, "self, upscale_factor:int");
  with_one_batch(tensor(call, "self"), [&](const Term& x) {
    return compute("DepthToSpace", {x}, {{"blocksize", call.integer("upscale_factor")}, {"mode", "CRD"}});
  });
}

// The same order back; ONNX's SpaceToDepth has the other one, so the blocks' channels are sorted afterwards.
void raise_pixel_unshuffle(Translation& t) {
  const Call call(t, "self, downscale_factor:int");
  const int64_t factor = call.integer("downscale_factor");
  with_one_batch(tensor(call, "self"), [&](const Term& x) {
    const Term blocks = compute("SpaceToDepth", {x}, {{"blocksize", factor}});  // [n, r * r * c, h, w]
    const Term size = shape_of(blocks), square = numbers(t, {factor * factor});
    const Term split = concat({slice(size, 0, 0, 1), square, numbers(t, {-1}), slice(size, 0, 2, 4)}, 0);
    return reshape(transpose(reshape(blocks, split), {0, 2, 1, 3, 4}), size);
  });
}

// Channel g * (C / groups) + c goes to c * groups + g.
void raise_channel_shuffle(Translation& t) {
  const Call call(t, "self, groups:int");
  const Term x = tensor(call, "self"), groups = index(call, "groups");
  const Term per_group = size_of(x, 1) / groups;
  const Term split = concat({size_of(x, 0), groups, per_group, numbers(t, {-1})}, 0);
  give(reshape(transpose(reshape(x, split), {0, 2, 1, 3}), shape_of(x)));
}

// --- windows

struct Windows {
  std::vector<int64_t> kernel, dilation, padding, stride;
};
Windows windows_of(const Call& call) {
  return {call.integers("kernel_size", 2), call.integers("dilation", 2), call.integers("padding", 2),
          call.integers("stride", 2)};
}

// int64 [kernel, windows]: places along one axis of the padded image.
Term places(const Term& size, int64_t kernel, int64_t dilation, int64_t stride) {
  Translation& t = size.translation();
  std::vector<int64_t> offsets;
  for (int64_t i = 0; i < kernel; ++i) offsets.push_back(i * dilation);
  const Term last = size - static_cast<double>(dilation * (kernel - 1) + 1);
  const Term count = last / static_cast<double>(stride) + 1.0;
  return unsqueeze(numbers(t, offsets), {1}) + unsqueeze(range(count) * static_cast<double>(stride), {0});
}

// [n, c, h, w] -> [n, c * kh * kw, windows]
void raise_im2col(Translation& t) {
  const Call call(t, "self, kernel_size:ints, dilation:ints=1, padding:ints=0, stride:ints=1");
  const Windows w = windows_of(call);
  give(with_batch(tensor(call, "self"), 2, [&](const Term& x) -> std::vector<Term> {
    const std::vector<int64_t>& p = w.padding;
    const bool is_padded = p[0] != 0 || p[1] != 0;
    const Term padded = is_padded ? compute("Pad", {x, numbers(t, {0, 0, p[0], p[1], 0, 0, p[0], p[1]})}) : x;
    const Term rows = places(size_of(padded, 2), w.kernel[0], w.dilation[0], w.stride[0]);
    const Term columns = places(size_of(padded, 3), w.kernel[1], w.dilation[1], w.stride[1]);
    const Term windows = gather(gather(padded, rows, 2), columns, 4);  // [n, c, kh, oh, kw, ow]
    const Term ordered = transpose(windows, {0, 1, 2, 4, 3, 5});
    const Term features = size_of(x, 1) * static_cast<double>(w.kernel[0] * w.kernel[1]);
    const Term count = reduce("ReduceProd", shape_from(ordered, 4), {0}, true);
    return {reshape(ordered, concat({size_of(x, 0), features, count}, 0))};
  })[0]);
}

void raise_col2im(Translation& t) {
  const Call call(t,
                  "self, output_size:ints, kernel_size:ints, dilation:ints=1, padding:ints=0, stride:ints=1");
  const Windows w = windows_of(call);
  const Term target = sizes(call, "output_size");
  give(with_batch(tensor(call, "self"), 1, [&](const Term& x) -> std::vector<Term> {
    return {compute("Col2Im", {x, target, numbers(t, w.kernel)},
                    {{"dilations", w.dilation}, {"pads", both_ends(w.padding)}, {"strides", w.stride}})};
  })[0]);
}

}  // namespace

OpMappings patch_ops() {
  return {
      {"aten.channel_shuffle", "Transpose", raise_channel_shuffle, nullptr, ""},
      {"aten.col2im", "Col2Im", raise_col2im, nullptr, ""},
      {"aten.im2col", "Gather", raise_im2col, nullptr, ""},
      {"aten.native_channel_shuffle", "Transpose", raise_channel_shuffle, nullptr, ""},
      {"aten.pixel_shuffle", "DepthToSpace", raise_pixel_shuffle, nullptr, ""},
      {"aten.pixel_unshuffle", "SpaceToDepth", raise_pixel_unshuffle, nullptr, ""},
  };
}

}  // namespace modelconv::torch
