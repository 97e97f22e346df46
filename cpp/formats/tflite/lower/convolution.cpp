// Convolutions of images in channels-last order (ops/channels_last.h), their weights in the canonical one.
#include <algorithm>

#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "formats/tflite/lower/padding.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// A bias of zeros where there is none: the integer kernels read one in any case.
Value& bias_of(Translation& t, size_t index, int64_t channels) {
  if (Value* bias = t.input(index)) return *bias;
  return t.constant(Tensor::filled(t.node().output()->dtype(), {channels}, 0));
}

Attrs with_padding(const PaddingPlan& plan, const std::vector<std::string>& axes, const Window& window,
                   bool dilates = true) {
  Attrs attrs{{"padding", plan.name()}};
  for (size_t i = 0; i < axes.size(); ++i) {
    attrs.set("stride_" + axes[i], window.strides[i]);
    if (dilates) attrs.set("dilation_" + axes[i] + "_factor", window.dilations[i]);
  }
  return attrs;
}

// The same node with an axis of size 1 in front of its only spatial axis.
void lower_as_2d(Translation& t) {
  const auto with_one = [&](const char* name, int64_t value) {
    auto values = optional_ints(t.node(), name);
    if (values) values->insert(values->begin(), value);
    return values;
  };
  Attrs attrs = t.node().attrs;
  const std::vector<std::pair<const char*, int64_t>> spatial = {
      {"kernel_shape", 1}, {"strides", 1}, {"dilations", 1}, {"output_padding", 0}};
  for (const auto& [name, value] : spatial)
    if (const auto values = with_one(name, value)) attrs.set(name, *values);
  if (const auto pads = optional_ints(t.node(), "pads"))
    attrs.set("pads", std::vector<int64_t>{0, (*pads)[0], 0, (*pads)[1]});
  std::vector<Value*> inputs(t.node().inputs().begin(), t.node().inputs().end());
  inputs[0] = &unsqueezed(t, *inputs[0], {1});
  if (inputs.size() > 1) {
    Dims dims = static_dims(t, *inputs[1]);
    dims.insert(dims.begin() + 2, 1);
    inputs[1] = &rearranged(t, *inputs[1], {}, dims);
  }
  t.set_output(0, squeezed(t, t.add(t.node().op(), std::move(inputs), std::move(attrs)), {1}));
}

void lower_conv_2d(Translation& t, const Window& window) {
  Value &x = t.required(0), &w = t.required(1);
  const Dims kernel = static_dims(t, w);
  const int64_t groups = int_attr(t.node(), "group"), channels = static_dim(t, x, 3), outputs = kernel[0];
  const PaddingPlan plan = plan_padding(t, x, window);
  Value &padded = pad_image(t, x, plan, 0), &bias = bias_of(t, 2, outputs);
  Attrs attrs = with_padding(plan, {"h", "w"}, window);
  if (groups == channels && groups > 1) {
    attrs.set("depth_multiplier", outputs / groups);
    Value& weights = rearranged(t, w, {1, 2, 3, 0}, {1, kernel[2], kernel[3], outputs});
    return finish(t, "DEPTHWISE_CONV_2D", {&padded, &weights, &bias}, attrs);
  }
  Value& weights = rearranged(t, w, {0, 2, 3, 1}, {outputs, kernel[2], kernel[3], kernel[1]});
  finish(t, "CONV_2D", {&padded, &weights, &bias}, attrs);
}

// One convolution for each group of channels.
void lower_by_groups(Translation& t, int64_t groups, size_t weight_axis) {
  const auto rank = static_cast<int64_t>(t.rank(0));
  const auto parts = [&](Value& value, int64_t axis) {
    Node& split =
        t.add_node("Split", {&value}, {{"axis", axis}, {"num_outputs", groups}}, static_cast<size_t>(groups));
    return std::vector<Value*>(split.outputs().begin(), split.outputs().end());
  };
  const std::vector<Value*> images = parts(t.required(0), rank - 1);
  const int64_t weights = t.required(1).shape()[weight_axis].value() / groups;
  const int64_t outputs = static_dim(t, *t.node().output(), static_cast<size_t>(rank) - 1) / groups;
  Attrs attrs = t.node().attrs;
  attrs.set("group", int64_t{1});
  std::vector<Value*> results;
  for (int64_t group = 0; group < groups; ++group) {
    std::vector<Value*> inputs{images[static_cast<size_t>(group)],
                               &constant_part(t, t.required(1), weight_axis, group * weights, weights)};
    if (Value* bias = t.input(2)) inputs.push_back(&constant_part(t, *bias, 0, group * outputs, outputs));
    results.push_back(&t.add(t.node().op(), std::move(inputs), attrs));
  }
  t.set_output(0, t.add("Concat", std::move(results), {{"axis", rank - 1}}));
}

