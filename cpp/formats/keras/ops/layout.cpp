#include "formats/keras/ops/layout.h"

#include <algorithm>

namespace modelconv::keras {

bool is_channels_first(const Translation& t) {
  return string_of(t, "data_format", "channels_last") == "channels_first";
}

Value& to_channels_first(Translation& t, Value& x, size_t spatial_rank) {
  if (is_channels_first(t)) return x;
  std::vector<int64_t> perm = {0, static_cast<int64_t>(spatial_rank) + 1};
  for (size_t axis = 1; axis <= spatial_rank; ++axis) perm.push_back(static_cast<int64_t>(axis));
  return t.transpose(x, perm);
}

Value& from_channels_first(Translation& t, Value& y, size_t spatial_rank) {
  if (is_channels_first(t)) return y;
  std::vector<int64_t> perm = {0};
  for (size_t axis = 0; axis < spatial_rank; ++axis) perm.push_back(static_cast<int64_t>(axis) + 2);
  perm.push_back(1);
  return t.transpose(y, perm);
}

Value& image(Translation& t, size_t spatial_rank) {
  Value& x = t.required(0);
  ENSURE(t.rank_of(x) == spatial_rank + 2, MalformedModelError,
         "{} is given '{}' of shape {}, {} axes are expected", t.node().describe(), x.name(), x.shape().str(),
         spatial_rank + 2);
  return x;
}

void set_padding(const Translation& t, Attrs& attrs, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& strides, const std::vector<int64_t>& dilations) {
  const std::string padding = string_of(t, "padding", "valid");
  const size_t rank = kernel.size();
  if (padding == "valid") return;
  std::vector<int64_t> pads(2 * rank);
  if (padding == "causal") {
    for (size_t i = 0; i < rank; ++i) pads[i] = (kernel[i] - 1) * dilations[i];
    return attrs.set("pads", pads);
  }
  if (padding != "same") t.refuse("padding '{}' is not known", padding);
  if (std::any_of(strides.begin(), strides.end(), [](int64_t stride) { return stride != 1; }))
    return attrs.set("auto_pad", std::string("SAME_UPPER"));
  for (size_t i = 0; i < rank; ++i) {
    const int64_t total = (kernel[i] - 1) * dilations[i];
    pads[i] = total / 2;  // the odd one goes after
    pads[rank + i] = total - total / 2;
  }
  attrs.set("pads", pads);
}

Value& per_channel(Translation& t, Value& values, size_t spatial_rank) {
  if (spatial_rank == 0) return values;
  std::vector<int64_t> axes;
  for (size_t i = 0; i < spatial_rank; ++i) axes.push_back(static_cast<int64_t>(i) + 1);
  return t.add("Unsqueeze", {&values, &t.ints(axes)});
}

}  // namespace modelconv::keras
