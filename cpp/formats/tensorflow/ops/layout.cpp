#include "formats/tensorflow/ops/layout.h"

#include <algorithm>

namespace modelconv::tensorflow {

bool is_channels_first(const Translation& t) { return string_of(t, "data_format", "NHWC").starts_with("NC"); }

Value& to_channels_first(Translation& t, Value& x, size_t spatial_rank) {
  if (is_channels_first(t)) return x;
  const auto last = static_cast<int64_t>(spatial_rank) + 1;
  std::vector<int64_t> perm = {0, last};
  for (int64_t axis = 1; axis < last; ++axis) perm.push_back(axis);
  return t.transpose(x, perm);
}

Value& from_channels_first(Translation& t, Value& y, size_t spatial_rank) {
  if (is_channels_first(t)) return y;
  std::vector<int64_t> perm = {0};
  for (size_t axis = 0; axis < spatial_rank; ++axis) perm.push_back(static_cast<int64_t>(axis) + 2);
  perm.push_back(1);
  return t.transpose(y, perm);
}

std::vector<int64_t> spatial_part(const Translation& t, const std::vector<int64_t>& list, size_t spatial_rank,
                                  std::string_view what) {
  if (list.empty()) return std::vector<int64_t>(spatial_rank, 1);
  ENSURE(list.size() == spatial_rank + 2, MalformedModelError, "{} has {} entries, {} are expected", what,
         list.size(), spatial_rank + 2);
  const bool first = is_channels_first(t);
  const size_t channel = first ? 1 : spatial_rank + 1, begin = first ? 2 : 1;
  if (list[0] != 1 || list[channel] != 1) t.refuse("{} of the batch or the channels is not 1", what);
  const auto from = list.begin() + static_cast<std::ptrdiff_t>(begin);
  std::vector<int64_t> spatial(from, from + static_cast<std::ptrdiff_t>(spatial_rank));
  for (const int64_t value : spatial)
    ENSURE(value > 0 && value < (int64_t{1} << 31), MalformedModelError, "{} has the entry {}", what, value);
  return spatial;
}

namespace {

// explicit_paddings holds (before, after) per axis, batch and channels included; ONNX wants all befores, then all afters.
std::vector<int64_t> explicit_pads(const Translation& t, size_t spatial_rank) {
  const std::vector<int64_t> list = ints_of(t, "explicit_paddings");
  ENSURE(list.size() == 2 * (spatial_rank + 2), MalformedModelError, "explicit_paddings has {} entries",
         list.size());
  const size_t first = is_channels_first(t) ? 2 : 1;
  std::vector<int64_t> pads(2 * spatial_rank);
  for (size_t i = 0; i < spatial_rank; ++i) {
    pads[i] = list[2 * (first + i)];
    pads[spatial_rank + i] = list[2 * (first + i) + 1];
  }
  return pads;
}

}  // namespace

void set_padding(const Translation& t, Attrs& attrs, const std::vector<int64_t>& kernel,
                 const std::vector<int64_t>& strides, const std::vector<int64_t>& dilations) {
  const std::string padding = string_of(t, "padding", "");
  const size_t rank = kernel.size();
  if (padding == "VALID") return;
  if (padding == "EXPLICIT") return attrs.set("pads", explicit_pads(t, rank));
  if (padding != "SAME") t.refuse("padding '{}' is not known", padding);
  if (std::any_of(strides.begin(), strides.end(), [](int64_t stride) { return stride != 1; }))
    return attrs.set("auto_pad", std::string("SAME_UPPER"));
  std::vector<int64_t> pads(2 * rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t total = (kernel[i] - 1) * dilations[i];
    pads[i] = total / 2;  // the odd one goes after
    pads[rank + i] = total - total / 2;
  }
  attrs.set("pads", pads);
}

}  // namespace modelconv::tensorflow