void lower_conv_3d(Translation& t, const Window& window) {
  Value &x = t.required(0), &w = t.required(1);
  if (const int64_t groups = int_attr(t.node(), "group"); groups != 1) return lower_by_groups(t, groups, 0);
  const Dims k = static_dims(t, w);
  const PaddingPlan plan = plan_padding(t, x, window);
  Value& weights = rearranged(t, w, {2, 3, 4, 1, 0}, {k[2], k[3], k[4], k[1], k[0]});
  finish(t, "CONV_3D", {&pad_image(t, x, plan, 0), &weights, &bias_of(t, 2, k[0])},
         with_padding(plan, {"d", "h", "w"}, window));
}

Dims kernel_sizes(Translation& t) {
  const Dims dims = static_dims(t, t.required(1));
  return {dims.begin() + 2, dims.end()};
}

void lower_conv(Translation& t) {
  const size_t rank = t.rank(0);
  if (rank == 3) return lower_as_2d(t);
  const Window window = read_window(t.node(), rank - 2, kernel_sizes(t));
  if (rank == 4) return lower_conv_2d(t, window);
  if (rank == 5) return lower_conv_3d(t, window);
  t.refuse("images of {} axes", rank);
}

// --- transposed

struct Edges {
  int64_t size, begin,
      end;  // of the output, and what of the full one is cut off at both ends (negative: added at the end)
};

// The full output has (input - 1) * stride + extent elements; the wanted one is a part of it.
Edges edges_of(Translation& t, const Value& x, const Window& window, size_t axis) {
  const int64_t full = (static_dim(t, x, axis + 1) - 1) * window.strides[axis] + window.extent(axis);
  const int64_t wanted = static_dim(t, *t.node().output(), axis + 1);
  const bool automatic =
      window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower;
  const auto sizes = optional_ints(t.node(), "output_shape");
  if (!automatic && !sizes) return {wanted, window.pads_begin[axis], full - wanted - window.pads_begin[axis]};
  const int64_t total = std::max<int64_t>(0, full - wanted);
  const bool more_at_end =
      window.auto_pad != Window::AutoPad::same_lower;  // ONNX, ConvTranspose: SAME_UPPER, and the default
  const int64_t begin =
      window.auto_pad == Window::AutoPad::same_upper || more_at_end ? total / 2 : total - total / 2;
  return {wanted, begin, full - wanted - begin};
}

// Zeros between the taps of a dilated kernel [O, h, w, I].
Tensor spread(const Tensor& kernel, const Window& window) {
  const Dims& dims = kernel.dims();
  const Dims spread_dims{dims[0], window.extent(0), window.extent(1), dims[3]};
  Tensor result = Tensor::filled(kernel.dtype(), spread_dims, 0);
  const auto width = static_cast<int64_t>(kernel.nbytes()) / kernel.size() * dims[3];
  for (int64_t o = 0; o < dims[0]; ++o)
    for (int64_t h = 0; h < dims[1]; ++h)
      for (int64_t w = 0; w < dims[2]; ++w)
        std::copy_n(
            kernel.bytes().data() + ((o * dims[1] + h) * dims[2] + w) * width, width,
            result.mutable_bytes().data() +
                ((o * spread_dims[1] + h * window.dilations[0]) * spread_dims[2] + w * window.dilations[1]) *
                    width);
  return result;
}

Value& output_shape(Translation& t, const Value& x, const std::vector<int64_t>& image) {
  const Dim& batch = x.shape()[0];
  std::vector<int64_t> sizes{batch.known().value_or(1)};
  sizes.insert(sizes.end(), image.begin(), image.end());
  if (batch.is_known()) return int32s(t, sizes);
  Value& count = t.add("Shape", {t.input(0)}, {{"start", int64_t{0}}, {"end", int64_t{1}}});
  return as_int32(t, t.add("Concat", {&count, &t.ints(image)}, {{"axis", int64_t{0}}}));
}

void lower_transposed_2d(Translation& t, const Window& window) {
  Value &x = t.required(0), &w = t.required(1);
  const Dims k = static_dims(t, w);
  const Edges h = edges_of(t, x, window, 0), v = edges_of(t, x, window, 1);
  Value* weights = &rearranged(t, w, {1, 2, 3, 0}, {k[1], k[2], k[3], k[0]});
  if (window.dilations != std::vector<int64_t>{1, 1}) {
    if (!weights->is_constant())
      t.refuse("dilations {} with weights that are not constant", to_string(window.dilations));
    weights = &t.constant(spread(weights->constant(), window));
  }
  // SAME cuts half of what is too much off at the front.
  const auto is_same = [&](const Edges& e, size_t axis) {
    const int64_t inputs = x.shape()[axis + 1].value(),
                  too_much = inputs * window.strides[axis] == e.size
                                 ? std::max<int64_t>(
                                       0, (inputs - 1) * window.strides[axis] + window.extent(axis) - e.size)
                                 : -1;
    return too_much >= 0 && e.begin == too_much / 2;
  };
  const bool same = is_same(h, 0) && is_same(v, 1);
  const auto full = [&](const Edges& e) {
    return same ? e.size : e.begin + e.size + std::max<int64_t>(0, e.end);
  };
  const Attrs attrs{{"padding", std::string(same ? "SAME" : "VALID")},
                    {"stride_h", window.strides[0]},
                    {"stride_w", window.strides[1]}};
  Type type = t.node().output()->type;
  type.shape[1] = full(h);
  type.shape[2] = full(v);
  Value& sizes = output_shape(t, x, {full(h), full(v), k[1]});
  Value* y = &emit(t, "TRANSPOSE_CONV", {&sizes, weights, &x, &bias_of(t, 2, k[1])}, attrs, type);
  if (full(h) != h.size || full(v) != v.size)
    y = &t.add("Slice", {y, &t.ints({h.begin, v.begin}), &t.ints({h.begin + h.size, v.begin + v.size}),
                         &t.ints({1, 2})});
  t.set_output(0, *y);
}

