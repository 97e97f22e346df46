// Layers that cut, join and reorder.
#include <algorithm>

#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

void raise_concat(Translation& t) {
  const std::vector<Term> parts = bottoms(t);
  const char* name = t.node().attrs.has("concat_dim") ? "concat_dim" : "axis";
  const int64_t axis = axis_of(t, parts[0], name, 1);
  set_output(t, 0, parts.size() == 1 ? compute("Identity", {parts[0]}) : concat(parts, axis));
}

void raise_slice(Translation& t) {
  const Term x = bottom(t, 0);
  const char* name = t.node().attrs.has("slice_dim") ? "slice_dim" : "axis";
  const int64_t axis = axis_of(t, x, name, 1);
  const auto tops = static_cast<int64_t>(t.node().output_count());
  std::vector<int64_t> ends = ints_of(t, "slice_point");
  if (ends.empty()) {
    const int64_t size = known_size(x, static_cast<size_t>(axis), "the size of the axis that is cut");
    if (size % tops != 0) fail(t, "{} elements cannot be cut into {} equal parts", size, tops);
    for (int64_t i = 1; i < tops; ++i) ends.push_back(i * size / tops);
  }
  if (static_cast<int64_t>(ends.size()) != tops - 1)
    fail(t, "{} slice points for {} tops", ends.size(), tops);
  ends.push_back(kEnd);
  int64_t start = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    if (ends[i] <= start) fail(t, "its slice points do not grow");
    set_output(t, i, slice(x, axis, start, ends[i]));
    start = ends[i];
  }
}

void raise_split(Translation& t) {
  for (size_t i = 0; i < t.node().output_count(); ++i) set_output(t, i, compute("Identity", {bottom(t, 0)}));
}

void raise_flatten(Translation& t) {
  const Term x = bottom(t, 0);
  const auto rank = static_cast<int64_t>(x.rank());
  const int64_t axis = axis_of(t, x, "axis", 1), end = axis_of(t, x, "end_axis", -1);
  if (end < axis || end >= rank) fail(t, "axes {} to {} of {}", axis, end, rank);
  if (axis == 1 && end == rank - 1) return set_output(t, 0, compute("Flatten", {x}, {{"axis", int64_t{1}}}));
  std::vector<int64_t> dims(static_cast<size_t>(axis), 0);
  dims.push_back(-1);
  if (end == rank - 1) return set_output(t, 0, reshape(x, dims));
  set_output(t, 0, reshape(x, concat({shape_part(x, 0, axis), numbers(t, {-1}), shape_from(x, end + 1)}, 0)));
}

// 0 takes the bottom's size at the same place.
void raise_reshape(Translation& t) {
  const Term x = bottom(t, 0);
  const std::vector<int64_t> dims = ints_of(t, "shape.dim");
  const auto rank = static_cast<int64_t>(x.rank());
  const int64_t first = int_of(t, "axis", 0), count = int_of(t, "num_axes", -1);
  const int64_t axis = first < 0 ? rank + first + 1 : first;  // -1 is behind the last axis
  const int64_t end = count == -1 ? rank : axis + count;
  if (axis < 0 || end > rank || end < axis) fail(t, "axis {} and num_axes {} of rank {}", first, count, rank);
  if (axis == 0 && end == rank) {
    for (size_t i = 0; i < dims.size(); ++i)
      if (dims[i] == 0 && static_cast<int64_t>(i) >= rank) fail(t, "size 0 at place {} of rank {}", i, rank);
    return set_output(t, 0, reshape(x, dims));
  }
  std::vector<Term> parts;
  if (axis > 0) parts.push_back(shape_part(x, 0, axis));
  for (size_t i = 0; i < dims.size(); ++i)
    parts.push_back(dims[i] == 0 ? size_of(x, axis + static_cast<int64_t>(i)) : numbers(t, {dims[i]}));
  if (end < rank) parts.push_back(shape_from(x, end));
  set_output(t, 0, reshape(x, concat(parts, 0)));
}

// Axes that are not named follow in their order.
void raise_permute(Translation& t) {
  const Term x = bottom(t, 0);
  std::vector<int64_t> order = ints_of(t, "order");
  for (int64_t axis = 0; axis < static_cast<int64_t>(x.rank()); ++axis)
    if (std::find(order.begin(), order.end(), axis) == order.end()) order.push_back(axis);
  if (order.size() != x.rank()) fail(t, "its order has {} axes, its bottom {}", order.size(), x.rank());
  set_output(t, 0, compute("Transpose", {x}, {{"perm", order}}));
}

