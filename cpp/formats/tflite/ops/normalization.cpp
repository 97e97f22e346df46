// Normalisation over the channels.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/layout.h"

namespace modelconv::tflite {
namespace {

// x over the root of the sum of its squares, but at least 1e-6 (tensorflow/lite/kernels/internal/reference/l2normalization.h).
void raise_l2_normalization(Translation& t) {
  const Term x = input(t, 0);
  const Term norm = reduce("ReduceL2", x, {-1}, true);
  t.set_output(0, activated(t, (x / maximum(norm, number(t, x.dtype(), 1e-6))).value()));
}

// The sum over the 2 * radius + 1 channels here, their mean in ONNX.
void raise_lrn(Translation& t) {
  const int64_t size = 2 * int_of(t, "radius") + 1;
  if (size < 1 || size > 1'000'000) t.refuse("its radius is {}", int_of(t, "radius"));
  Attrs attrs = {{"size", size},
                 {"alpha", float_of(t, "alpha") * static_cast<float>(size)},
                 {"beta", float_of(t, "beta")},
                 {"bias", float_of(t, "bias")}};
  t.set_output(0, from_channels_first(t, t.add("LRN", {&to_channels_first(t, t.required(0))}, attrs)));
}

}  // namespace

OpMappings normalization_ops() {
  return {
      {"tflite.L2_NORMALIZATION", "ReduceL2", raise_l2_normalization, nullptr, ""},
      {"tflite.LOCAL_RESPONSE_NORMALIZATION", "LRN", raise_lrn, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
