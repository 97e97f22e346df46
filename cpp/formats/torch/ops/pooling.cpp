// Pooling over windows of one to three axes, and its inverse.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/spatial.h"
#include "formats/torch/ops/stand_in.h"

namespace modelconv::torch {
namespace {

struct Windows {
  std::vector<int64_t> kernel, stride, padding, dilation;
  bool ceil_mode;
};

// The stride is the kernel's size where it is not given.
Windows windows_of(const Call& call, size_t spatial, bool dilated) {
  const std::vector<int64_t> kernel = call.integers("kernel_size", spatial);
  const bool has_stride = call.has("stride") && !call.integers("stride").empty();
  return {kernel, has_stride ? call.integers("stride", spatial) : kernel, call.integers("padding", spatial),
          dilated ? call.integers("dilation", spatial) : std::vector<int64_t>(spatial, 1),
          call.flag("ceil_mode")};
}

Attrs attributes_of(const Windows& windows) {
  return {{"kernel_shape", windows.kernel},
          {"strides", windows.stride},
          {"pads", both_ends(windows.padding)},
          {"ceil_mode", int64_t{windows.ceil_mode}}};
}

// ONNX counts elements of the whole tensor, PyTorch those of one channel.
Term within_channel(const Term& x, const Term& indices, size_t spatial) {
  const Term size = reduce("ReduceProd", shape_from(x, -static_cast<int64_t>(spatial)), {0});
  return modulo(indices, size);
}

void raise_max_pool(Translation& t) {
  const Call call(t,
                  "self, kernel_size:ints, stride:ints=[], padding:ints=0, dilation:ints=1, "
                  "ceil_mode:bool=false");
  const size_t spatial = spatial_axes_of_name(t);
  const Windows windows = windows_of(call, spatial, true);
  Attrs attrs = attributes_of(windows);
  attrs.set("dilations", windows.dilation);
  const bool with_indices = t.wants_output(1);
  const Term self = tensor(call, "self");
  const std::vector<Term> results =
      with_batch(in_doubles(self), spatial, [&](const Term& x) -> std::vector<Term> {
        Node& node = t.add_node("MaxPool", {&x.value()}, attrs, with_indices ? 2 : 1);
        if (!with_indices) return {{t, *node.output(0)}};
        return {{t, *node.output(0)}, within_channel(x, {t, *node.output(1)}, spatial)};
      });
  give(cast(results[0], self.dtype()), 0);
  if (with_indices) give(results[1], 1);
}

// --- averages

double product(const std::vector<int64_t>& sizes) {
  double total = 1;
  for (const int64_t size : sizes) total *= static_cast<double>(size);
  return total;
}

// Zeros to add behind each axis so that the last window, which has to begin inside or in the padding in front, fits.
std::vector<int64_t> excess(const Windows& windows, const std::vector<int64_t>& sizes) {
  std::vector<int64_t> more;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t padded = sizes[i] + 2 * windows.padding[i], stride = windows.stride[i];
    int64_t last = (padded - windows.kernel[i] + stride - 1) / stride;
    if (last * stride >= sizes[i] + windows.padding[i]) --last;
    more.push_back(std::max<int64_t>(last * stride + windows.kernel[i] - padded, 0));
  }
  return more;
}

// Every window is divided by the same number, also where it reaches over the end: the zeros there are written out.
Term average_by(const Term& x, Windows windows, double divisor) {
  Translation& t = x.translation();
  const size_t spatial = windows.kernel.size();
  Term padded = x;
  if (windows.ceil_mode) {
    const auto sizes = known_spatial(x, spatial);
    if (!sizes) t.refuse("divisor_override with ceil_mode needs known sizes");
    std::vector<int64_t> pads = {0, 0}, axes = excess(windows, *sizes);
    pads.insert(pads.end(), windows.padding.begin(), windows.padding.end());
    pads.insert(pads.end(), {0, 0});
    for (size_t i = 0; i < spatial; ++i) pads.push_back(windows.padding[i] + axes[i]);
    padded = compute("Pad", {x, numbers(t, pads)});
    windows.padding.assign(spatial, 0);
    windows.ceil_mode = false;
  }
  Attrs attrs = attributes_of(windows);
  attrs.set("count_include_pad", int64_t{1});
  return compute("AveragePool", {padded}, attrs) * (product(windows.kernel) / divisor);
}

void raise_average_pool(Translation& t) {
  const Call call(t,
                  "self, kernel_size:ints, stride:ints=[], padding:ints=0, ceil_mode:bool=false, "
                  "count_include_pad:bool=true, divisor_override:int=None");
  const size_t spatial = spatial_axes_of_name(t);
  const Windows windows = windows_of(call, spatial, false);
  const Term self = tensor(call, "self");  // of integers, fractions are cut off
  const Term y = with_batch(in_doubles(self), spatial, [&](const Term& x) -> std::vector<Term> {
    if (call.has("divisor_override")) return {average_by(x, windows, call.number("divisor_override"))};
    Attrs attrs = attributes_of(windows);
    attrs.set("count_include_pad", int64_t{call.flag("count_include_pad")});
    return {compute("AveragePool", {x}, attrs)};
  })[0];
  give(cast(y, self.dtype()));
}

// --- the inverse: values go where their indices say, the rest is zero

void raise_max_unpool(Translation& t) {
  const Call call(
      t, {"self, indices, output_size:ints", "self, indices, output_size:ints, stride:ints, padding:ints"});
  const size_t spatial = spatial_axes_of_name(t);
  const Term x = tensor(call, "self"), target = sizes(call, "output_size");
  const Term outer = shape_part(x, 0, -static_cast<int64_t>(spatial));
  const Term flat = concat({outer, numbers(t, {-1})}, 0);
  const Term places = concat({outer, reduce("ReduceProd", target, {0}, true)}, 0);
  const Term scattered =
      compute("ScatterElements",
              {filled(places, x.dtype(), 0), reshape(tensor(call, "indices"), flat), reshape(x, flat)},
              {{"axis", int64_t{-1}}});
  give(reshape(scattered, concat({outer, target}, 0)));
}

}  // namespace

OpMappings pooling_ops() {
  OpMappings rows;
  for (const char* name : {"aten.max_pool1d", "aten.max_pool1d_with_indices", "aten.max_pool2d",
                           "aten.max_pool2d_with_indices", "aten.max_pool3d", "aten.max_pool3d_with_indices",
                           "aten.mkldnn_max_pool2d", "aten.mkldnn_max_pool3d"})
    rows.push_back({name, "MaxPool", raise_max_pool, nullptr, ""});
  for (const char* name : {"aten.avg_pool1d", "aten.avg_pool2d", "aten.avg_pool3d"})
    rows.push_back({name, "AveragePool", raise_average_pool, nullptr,
                    "divisor_override with ceil_mode needs known sizes"});
  for (const char* name : {"aten.max_unpool2d", "aten.max_unpool3d"})
    rows.push_back({name, "ScatterElements", raise_max_unpool, nullptr, ""});
  return rows;
}

}  // namespace modelconv::torch