void raise_tile(Translation& t) {
  const Term x = bottom(t, 0);
  std::vector<int64_t> repeats(x.rank(), 1);
  const int64_t axis = axis_of(t, x, "axis", 1);
  if (axis >= static_cast<int64_t>(x.rank())) fail(t, "there is no axis {}", axis);
  repeats[static_cast<size_t>(axis)] = int_of(t, "tiles", 1);
  set_output(t, 0, compute("Tile", {x, numbers(t, repeats)}));
}

// To the size of the second bottom, from `axis` on.
void raise_crop(Translation& t) {
  const Term x = bottom(t, 0), like = bottom(t, 1);
  const auto rank = static_cast<int64_t>(x.rank());
  const int64_t first = axis_of(t, x, "axis", 2);
  const auto offsets = ints_of(t, "offset");
  if (offsets.size() > 1 && static_cast<int64_t>(offsets.size()) != rank - first)
    fail(t, "it has {} offsets for {} axes", offsets.size(), rank - first);
  Term y = x;
  for (int64_t axis = first; axis < rank; ++axis) {
    const auto i = static_cast<size_t>(axis - first);
    const int64_t offset = offsets.empty() ? 0 : offsets.size() == 1 ? offsets[0] : offsets[i];
    const Term start = numbers(t, {offset});
    y = slice(y, axis, start, start + size_of(like, axis));
  }
  set_output(t, 0, y);
}

void raise_shuffle_channel(Translation& t) {
  const Term x = bottom(t, 0);
  const int64_t groups = int_of(t, "group", 1), channels = known_size(x, 1, "its number of channels");
  if (groups < 1 || channels % groups != 0) fail(t, "group={} does not divide {} channels", groups, channels);
  const Term parts = reshape(x, {0, groups, channels / groups, -1});
  set_output(t, 0, reshape(transpose(parts, {0, 2, 1, 3}), shape_of(x)));
}

// As Darknet's old reorg: the numbers of [C, H, W] are taken for an image of [C / s^2, H * s, W * s].
void raise_reorg(Translation& t) {
  const Term x = bottom(t, 0);
  const int64_t stride = int_of(t, "stride", 2), area = stride * stride;
  if (stride < 1 || stride > 64) fail(t, "stride is {}", stride);
  if (flag_of(t, "reverse", false))
    return set_output(t, 0, compute("DepthToSpace", {x}, {{"blocksize", stride}}));
  const int64_t c = known_size(x, 1, "its number of channels"), h = known_size(x, 2, "its height"),
                w = known_size(x, 3, "its width");
  if (c % area != 0 || h % stride != 0 || w % stride != 0)
    fail(t, "stride {} does not divide its image", stride);
  const Term seen = reshape(x, {0, c / area, h * stride, w * stride});
  const Term deep = compute("SpaceToDepth", {seen}, {{"blocksize", stride}});
  set_output(t, 0, reshape(deep, {0, c * area, h / stride, w / stride}));
}

// V0: zeros around an image, for the layer that follows.
void raise_padding(Translation& t) {
  const int64_t pad = int_of(t, "pad", 0);
  if (pad < 0) fail(t, "pad is {}", pad);
  set_output(t, 0, compute("Pad", {bottom(t, 0), numbers(t, {0, 0, pad, pad, 0, 0, pad, pad})}));
}

}  // namespace

OpMappings shape_ops() {
  return {
      {"caffe.Concat", "Concat", raise_concat, nullptr, ""},
      {"caffe.Crop", "Slice", raise_crop, nullptr, ""},
      {"caffe.Flatten", "Flatten", raise_flatten, nullptr, ""},
      {"caffe.Padding", "Pad", raise_padding, nullptr, "of V0"},
      {"caffe.Permute", "Transpose", raise_permute, nullptr, "of SSD"},
      {"caffe.Reorg", "SpaceToDepth", raise_reorg, nullptr, "of forks"},
      {"caffe.Reshape", "Reshape", raise_reshape, nullptr, ""},
      {"caffe.ShuffleChannel", "Transpose", raise_shuffle_channel, nullptr, "of forks"},
      {"caffe.Slice", "Slice", raise_slice, nullptr, ""},
      {"caffe.Split", "Identity", raise_split, nullptr, ""},
      {"caffe.Tile", "Tile", raise_tile, nullptr, ""},
  };
}

}  // namespace modelconv::caffe
