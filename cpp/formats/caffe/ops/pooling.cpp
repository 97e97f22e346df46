// Pooling. Caffe rounds the number of windows up, and does not count what lies beyond the padding when it averages
// (pooling_layer.cpp of github.com/BVLC/caffe): both as ONNX's ceil_mode with count_include_pad.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

struct Window {
  std::vector<int64_t> kernel, strides, pads;
  bool round_up = true;
};

int64_t checked(const Translation& t, const char* name, int64_t value, int64_t low) {
  if (value < low || value > (1 << 24)) fail(t, "{} is {}", name, value);
  return value;
}

Window window_of(const Translation& t) {
  Window w;
  const int64_t kernel = int_of(t, "kernel_size", 0), stride = int_of(t, "stride", 1),
                pad = int_of(t, "pad", 0);
  w.kernel = {checked(t, "kernel_h", int_of(t, "kernel_h", kernel), 1),
              checked(t, "kernel_w", int_of(t, "kernel_w", kernel), 1)};
  w.strides = {checked(t, "stride_h", int_of(t, "stride_h", stride), 1),
               checked(t, "stride_w", int_of(t, "stride_w", stride), 1)};
  w.pads = {checked(t, "pad_h", int_of(t, "pad_h", pad), 0), checked(t, "pad_w", int_of(t, "pad_w", pad), 0)};
  // round_mode is of later versions of Caffe, ceil_mode of forks.
  w.round_up =
      enum_of(t, "round_mode", {"CEIL", "FLOOR"}, 0, "CEIL") == "CEIL" && flag_of(t, "ceil_mode", true);
  return w;
}

Attrs attrs_of(const Window& w) {
  return {{"kernel_shape", w.kernel},
          {"strides", w.strides},
          {"pads", std::vector<int64_t>{w.pads[0], w.pads[1], w.pads[0], w.pads[1]}},
          {"ceil_mode", int64_t{w.round_up}}};
}

Term average(const Term& x, const Window& w) {
  Attrs attrs = attrs_of(w);
  attrs.set("count_include_pad", int64_t{1});
  return compute("AveragePool", {x}, attrs);
}

// The second top of a maximum: where it was found in its plane, as a float. ONNX counts through all planes.
void raise_max(Translation& t, const Term& x, const Window& w) {
  if (!t.wants_output(1)) return set_output(t, 0, compute("MaxPool", {x}, attrs_of(w)));
  Node& pool = t.add_node("MaxPool", {&x.value()}, attrs_of(w), 2);
  set_output(t, 0, {t, *pool.output(0)});
  const Term plane = size_of(x, 2) * size_of(x, 3);
  set_output(t, 1, cast(modulo({t, *pool.output(1)}, plane), DType::float32));
}

// At inference: each number weighted with itself.
Term stochastic(const Term& x, const Window& w) {
  const double smallest = 1.1754943508222875e-38;  // FLT_MIN, so that nothing is divided by zero
  return average(x * x, w) / (average(x, w) + smallest);
}

void raise_pooling(Translation& t) {
  const Term x = bottom(t, 0);
  if (x.rank() != 4) t.refuse("a bottom of rank {}", x.rank());
  const std::string method = enum_of(t, "pool", {"MAX", "AVE", "STOCHASTIC"}, 0, "MAX");
  const bool global = flag_of(t, "global_pooling", false);
  if (t.wants_output(1) && (global || method != "MAX"))
    t.refuse("a second top but for a maximum over windows");
  if (global) {
    if (method == "STOCHASTIC") t.refuse("global STOCHASTIC pooling");
    return set_output(t, 0, compute(method == "MAX" ? "GlobalMaxPool" : "GlobalAveragePool", {x}));
  }
  const Window w = window_of(t);
  if (w.pads[0] >= w.kernel[0] || w.pads[1] >= w.kernel[1]) fail(t, "pad is not smaller than the kernel");
  if (method == "MAX") return raise_max(t, x, w);
  set_output(t, 0, method == "AVE" ? average(x, w) : stochastic(x, w));
}

// Pyramid: 1, 4, 16, ... windows over the image, all results one vector.
void raise_spp(Translation& t) {
  const Term x = bottom(t, 0);
  const int64_t levels = int_of(t, "pyramid_height", 0);
  if (levels < 1 || levels > 10) fail(t, "pyramid_height is {}", levels);
  const std::string method = enum_of(t, "pool", {"MAX", "AVE", "STOCHASTIC"}, 0, "MAX");
  if (method == "STOCHASTIC") t.refuse("STOCHASTIC pooling");
  std::vector<Term> parts;
  for (int64_t level = 0; level < levels; ++level) {
    const int64_t bins = int64_t{1} << level;
    Window w;
    for (size_t i = 0; i < 2; ++i) {
      const int64_t size = known_size(x, 2 + i, "the size of its image");
      const int64_t kernel = (size + bins - 1) / bins;
      w.kernel.push_back(kernel);
      w.strides.push_back(kernel);
      w.pads.push_back((kernel * bins - size + 1) / 2);
      if (w.pads[i] >= kernel) fail(t, "an image of {} pixels has no {} windows", size, bins);
    }
    const Term pooled = method == "MAX" ? compute("MaxPool", {x}, attrs_of(w)) : average(x, w);
    parts.push_back(compute("Flatten", {pooled}, {{"axis", int64_t{1}}}));
  }
  set_output(t, 0, concat(parts, 1));
}

}  // namespace

OpMappings pooling_ops() {
  return {
      {"caffe.Pooling", "MaxPool", raise_pooling, nullptr, "images"},
      {"caffe.SPP", "MaxPool", raise_spp, nullptr, "images of known size"},
  };
}

}  // namespace modelconv::caffe
