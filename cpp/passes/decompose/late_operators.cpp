// Operators that came late, as what they are made of; tables that depend on sizes only are written out.
#include <algorithm>
#include <cmath>
#include <limits>

#include "passes/decompose/decompose.h"

namespace modelconv::decompose {
namespace {

using Ints = std::vector<int64_t>;
constexpr int64_t kMostElements = 1 << 22;  // of a table that is written into the file

void replace(Step& step, Value& value) {
  step.replace_output(0, value);
  step.done();
}

// --- Trilu (14): what a mask of rows and columns lets through
Value& count_up_to(Step& step, Value& x, int64_t axis) {
  const Dim& dim = x.shape()[static_cast<size_t>(axis)];
  if (dim.is_known() && dim.value() <= kMostElements) {
    Ints numbers(static_cast<size_t>(dim.value()));
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
    return step.ints(numbers);
  }
  Value& size = step.add("Shape", {&x}, {{"start", axis}, {"end", axis + 1}});
  const auto scalar = [&](int64_t value) { return &step.constant(Tensor::scalar(value)); };
  return step.add("Range", {scalar(0), &step.add("Squeeze", {&size, &step.ints({0})}), scalar(1)});
}

void decompose_trilu(Step& step) {
  Value& x = step.required(0);
  const auto rank = static_cast<int64_t>(step.rank_of(0));
  if (rank < 2) step.refuse("its input has rank {}", rank);
  const bool upper = step.int_or("upper", 1) != 0;
  Value& rows = step.add("Unsqueeze", {&count_up_to(step, x, rank - 2), &step.ints({1})});
  Value& columns = count_up_to(step, x, rank - 1);
  Value& distance = step.add("Sub", {&columns, &rows});
  Value& diagonal = step.input(1) ? *step.input(1) : step.constant(Tensor::scalar(int64_t{0}));
  Value& beyond = step.add(upper ? "Less" : "Greater", {&distance, &diagonal});
  replace(step, step.add("Where", {&beyond, &step.scalar(x, 0), &x}));
}

// --- AffineGrid (20): the places of all points times the matrices
double grid_position(int64_t i, int64_t length, bool align_corners) {
  const auto at = static_cast<double>(i), size = static_cast<double>(length);
  if (!align_corners) return (2 * at + 1) / size - 1;
  return length > 1 ? 2 * at / (size - 1) - 1 : 0;  // a single point stands in the middle
}

// One row per point: x, y (, z), 1; the last axis of the image is x.
Tensor grid_points(const Ints& spatial, bool align_corners) {
  const size_t axes = spatial.size();
  int64_t points = 1;
  for (const int64_t length : spatial) points *= length;
  Tensor table = Tensor::allocate(DType::float64, {points, static_cast<int64_t>(axes) + 1});
  double* out = table.mutable_data<double>().data();
  for (int64_t point = 0; point < points; ++point) {
    int64_t rest = point;
    for (size_t column = 0; column < axes; ++column) {
      const int64_t length = spatial[axes - 1 - column];
      *out++ = grid_position(rest % length, length, align_corners);
      rest /= length;
    }
    *out++ = 1;
  }
  return table;
}

void decompose_affine_grid(Step& step) {
  Ints size = step.constant_ints(1, "size");
  if (size.size() != 4 && size.size() != 5) step.refuse("its size has {} entries", size.size());
  const Ints spatial(size.begin() + 2, size.end());
  int64_t points = 1;
  for (const int64_t length : spatial) {
    if (length < 1 || length > kMostElements || points > kMostElements / length)
      step.refuse("its grid is empty or too large to be written out");
    points *= length;
  }
  Value& theta = step.required(0);
  if (theta.dtype() == DType::undefined) step.refuse("the element type of its input is not known");
  const Tensor doubles = grid_points(spatial, step.int_or("align_corners", 0) != 0);
  Value& table = step.cast(step.constant(doubles), theta.dtype());
  Value& turned = step.add("Transpose", {&theta}, {{"perm", Ints{0, 2, 1}}});
  Ints dims{size[0]};
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  dims.push_back(static_cast<int64_t>(spatial.size()));
  replace(step, step.add("Reshape", {&step.add("MatMul", {&table, &turned}), &step.ints(dims)}));
}

// --- Windows (17): c0 - c1 cos(2 pi n / N) + c2 cos(4 pi n / N); coefficients: the ONNX specification
void lower_window(Step& step, double c0, double c1, double c2) {
  const Ints size = step.constant_ints(0, "size");
  if (size.size() != 1 || size[0] < 0 || size[0] > kMostElements)
    step.refuse("its size is not one small number");
  const bool periodic = step.int_or("periodic", 1) != 0;
  const auto period = static_cast<double>(periodic || size[0] == 1 ? size[0] : size[0] - 1);
  std::vector<double> values;
  for (int64_t n = 0; n < size[0]; ++n) {
    const double angle = 2 * 3.141592653589793 * static_cast<double>(n) / period;
    values.push_back(c0 - c1 * std::cos(angle) + c2 * std::cos(2 * angle));
  }
  const auto dtype = static_cast<DType>(step.int_or("output_datatype", static_cast<int64_t>(DType::float32)));
  Value& doubles = step.constant(Tensor::vector(values));
  replace(step, step.add("Cast", {&doubles}, {{"to", static_cast<int64_t>(dtype)}}));
}

void decompose_hann_window(Step& step) { lower_window(step, 0.5, 0.5, 0); }
void decompose_hamming_window(Step& step) { lower_window(step, 25.0 / 46, 21.0 / 46, 0); }
void decompose_blackman_window(Step& step) { lower_window(step, 0.42, 0.5, 0.08); }

// --- CenterCropPad (18): the middle part, then as much around; halves are rounded down
void decompose_center_crop_pad(Step& step) {
  Value& x = step.required(0);
  const Ints lengths = step.constant_ints(1, "shape");
  const size_t rank = step.rank_of(0);
  Ints axes;
  if (const auto* given = step.attrs().get<Ints>("axes"))
    axes = *given;
  else
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  count_axes_from_front(step, axes, rank);
  if (axes.size() != lengths.size())
    step.refuse("it has {} lengths for {} axes", lengths.size(), axes.size());
  Ints starts, ends, pads(2 * rank, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    if (axis >= rank || !x.shape()[axis].is_known()) step.refuse("the length of axis {} is not known", axis);
    if (lengths[i] < 0) step.refuse("a length is {}", lengths[i]);
    const int64_t old_length = x.shape()[axis].value(), surplus = old_length - lengths[i];
    starts.push_back(std::max<int64_t>(0, surplus / 2));
    ends.push_back(starts.back() + std::min(old_length, lengths[i]));
    const int64_t missing = std::max<int64_t>(0, -surplus);
    pads[axis] = missing / 2;
    pads[rank + axis] = missing - missing / 2;
  }
  Value& middle = step.add("Slice", {&x, &step.ints(starts), &step.ints(ends), &step.ints(axes)});
  replace(step, step.add("Pad", {&middle, &step.ints(pads)}));
}

// --- Bernoulli (15): a number in [0, 1) below the probability
void decompose_bernoulli(Step& step) {
  Value& p = step.required(0);
  if (p.dtype() == DType::undefined) step.refuse("the element type of its input is not known");
  Attrs attrs{{"dtype", static_cast<int64_t>(p.dtype())}};
  if (const auto* seed = step.attrs().get<float>("seed")) attrs.set("seed", *seed);
  Value& drawn = step.add("RandomUniformLike", {&p}, std::move(attrs));
  const int64_t dtype = step.int_or("dtype", static_cast<int64_t>(p.dtype()));
  replace(step, step.add("Cast", {&step.add("Less", {&drawn, &p})}, {{"to", dtype}}));
}

// --- CausalConvWithState (27): a grouped convolution over what came before and what comes now
void decompose_causal_conv(Step& step) {
  Value &x = step.required(0), &weights = step.required(1);
  const auto dims = weights.shape().static_dims();
  if (!dims || dims->size() != 3 || (*dims)[2] < 1) step.refuse("the shape of its weights is not known");
  const int64_t carried = (*dims)[2] - 1;
  Value* line = &x;
  if (step.input(3))
    line = &step.add("Concat", {step.input(3), &x}, {{"axis", int64_t{2}}});
  else if (carried > 0)
    line = &step.add("Pad", {&x, &step.ints({0, 0, carried, 0, 0, 0})});
  std::vector<Value*> inputs{line, &weights};
  if (step.input(2)) inputs.push_back(step.input(2));
  Value* y =
      &step.add("Conv", std::move(inputs), {{"group", (*dims)[0]}, {"kernel_shape", Ints{(*dims)[2]}}});
  if (step.attrs().get_or<std::string>("activation", "none") != "none")
    y = &step.add("Mul", {y, &step.add("Sigmoid", {y})});
  step.replace_output(0, *y);
  if (const Value* state = step.node().output(1); state && !state->is_unused()) {
    // No elements are carried by a kernel of one: an end before the start gives none.
    const int64_t first = carried > 0 ? -carried : std::numeric_limits<int64_t>::max();
    step.replace_output(
        1, step.add("Slice", {line, &step.ints({first}), &step.ints({std::numeric_limits<int64_t>::max()}),
                              &step.ints({2})}));
  }
  step.done();
}

}  // namespace

void trilu(Step& step) { decompose_trilu(step); }
void affine_grid(Step& step) { decompose_affine_grid(step); }
void hann_window(Step& step) { decompose_hann_window(step); }
void hamming_window(Step& step) { decompose_hamming_window(step); }
void blackman_window(Step& step) { decompose_blackman_window(step); }
void center_crop_pad(Step& step) { decompose_center_crop_pad(step); }
void bernoulli(Step& step) { decompose_bernoulli(step); }
void causal_conv(Step& step) { decompose_causal_conv(step); }

}  // namespace modelconv::decompose
