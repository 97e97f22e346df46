#include "verify/compare_graphs.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "eval/evaluator.h"
#include "verify/inputs.h"

namespace modelconv {
namespace {

constexpr double kRoundings = 8;
constexpr int64_t kLongest = 512;

// Half the distance from 1 to the next number.
double unit_of(DType dtype) {
  switch (dtype) {
    case DType::float64: return 0x1p-53;
    case DType::float32: return 0x1p-24;
    case DType::float16: return 0x1p-11;
    case DType::bfloat16: return 0x1p-8;
    default: return is_float(dtype) ? 0x1p-4 : 0;  // 8 bits and fewer
  }
}

Tolerance rounding_tolerance(const Graph& graph) {
  double unit = 0;
  for_each_node(graph, [&](const Node& node) {
    for (const Value* output : node.outputs())
      if (output && output->type.is_tensor()) unit = std::max(unit, unit_of(output->dtype()));
  });
  const Tolerance usual;
  return {std::max(usual.rtol, kRoundings * unit), std::max(usual.atol, kRoundings * unit)};
}

// Every element off by about one unit in the last place, up and down in turn.
Tensor perturbed(const Tensor& tensor) {
  const double unit = 2 * unit_of(tensor.dtype());
  std::vector<double> numbers = tensor.to_double();
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] *= 1 + (i % 2 ? unit : -unit);
  if (tensor.dtype() == DType::float64) return Tensor::of(tensor.dims(), numbers);
  const std::vector<float> floats(numbers.begin(), numbers.end());
  Tensor result = Tensor::allocate(tensor.dtype(), tensor.dims());
  from_float(floats.data(), result.size(), tensor.dtype(), result.mutable_bytes().data());
  return result;
}

Comparison structural_problem(std::string problem) {
  Comparison result;
  result.problem = std::move(problem);
  result.mismatched = result.elements = 1;
  return result;
}

void merge(Comparison& worst, const Comparison& other) {
  if (worst.problem.empty()) worst.problem = other.problem;
  worst.passed = worst.passed && other.passed;
  worst.elements += other.elements;
  worst.mismatched += other.mismatched;
  worst.non_finite_mismatched += other.non_finite_mismatched;
  worst.max_abs = std::max(worst.max_abs, other.max_abs);
  worst.max_rel = std::max(worst.max_rel, other.max_rel);
  worst.scale = std::max(worst.scale, other.scale);
}

std::string describe(const Comparison& figures) {
  if (!figures.problem.empty()) return figures.problem;
  return fmt::format("{} of {} elements differ, max abs {:.3g}, max rel {:.3g}", figures.mismatched,
                     figures.elements, figures.max_abs, figures.max_rel);
}

// What a change of the inputs in their last place does as well.
bool explained_by_noise(const Comparison& figures, const Comparison& noise) {
  return figures.problem.empty() && noise.problem.empty() && figures.max_abs <= kRoundings * noise.max_abs &&
         static_cast<double>(figures.mismatched) <= kRoundings * static_cast<double>(noise.mismatched) &&
         figures.non_finite_mismatched <= noise.non_finite_mismatched;
}

}  // namespace

Comparison compare_values(const RuntimeValue& value, const RuntimeValue& reference,
                          const Tolerance& tolerance) {
  if (value.is_tensor() && reference.is_tensor())
    return compare(value.tensor(), reference.tensor(), tolerance);
  if (value.content.index() != reference.content.index())
    return structural_problem("another kind of value (tensor, sequence, empty)");
  Comparison worst;
  worst.passed = true;
  if (!value.is_sequence()) return worst;
  const SequenceValue &items = value.sequence(), &expected = reference.sequence();
  if (items.size() != expected.size())
    return structural_problem(
        fmt::format("a sequence of {} instead of {} items", items.size(), expected.size()));
  for (size_t i = 0; i < items.size(); ++i) merge(worst, compare_values(items[i], expected[i], tolerance));
  return worst;
}

GraphCheck::GraphCheck(const Graph& original, int samples, uint64_t seed, std::function<void()> before_each)
    : original_(original),
      seed_(seed),
      before_each_(std::move(before_each)),
      tolerance_(rounding_tolerance(original)) {
  for (; length_ < kLongest; length_ *= 8) {
    try {
      run_original(samples);
      return;
    } catch (const ShapeError&) {
      expected_.clear();  // a longer input may fit; the last attempt tells what is wrong
    }
  }
  run_original(samples);
}

void GraphCheck::run_original(int samples) {
  for (int sample = 0; sample < samples; ++sample) expected_.push_back(evaluate(original_, inputs(sample)));
}

std::vector<RuntimeValue> GraphCheck::evaluate(const Graph& graph, std::vector<RuntimeValue> inputs) const {
  if (before_each_) before_each_();
  return Evaluator(graph).run(std::move(inputs));
}

std::vector<RuntimeValue> GraphCheck::inputs(int sample) const {
  return make_inputs(original_, {seed_ + static_cast<uint64_t>(sample), {}, length_});
}

std::optional<Difference> GraphCheck::compare(const Graph& candidate) {
  const auto samples = static_cast<int>(expected_.size());
  for (int i = 0; i < samples; ++i) {
    const int sample = (likely_ + i) % samples;
    auto difference = compare_sample(candidate, sample);
    if (!difference) continue;
    likely_ = sample;
    return difference;
  }
  return std::nullopt;
}

std::optional<Difference> GraphCheck::compare_sample(const Graph& candidate, int sample) {
  std::vector<RuntimeValue> actual;
  try {
    actual = evaluate(candidate, inputs(sample));
  } catch (const Error& error) {
    return Difference{sample, "", error.message()};
  }
  for (size_t i = 0; i < actual.size(); ++i) {
    const RuntimeValue& expected = expected_[static_cast<size_t>(sample)].at(i);
    const Comparison figures = compare_values(actual[i], expected, tolerance_);
    if (figures.passed) continue;
    if (figures.problem.empty()) {
      const Comparison noise = compare_values(perturbed_outputs(sample).at(i), expected, tolerance_);
      if (explained_by_noise(figures, noise)) continue;
    }
    return Difference{sample, original_.outputs()[i].name, describe(figures)};
  }
  return std::nullopt;
}

const std::vector<RuntimeValue>& GraphCheck::perturbed_outputs(int sample) {
  const auto [place, is_new] = perturbed_.try_emplace(sample);
  if (!is_new) return place->second;
  std::vector<RuntimeValue> moved = inputs(sample);
  for (RuntimeValue& value : moved)
    if (value.is_tensor() && is_float(value.tensor().dtype())) value = perturbed(value.tensor());
  try {
    place->second = evaluate(original_, std::move(moved));
  } catch (const Error&) {
    // Noise that the original cannot be run on explains nothing: as if it had changed nothing.
    place->second = expected_[static_cast<size_t>(sample)];
  }
  return place->second;
}

}  // namespace modelconv
