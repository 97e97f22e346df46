#include "verify/inputs.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <numbers>

#include "base/error.h"
#include "verify/input_use.h"

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

// Channels come last when the last axis is known to be 1, 3 or 4 and the second is not.
bool has_channels_last(const Shape& shape) {
  const auto last = shape[3].known();
  return last && (*last == 1 || *last == 3 || *last == 4) && !shape[1].known();
}

int64_t default_size(const Shape& shape, size_t axis, int64_t length) {
  if (axis == 0) return 1;
  if (shape.rank() != 4) return length;
  return axis == 1 && !has_channels_last(shape) ? 3 : 64;
}

Dims concrete_dims(const Value& input, const Shape& shape, int64_t length,
                   std::map<std::string, int64_t>& sizes) {
  ENSURE(shape.has_rank(), ShapeError,
         "the rank of input '{}' is not known, so no values can be made up for it", input.name());
  std::vector<std::pair<std::string, Dim>> known;
  for (size_t axis = 0; axis < shape.rank(); ++axis)
    for (const std::string& symbol : shape[axis].symbols())
      known.emplace_back(symbol, sizes.try_emplace(symbol, default_size(shape, axis, length)).first->second);
  Dims dims;
  for (size_t axis = 0; axis < shape.rank(); ++axis)
    dims.push_back(shape[axis].substitute(known).known().value_or(default_size(shape, axis, length)));
  return dims;
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

// Sizes to copy (-1 for the first, 1 for the others): whatever the tensor's size, the product fits.
void fill_reshape_target(std::vector<double>& numbers) {
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i == 0 ? -1 : 1;
}

// Rows of ones with zeros at the end, as padding masks are: at least half of each row stays visible.
void fill_mask(std::vector<double>& numbers, const Dims& dims, Generator& generator) {
  const auto row = static_cast<size_t>(dims.empty() ? 1 : std::max<int64_t>(1, dims.back()));
  for (size_t start = 0; start < numbers.size(); start += row) {
    const auto visible =
        row - static_cast<size_t>(std::floor(generator.uniform() * static_cast<double>(row / 2 + 1)));
    for (size_t i = 0; i < row && start + i < numbers.size(); ++i) numbers[start + i] = i < visible ? 1 : 0;
  }
}

bool is_called_mask(const std::string& name) {
  std::string lower = name;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find("mask") != std::string::npos;
}

void fill_integers(std::vector<double>& numbers, const Value& input, const Dims& dims, Generator& generator) {
  const InputUse use = find_input_use(input);
  if (use.is_reshape_target) return fill_reshape_target(numbers);
  IntegerRange range = use.range.value_or(IntegerRange{0, 1});
  if (!use.range) {
    if (is_called_mask(input.name())) return fill_mask(numbers, dims, generator);
    // One byte of image data goes to 255; other integers without a known use stay small.
    if (input.dtype() == DType::uint8) range = {0, 255};
    if (input.dtype() == DType::int8) range = {0, 127};
  }
  const auto count = static_cast<double>(range.highest - range.lowest + 1);
  for (double& number : numbers)
    number = static_cast<double>(range.lowest) + std::floor(generator.uniform() * count);
}

Tensor make_tensor(const Value& input, const Type& type, const Dims& dims, Generator& generator) {
  const DType dtype = type.dtype;
  const auto count = static_cast<size_t>(element_count(dims));
  if (dtype == DType::string) return Tensor::of(dims, std::vector<std::string>(count, "text"));
  std::vector<double> numbers(count);
  if (is_float(dtype)) {
    if (is_called_mask(input.name()))
      fill_mask(numbers, dims, generator);
    else
      for (double& number : numbers) number = generator.normal();
    return from_doubles(dtype, dims, numbers);
  }
  ENSURE(is_integer(dtype) || dtype == DType::boolean, ShapeError,
         "no values can be made up for input '{}' of type {}", input.name(), input.type.str());
  if (dtype != DType::boolean)
    fill_integers(numbers, input, dims, generator);
  else if (is_called_mask(input.name()))
    fill_mask(numbers, dims, generator);
  else
    for (double& number : numbers) number = std::floor(generator.uniform() * 2);
  return from_doubles(dtype, dims, numbers);
}

RuntimeValue make_value(const Value& input, const Type& type, int64_t length,
                        std::map<std::string, int64_t>& sizes, Generator& generator) {
  if (type.is_tensor())
    return make_tensor(input, type, concrete_dims(input, type.shape, length, sizes), generator);
  const bool wraps = type.is_sequence() || type.is_optional();
  ENSURE(wraps && type.element, ShapeError, "input '{}' is {}: give a value for it", input.name(),
         input.type.str());
  if (type.is_optional()) return make_value(input, *type.element, length, sizes, generator);
  SequenceValue items;
  for (int i = 0; i < 2; ++i) items.push_back(make_value(input, *type.element, length, sizes, generator));
  return RuntimeValue::sequence(std::move(items));
}

}  // namespace

std::vector<RuntimeValue> make_inputs(const Graph& graph, const InputOptions& options) {
  Generator generator(options.seed);
  std::map<std::string, int64_t> sizes = options.sizes;
  std::vector<RuntimeValue> inputs;
  for (const Value* input : graph.inputs())
    inputs.push_back(make_value(*input, input->type, options.length, sizes, generator));
  return inputs;
}

}  // namespace modelconv
