// Images with one to three spatial axes, with and without a batch axis in front of the channels.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

// `compute` gets x with a batch axis; the results lose it again where x had none. Refuses other ranks. Where the rank is not known
// (TorchScript says none) there is a batch axis: ONNX's operators insist on it, so that nothing else is computed in silence.
template <class Function>
std::vector<Term> with_batch(const Term& x, size_t spatial, const Function& compute) {
  if (!x.value().shape().has_rank() || x.rank() == spatial + 2) return compute(x);
  if (x.rank() != spatial + 1)
    x.translation().refuse("its input has {} axes, {} or {} are expected", x.rank(), spatial + 1,
                           spatial + 2);
  std::vector<Term> results;
  for (const Term& y : compute(unsqueeze(x, {0}))) results.push_back(squeeze(y, {0}));
  return results;
}

// [p0, p1] -> [p0, p1, p0, p1], as ONNX writes pads.
inline std::vector<int64_t> both_ends(const std::vector<int64_t>& padding) {
  std::vector<int64_t> pads = padding;
  pads.insert(pads.end(), padding.begin(), padding.end());
  return pads;
}

// The digit in front of the "d" at the end of the operator's name: max_pool2d has 2 spatial axes, conv2d.. likewise.
inline size_t spatial_axes_of_name(const Translation& t) {
  for (const char digit : t.node().op().name())
    if (digit >= '1' && digit <= '3') return static_cast<size_t>(digit - '0');
  t.refuse("its name does not say how many spatial axes it has");
}

// Sizes of the spatial axes, where they are known.
inline std::optional<std::vector<int64_t>> known_spatial(const Term& x, size_t spatial) {
  const Shape& shape = x.value().shape();
  if (!shape.has_rank()) return std::nullopt;
  std::vector<int64_t> sizes;
  for (size_t i = shape.rank() - spatial; i < shape.rank(); ++i) {
    if (!shape[i].is_known()) return std::nullopt;
    sizes.push_back(shape[i].value());
  }
  return sizes;
}

}  // namespace modelconv::torch
