// Layers that join blobs, or a blob and weights, element by element.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

void raise_eltwise(Translation& t) {
  const std::string operation = enum_of(t, "operation", {"PROD", "SUM", "MAX", "MIN"}, 0, "SUM");
  std::vector<Term> terms = bottoms(t);
  const auto factors = floats_of(t, "coeff");
  if (!factors.empty() && factors.size() != terms.size())
    fail(t, "it has {} coefficients for {} bottoms", factors.size(), terms.size());
  if (operation == "MAX" || operation == "MIN")
    return set_output(t, 0, compute(operation == "MAX" ? "Max" : "Min", terms));
  if (operation == "SUM")
    for (size_t i = 0; i < factors.size(); ++i)
      if (factors[i] != 1) terms[i] = terms[i] * factors[i];
  Term result = terms[0];
  for (size_t i = 1; i < terms.size(); ++i)
    result = operation == "SUM" ? result + terms[i] : result * terms[i];
  set_output(t, 0, terms.size() == 1 ? compute("Identity", {result}) : result);
}

// Weights that cover some axes of x from `axis` on, with axes of size one behind them.
Term spread(Translation& t, const Term& x, size_t index, const char* what) {
  const int64_t axis = axis_of(t, x, "axis", 1);
  const auto rank = static_cast<int64_t>(x.rank());
  const Tensor& stored = blob_tensor(t, index, what);
  int64_t covered = int_of(t, "num_axes", 1);
  if (covered == -1) covered = rank - axis;
  if (covered < 0 || axis + covered > rank) fail(t, "num_axes={} from axis {} of {}", covered, axis, rank);
  if (covered == 0 || stored.size() == 1) return blob(t, index, {1}, what);
  Dims dims;
  if (covered == 1)
    dims = {stored.size()};
  else if (static_cast<int64_t>(stored.rank()) == covered)
    dims = stored.dims();
  else
    fail(t, "its {} have the shape {}, num_axes is {}", what, to_string(stored.dims()), covered);
  const Shape& shape = x.value().shape();
  for (int64_t i = 0; i < covered; ++i) {
    const Dim& size = shape[static_cast<size_t>(axis + i)];
    if (size.is_known() && size.value() != dims[static_cast<size_t>(i)])
      fail(t, "its {} have the shape {}, its bottom {}", what, to_string(stored.dims()), shape.str());
  }
  dims.resize(static_cast<size_t>(rank - axis), 1);
  return blob(t, index, dims, what);
}

// The second bottom, which covers the axes of x from `axis` on.
Term spread_bottom(Translation& t, const Term& x) {
  const Term y = bottom(t, 1);
  const int64_t axis = axis_of(t, x, "axis", 1);
  const auto missing = static_cast<int64_t>(x.rank()) - axis - static_cast<int64_t>(y.rank());
  if (missing < 0) fail(t, "its second bottom has too many axes: {}", y.value().shape().str());
  if (missing == 0) return y;
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < missing; ++i) axes.push_back(static_cast<int64_t>(y.rank()) + i);
  return unsqueeze(y, axes);
}

void raise_scale(Translation& t) {
  const Term x = bottom(t, 0);
  const bool two = bottom_count(t) > 1;
  Term y = x * (two ? spread_bottom(t, x) : spread(t, x, 0, "scale"));
  if (flag_of(t, "bias_term", false)) y = y + spread(t, x, two ? 0 : 1, "bias");
  set_output(t, 0, y);
}

void raise_bias(Translation& t) {
  const Term x = bottom(t, 0);
  set_output(t, 0, x + (bottom_count(t) > 1 ? spread_bottom(t, x) : spread(t, x, 0, "bias")));
}

// scale * x + y with a scale per channel (SENet).
void raise_axpy(Translation& t) {
  Term scale = bottom(t, 0);
  if (scale.rank() == 2) scale = unsqueeze(scale, {2, 3});
  set_output(t, 0, scale * bottom(t, 1) + bottom(t, 2));
}

}  // namespace

OpMappings arithmetic_ops() {
  return {
      {"caffe.Axpy", "Add", raise_axpy, nullptr, "of forks"},
      {"caffe.Bias", "Add", raise_bias, nullptr, ""},
      {"caffe.Eltwise", "Add", raise_eltwise, nullptr, ""},
      {"caffe.Scale", "Mul", raise_scale, nullptr, ""},
  };
}

}  // namespace modelconv::caffe
