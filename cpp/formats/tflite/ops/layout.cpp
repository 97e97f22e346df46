#include "formats/tflite/ops/layout.h"

#include <algorithm>

namespace modelconv::tflite {

Value& to_channels_first(Translation& t, Value& x) {
  const auto last = static_cast<int64_t>(t.rank_of(x)) - 1;
  std::vector<int64_t> perm = {0, last};
  for (int64_t axis = 1; axis < last; ++axis) perm.push_back(axis);
  return t.transpose(x, perm);
}

Value& from_channels_first(Translation& t, Value& y) {
  const auto rank = static_cast<int64_t>(t.rank_of(y));
  std::vector<int64_t> perm = {0};
  for (int64_t axis = 2; axis < rank; ++axis) perm.push_back(axis);
  perm.push_back(1);
  return t.transpose(y, perm);
}

Value& transpose_weights(Translation& t, Value& weights, const std::vector<int64_t>& perm) {
  const Node* dequantize = weights.producer();
  if (!dequantize || dequantize->op() != OpName("DequantizeLinear") || !dequantize->input(0)->is_constant())
    return t.transpose(weights, perm);
  std::vector<Value*> inputs(dequantize->inputs().begin(), dequantize->inputs().end());
  inputs[0] = &t.transpose(*inputs[0], perm);
  Attrs attrs;
  if (const auto* axis = dequantize->attrs.get<int64_t>("axis"))
    attrs.set("axis", std::find(perm.begin(), perm.end(), *axis) - perm.begin());
  Value& moved = t.add("DequantizeLinear", std::move(inputs), std::move(attrs));
  moved.producer()->metadata = dequantize->metadata;
  return moved;
}

void set_padding(const Translation& t, Attrs& attrs, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& strides, const std::vector<int64_t>& dilations) {
  if (string_of(t, "padding") == "VALID") return;
  if (std::any_of(strides.begin(), strides.end(), [](int64_t stride) { return stride != 1; }))
    return attrs.set("auto_pad", std::string("SAME_UPPER"));
  const size_t rank = kernel.size();
  std::vector<int64_t> pads(2 * rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t total = (kernel[i] - 1) * dilations[i];
    pads[i] = total / 2;  // the odd one goes after
    pads[rank + i] = total - total / 2;
  }
  attrs.set("pads", pads);
}

std::vector<int64_t> spatial_option(const Translation& t, size_t spatial_rank, std::string_view before,
                                    std::string_view after) {
  const std::string_view letters = spatial_rank == 3 ? "dhw" : "hw";
  std::vector<int64_t> values;
  for (const char letter : letters) {
    const std::string name = fmt::format("{}{}{}", before, letter, after);
    values.push_back(int_of(t, name));
    ENSURE(values.back() > 0, MalformedModelError, "{} is {}", name, values.back());
  }
  return values;
}

}  // namespace modelconv::tflite
