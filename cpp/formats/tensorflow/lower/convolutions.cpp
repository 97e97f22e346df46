// Convolutions. Weights are [out, in, spatial...] in ONNX and [spatial..., in, out] in TensorFlow.
#include <algorithm>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/lower/windows.h"

namespace modelconv::tensorflow {
namespace {

struct Convolution {
  Window window;
  Dims weights;  // as in ONNX
  int64_t group;
  size_t rank() const { return window.rank(); }
};

Convolution read_convolution(const Translation& t) {
  const size_t rank = spatial_rank(t);
  const auto dims = t.required(1).shape().static_dims();
  if (!dims || dims->size() != rank + 2) t.refuse("the shape of its weights is not known");
  return {read_window(t.node(), rank, Dims(dims->begin() + 2, dims->end())), *dims,
          t.node().attrs.get_or<int64_t>("group", 1)};
}

std::vector<int64_t> spatial_first(size_t rank, std::vector<int64_t> last_two) {
  std::vector<int64_t> perm;
  for (size_t i = 0; i < rank; ++i) perm.push_back(static_cast<int64_t>(i) + 2);
  perm.insert(perm.end(), last_two.begin(), last_two.end());
  return perm;
}

bool all_equal(const std::vector<int64_t>& values, int64_t value) {
  return std::all_of(values.begin(), values.end(), [&](int64_t one) { return one == value; });
}

Attrs attrs_of(const Window& window, const Border& border) {
  Attrs attrs = {{"strides", per_axis(window.strides)},
                 {"dilations", per_axis(window.dilations)},
                 {"padding", border.padding}};
  if (border.padding == "EXPLICIT") attrs.set("explicit_paddings", border.explicit_paddings());
  return attrs;
}

Term with_bias(Translation& t, const Term& y) {
  return t.input(2) ? compute("tf.BiasAdd", {y, input(t, 2)}) : y;
}

// One input channel per group, whose kernels make several output channels: [H, W, channels, multiplier].
Term depthwise(const Term& x, const Term& w, const Convolution& conv, const Border& border) {
  const Dims& dims = conv.weights;
  const Term by_channel = reshape(w, {conv.group, dims[0] / conv.group, dims[2], dims[3]});
  return compute("tf.DepthwiseConv2dNative", {x, transpose(by_channel, {2, 3, 0, 1})},
                 attrs_of(conv.window, border));
}

bool is_depthwise(const Convolution& conv) {
  return conv.rank() == 2 && conv.group > 1 && conv.weights[1] == 1 && all_equal(conv.window.dilations, 1) &&
         conv.window.strides[0] == conv.window.strides[1];
}

Term convolve(Translation& t, Term x, Term w, const Convolution& conv) {
  Border border = border_of(t, conv.window, x.value());
  const bool spells_out = conv.rank() == 3 || (is_depthwise(conv) && is_float(x.dtype()));
  // TensorFlow 2.21 loses explicit_paddings where it fuses a depthwise convolution with what follows.
  if (spells_out && border.padding == "EXPLICIT") {
    x = pad_image(x, border, 0);
    border = {"VALID", {}, {}};
  }
  if (is_depthwise(conv) && is_float(x.dtype())) return depthwise(x, w, conv, border);
  const Term kernel = transpose(w, spatial_first(conv.rank(), {1, 0}));
  if (conv.rank() == 2) return compute("tf.Conv2D", {x, kernel}, attrs_of(conv.window, border));
  if (conv.group == 1) return compute("tf.Conv3D", {x, kernel}, attrs_of(conv.window, border));
  std::vector<Term> parts;
  const int64_t in = conv.weights[1], out = conv.weights[0] / conv.group;
  for (int64_t group = 0; group < conv.group; ++group)
    parts.push_back(
        compute("tf.Conv3D",
                {slice(x, 4, group * in, (group + 1) * in), slice(kernel, 4, group * out, (group + 1) * out)},
                attrs_of(conv.window, border)));
  return concat(parts, 4);
}

void lower_conv(Translation& t) {
  Convolution conv = read_convolution(t);
  Term x = input(t, 0), w = input(t, 1);
  if (conv.rank() != 1) return set_output(t, 0, with_bias(t, convolve(t, x, w, conv)));
  conv.window = as_plane(conv.window);
  conv.weights.insert(conv.weights.begin() + 2, 1);
  w = reshape(w, conv.weights);
  set_output(t, 0, as_line(with_bias(t, convolve(t, as_plane(x), w, conv))));
}

// --- ConvTranspose: the gradient of a convolution without a border, cut or filled up to the wanted size.
struct Upsampling {
  std::vector<int64_t> cut_begin, cut_end,
      more;  // per spatial axis; `more` stays zero behind the last window
};

// Sizes along one axis: (in - 1) * stride + extent before the border is cut off.
Upsampling upsampling_of(const Translation& t, const Convolution& conv) {
  Upsampling result;
  const Window& window = conv.window;
  const auto output_padding = t.node().attrs.get_or("output_padding", std::vector<int64_t>(conv.rank(), 0));
  const auto* wanted = t.node().attrs.get<std::vector<int64_t>>("output_shape");
  const bool is_same =
      window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower;
  for (size_t i = 0; i < conv.rank(); ++i) {
    Pads pads{window.pads_begin[i], window.pads_end[i]};
    int64_t more = output_padding.empty() ? 0 : output_padding.at(i);
    if (wanted || is_same) {
      const Dim size = t.required(0).shape()[i + 1];
      if (wanted && !size.is_known()) t.refuse("the size of its image is not known");
      // With SAME the result is the input times the stride, whatever the input.
      int64_t total = wanted ? (size.value() - 1) * window.strides[i] + window.extent(i) + more -
                                   (*wanted)[wanted->size() - conv.rank() + i]
                             : window.extent(i) + more - window.strides[i];
      if (total < 0) {  // zeros behind what it computes
        more -= total;
        total = 0;
      }
      const int64_t smaller = total / 2;
      pads = window.auto_pad == Window::AutoPad::same_upper ? Pads{smaller, total - smaller}
                                                            : Pads{total - smaller, smaller};
    }
    if (pads.begin < 0 || pads.end < 0) t.refuse("its pads are negative");
    result.cut_begin.push_back(pads.begin);
    result.cut_end.push_back(pads.end);
    result.more.push_back(more);
  }
  return result;
}

// Zeros between the weights, since TensorFlow's gradient knows no dilation on the CPU.
Term spread_weights(Term w, Convolution& conv) {
  for (size_t i = 0; i < conv.rank(); ++i) {
    const int64_t dilation = conv.window.dilations[i];
    if (dilation == 1) continue;
    const auto axis = static_cast<int64_t>(i) + 2;
    Translation& t = w.translation();
    Dims dims = conv.weights;
    const size_t rank = dims.size() + 1;
    std::vector<int64_t> pads(2 * rank, 0);
    pads[rank + static_cast<size_t>(axis) + 1] = dilation - 1;
    w = compute("Pad", {unsqueeze(w, {axis + 1}), numbers(t, pads)});
    dims[static_cast<size_t>(axis)] *= dilation;
    w = reshape(w, dims);
    dims[static_cast<size_t>(axis)] -= dilation - 1;
    w = slice(w, axis, 0, dims[static_cast<size_t>(axis)]);
    conv.weights = dims;
    conv.window.kernel[i] = dims[static_cast<size_t>(axis)];
    conv.window.dilations[i] = 1;
  }
  return w;
}

// [spatial..., out, in] of one group.
Term gradient(const Term& x, const Term& w, const Convolution& conv, const std::vector<int64_t>& more) {
  Translation& t = x.translation();
  const size_t rank = conv.rank();
  std::vector<Term> sizes = {shape_part(x, 0, 1)};
  for (size_t i = 0; i < rank; ++i) {
    const auto axis = static_cast<int64_t>(i) + 1;
    const double behind = static_cast<double>(conv.window.extent(i) + more[i]);
    const Dim size = x.value().shape()[i + 1];
    if (size.is_known())
      sizes.push_back(
          numbers(t, {(size.value() - 1) * conv.window.strides[i] + conv.window.extent(i) + more[i]}));
    else
      sizes.push_back((size_of(x, axis) - 1.0) * static_cast<double>(conv.window.strides[i]) + behind);
  }
  sizes.push_back(numbers(t, {conv.weights[1]}));
  const Term kernel = transpose(w, spatial_first(rank, {1, 0}));
  return compute(rank == 2 ? "tf.Conv2DBackpropInput" : "tf.Conv3DBackpropInputV2",
                 {cast(concat(sizes, 0), DType::int32), kernel, x}, attrs_of(conv.window, {"VALID", {}, {}}));
}

void lower_conv_transpose(Translation& t) {
  Convolution conv = read_convolution(t);
  Upsampling up = upsampling_of(t, conv);
  Term x = input(t, 0), w = input(t, 1);
  const bool is_line = conv.rank() == 1;
  if (is_line) {
    conv.window = as_plane(conv.window);
    conv.weights.insert(conv.weights.begin() + 2, 1);
    for (auto* list : {&up.cut_begin, &up.cut_end, &up.more}) list->insert(list->begin(), 0);
    x = as_plane(x);
    w = reshape(w, conv.weights);
  }
  w = spread_weights(w, conv);
  // A window cannot end up to a stride or more before the end.
  std::vector<int64_t> inside = up.more, beyond(conv.rank(), 0);
  for (size_t i = 0; i < conv.rank(); ++i) {
    inside[i] = std::min(up.more[i], conv.window.strides[i] - 1);
    beyond[i] = up.more[i] - inside[i];
  }
  const auto channels = static_cast<int64_t>(conv.rank()) + 1;
  std::vector<Term> parts;
  const int64_t in = conv.weights[0] / conv.group;
  for (int64_t group = 0; group < conv.group; ++group) {
    const bool is_whole = conv.group == 1;
    const Term part = is_whole ? x : slice(x, channels, group * in, (group + 1) * in);
    const Term kernel = is_whole ? w : slice(w, 0, group * in, (group + 1) * in);
    parts.push_back(gradient(part, kernel, conv, inside));
  }
  Term y = concat(parts, channels);
  if (!all_equal(beyond, 0))
    y = pad_image({t, y.value()}, {"EXPLICIT", std::vector<int64_t>(conv.rank(), 0), beyond}, 0);
  if (!all_equal(up.cut_begin, 0) || !all_equal(up.cut_end, 0)) {
    std::vector<int64_t> axes, ends;
    for (size_t i = 0; i < conv.rank(); ++i) {
      axes.push_back(static_cast<int64_t>(i) + 1);
      ends.push_back(up.cut_end[i] == 0 ? kEnd : -up.cut_end[i]);
    }
    y = compute("Slice", {y, numbers(t, up.cut_begin), numbers(t, ends), numbers(t, axes)});
  }
  y = with_bias(t, y);
  set_output(t, 0, is_line ? as_line(y) : y);
}

}  // namespace

OpMappings lower_convolutions() {
  return {
      {"tf.Conv2D", "nhwc.Conv", nullptr, lower_conv, "weights of known shape"},
      {"tf.Conv2DBackpropInput", "nhwc.ConvTranspose", nullptr, lower_conv_transpose,
       "weights of known shape"},
  };
}

}  // namespace modelconv::tensorflow