// The full result, of which the wanted part is cut out.
void lower_transposed_3d(Translation& t, const Window& window) {
  Value &x = t.required(0), &w = t.required(1);
  const Dims k = static_dims(t, w);
  Type type = t.node().output()->type;
  std::vector<int64_t> sizes, begin, end;
  for (size_t axis = 0; axis < 3; ++axis) {
    const Edges edges = edges_of(t, x, window, axis);
    sizes.push_back(edges.begin + edges.size + std::max<int64_t>(0, edges.end));
    begin.push_back(edges.begin);
    end.push_back(edges.begin + edges.size);
    type.shape[axis + 1] = sizes.back();
  }
  const bool whole = sizes == end && std::count(begin.begin(), begin.end(), 0) == 3;
  std::vector<int64_t> image = sizes;
  image.push_back(k[1]);
  Value& weights = rearranged(t, w, {2, 3, 4, 1, 0}, {k[2], k[3], k[4], k[1], k[0]});
  Value& y = emit(t, "CONV_3D_TRANSPOSE", {&output_shape(t, x, image), &weights, &x, &bias_of(t, 2, k[1])},
                  with_padding({false, {}, {}}, {"d", "h", "w"}, window), type);
  t.set_output(0, whole ? y : t.add("Slice", {&y, &t.ints(begin), &t.ints(end), &t.ints({1, 2, 3})}));
}

// An image of unknown size: what gives input * stride elements is SAME whatever the size.
void lower_transposed_of_any_size(Translation& t, const Window& window) {
  Value &x = t.required(0), &w = t.required(1);
  const auto more = optional_ints(t.node(), "output_padding").value_or(std::vector<int64_t>{0, 0});
  const bool explicit_pads =
      window.auto_pad == Window::AutoPad::explicit_pads && !t.node().attrs.has("output_shape");
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t cut = window.pads_begin[axis] + window.pads_end[axis] - more[axis];
    const bool multiple = window.extent(axis) - cut == window.strides[axis];
    const int64_t begin = std::max<int64_t>(0, window.extent(axis) - window.strides[axis]) / 2;
    if (!explicit_pads || !multiple || window.pads_begin[axis] != begin || window.dilations[axis] != 1)
      t.refuse("an image of unknown size whose result is not exactly that times the stride");
  }
  const Dims k = static_dims(t, w);
  Value& image = t.add("Shape", {&x}, {{"start", int64_t{1}}, {"end", int64_t{3}}});
  Value& batch = t.add("Shape", {&x}, {{"start", int64_t{0}}, {"end", int64_t{1}}});
  Value& sizes = t.add("Concat", {&batch, &t.add("Mul", {&image, &t.ints(window.strides)}), &t.ints({k[1]})},
                       {{"axis", int64_t{0}}});
  Value& weights = rearranged(t, w, {1, 2, 3, 0}, {k[1], k[2], k[3], k[0]});
  finish(
      t, "TRANSPOSE_CONV", {&as_int32(t, sizes), &weights, &x, &bias_of(t, 2, k[1])},
      {{"padding", std::string("SAME")}, {"stride_h", window.strides[0]}, {"stride_w", window.strides[1]}});
}

void lower_conv_transpose(Translation& t) {
  const size_t rank = t.rank(0);
  if (const int64_t groups = int_attr(t.node(), "group"); groups != 1) return lower_by_groups(t, groups, 0);
  if (rank == 3) {
    if (optional_ints(t.node(), "output_shape")) t.refuse("output_shape with one spatial axis");
    return lower_as_2d(t);
  }
  if (rank != 4 && rank != 5) t.refuse("images of {} axes", rank);
  const Window window = read_window(t.node(), rank - 2, kernel_sizes(t));
  if (rank == 5) return lower_transposed_3d(t, window);
  const Shape& image = t.input(0)->shape();
  if (!image[1].is_known() || !image[2].is_known()) return lower_transposed_of_any_size(t, window);
  lower_transposed_2d(t, window);
}

}  // namespace

OpMappings lower_convolutions() {
  return {{"tflite.TRANSPOSE_CONV", "nhwc.ConvTranspose", nullptr, lower_conv_transpose,
           "also CONV_3D_TRANSPOSE"},
          {"tflite.CONV_2D", "nhwc.Conv", nullptr, lower_conv, "also DEPTHWISE_CONV_2D and CONV_3D"}};
}

}  // namespace modelconv::tflite
