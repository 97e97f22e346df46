#include "verify/inputs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>
#include <set>

#include "base/error.h"

namespace modelconv {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every platform, which std:: distributions do not promise.
class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)
  double normal() {                                                         // Box-Muller
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  uint64_t state_;
};

int64_t default_size(size_t axis, size_t rank) {
  if (axis == 0) return 1;
  if (rank == 4) return axis == 1 ? 3 : 64;
  return 8;
}

Dims concrete_dims(const Value& input, std::map<std::string, int64_t>& sizes) {
  ENSURE(input.shape().has_rank(), ShapeError,
         "the rank of input '{}' is not known, so no values can be made up for it", input.name());
  std::vector<std::pair<std::string, Dim>> known;
  for (size_t axis = 0; axis < input.shape().rank(); ++axis)
    for (const std::string& symbol : input.shape()[axis].symbols())
      known.emplace_back(symbol,
                         sizes.try_emplace(symbol, default_size(axis, input.shape().rank())).first->second);
  Dims dims;
  for (size_t axis = 0; axis < input.shape().rank(); ++axis) {
    const Dim size = input.shape()[axis].substitute(known);
    dims.push_back(size.known().value_or(default_size(axis, input.shape().rank())));
  }
  return dims;
}

// Operators whose result is their input's elements, as far as ranges go.
bool hands_on(OpName op) {
  static const std::set<OpName> ops = {"Cast",     "Reshape",   "Squeeze", "Unsqueeze", "Flatten",
                                       "Identity", "Transpose", "Expand",  "Slice"};
  return ops.contains(op);
}

// The size of the axis that an index input of `node` counts along.
std::optional<int64_t> indexed_size(const Node& node, size_t input) {
  const bool gathers = node.op() == OpName("Gather") || node.op() == OpName("GatherElements");
  if (gathers && input == 1 && node.input(0)->shape().has_rank()) {
    const size_t axis = normalize_axis(node.attrs.get_or<int64_t>("axis", 0), node.input(0)->shape().rank());
    return node.input(0)->shape()[axis].known();
  }
  if (node.op() == OpName("OneHot") && input == 0 && node.input(1)->is_constant())
    return node.input(1)->constant().to_int64().at(0);
  return std::nullopt;
}

// Smallest size that the value indexes, looked for along the operators that hand it on.
std::optional<int64_t> smallest_indexed_size(const Value& value, int depth = 0) {
  constexpr int kDeepest = 8;
  std::optional<int64_t> smallest;
  const auto note = [&](std::optional<int64_t> size) {
    if (size) smallest = std::min(*size, smallest.value_or(*size));
  };
  for (const Use& use : value.uses()) {
    note(indexed_size(*use.node, use.index));
    if (hands_on(use.node->op()) && use.index == 0 && depth < kDeepest)
      note(smallest_indexed_size(*use.node->output(), depth + 1));
  }
  return smallest;
}

Tensor from_doubles(DType dtype, const Dims& dims, const std::vector<double>& numbers) {
  if (dtype == DType::float64) return Tensor::of(dims, numbers);
  if (dtype == DType::int64) return Tensor::of(dims, std::vector<int64_t>(numbers.begin(), numbers.end()));
  if (dtype == DType::int32) return Tensor::of(dims, std::vector<int32_t>(numbers.begin(), numbers.end()));
  if (is_float(dtype)) {
    const std::vector<float> floats(numbers.begin(), numbers.end());
    Tensor tensor = Tensor::allocate(dtype, dims);
    from_float(floats.data(), tensor.size(), dtype, tensor.mutable_bytes().data());
    return tensor;
  }
  // The other integers and bool: the low bytes of the number (tensors are little-endian, like the files).
  ENSURE(bit_width(dtype) >= 8, ShapeError, "no values can be made up for dtype {}", name_of(dtype));
  Tensor tensor = Tensor::allocate(dtype, dims);
  const size_t width = static_cast<size_t>(bit_width(dtype)) / 8;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto integer = static_cast<int64_t>(numbers[i]);
    std::memcpy(tensor.mutable_bytes().data() + i * width, &integer, width);
  }
  return tensor;
}

Tensor make_tensor(const Value& input, const Dims& dims, Generator& generator) {
  const DType dtype = input.dtype();
  const auto count = static_cast<size_t>(element_count(dims));
  if (dtype == DType::string) return Tensor::of(dims, std::vector<std::string>(count, "text"));
  std::vector<double> numbers(count);
  if (is_float(dtype)) {
    for (double& number : numbers) number = generator.normal();
    return from_doubles(dtype, dims, numbers);
  }
  ENSURE(is_integer(dtype) || dtype == DType::boolean, ShapeError,
         "no values can be made up for input '{}' of type {}", input.name(), input.type.str());
  // One byte of image data goes to 255; other integers without a known use stay small.
  int64_t range = dtype == DType::uint8 ? 256 : dtype == DType::int8 ? 128 : 2;
  if (const auto indexed = smallest_indexed_size(input)) range = std::clamp<int64_t>(*indexed, 1, 1 << 24);
  if (dtype == DType::boolean) range = 2;
  for (double& number : numbers) number = std::floor(generator.uniform() * static_cast<double>(range));
  return from_doubles(dtype, dims, numbers);
}

}  // namespace

std::vector<RuntimeValue> make_inputs(const Graph& graph, const InputOptions& options) {
  Generator generator(options.seed);
  std::map<std::string, int64_t> sizes = options.sizes;
  std::vector<RuntimeValue> inputs;
  for (const Value* input : graph.inputs()) {
    ENSURE(input->type.is_tensor(), ShapeError, "input '{}' is {}: give a value for it", input->name(),
           input->type.str());
    inputs.emplace_back(make_tensor(*input, concrete_dims(*input, sizes), generator));
  }
  return inputs;
}

}  // namespace modelconv
