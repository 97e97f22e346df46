// com.microsoft SkipLayerNormalization, SkipSimplifiedLayerNormalization and EmbedLayerNormalization.
// Inputs, outputs and defaults: ONNX Runtime, docs/ContribOperators.md. float32; the half types come widened.
#include <cmath>

#include "ops/all_ops.h"
#include "ops/broadcast_parameter.h"
#include "ops/moments.h"

namespace modelconv {
namespace {

double read_epsilon(const Node& node) { return optional_float(node, "epsilon").value_or(1e-12F); }

// y = (x - mean) / deviation * gamma + beta; gamma and beta have `size` elements, beta may be empty.
void normalize_line(const float* x, int64_t size, double mean, double inverse,
                    const std::vector<float>& gamma, const std::vector<float>& beta, float* y) {
  for (int64_t i = 0; i < size; ++i) {
    const auto at = static_cast<size_t>(i);
    y[i] = static_cast<float>((x[i] - mean) * inverse) * gamma[at] + (beta.empty() ? 0 : beta[at]);
  }
}

struct SkipInputs {
  size_t gamma, beta, bias;  // kNone: the operator has no such input
  static constexpr size_t kNone = 99;
};

void run_skip(KernelContext& context, const SkipInputs& inputs, bool centers) {
  const Tensor &x = context.input(0), &skip = context.input(1);
  if (x.rank() < 1 || x.dtype() != DType::float32) context.fail("no kernel for this input");
  const int64_t size = x.dims().back(), lines = size == 0 ? 0 : x.size() / size;
  const auto parameter = [&](size_t index) {
    return context.has_input(index) ? channel_parameter<float>(context, index, size) : std::vector<float>();
  };
  const std::vector<float> gamma = parameter(inputs.gamma), beta = parameter(inputs.beta),
                           bias = parameter(inputs.bias);
  if (skip.size() == 0 || x.size() % skip.size() != 0 || skip.rank() < 1 || skip.dims().back() != size)
    context.fail("the skip input {} does not fit", to_string(skip.dims()));
  Dims statistics = x.dims();
  statistics.back() = 1;
  const auto wanted = [&](size_t index, const Dims& dims) {
    return context.wants_output(index)
               ? context.allocate(index, DType::float32, dims).mutable_data<float>().data()
               : nullptr;
  };
  float *y = wanted(0, x.dims()), *means = wanted(1, statistics), *inverses = wanted(2, statistics),
        *sums = wanted(3, x.dims());
  const float *source = x.data<float>().data(), *added = skip.data<float>().data();
  const double epsilon = read_epsilon(context.node());
  context.threads().parallel_for(lines, 1 + 8192 / (size + 1), [&](int64_t begin, int64_t end) {
    std::vector<float> line(static_cast<size_t>(size));
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t k = 0; k < size; ++k)
        line[static_cast<size_t>(k)] = source[i * size + k] + added[(i * size + k) % skip.size()] +
                                       (bias.empty() ? 0 : bias[static_cast<size_t>(k)]);
      const Moments moments =
          centers ? moments_of(line.data(), size) : Moments{0, mean_square(line.data(), size)};
      const double inverse = 1 / std::sqrt(moments.variance + epsilon);
      if (means) means[i] = static_cast<float>(moments.mean);
      if (inverses) inverses[i] = static_cast<float>(inverse);
      if (sums) std::copy(line.begin(), line.end(), sums + i * size);
      if (y) normalize_line(line.data(), size, moments.mean, inverse, gamma, beta, y + i * size);
    }
  });
}

void run_skip_layer(KernelContext& context) { run_skip(context, {2, 3, 4}, true); }
void run_skip_simplified(KernelContext& context) { run_skip(context, {2, SkipInputs::kNone, 3}, false); }

void infer_skip(InferContext& context) {
  infer_same_as_first(context);
  Shape statistics = context.input_shape(0);
  if (statistics.has_rank() && statistics.rank() > 0) statistics[statistics.rank() - 1] = 1;
  for (size_t i : {1, 2}) context.set_output(i, DType::float32, statistics);
  context.set_output(3, context.input_dtype(0), context.input_shape(0));
}

// --- EmbedLayerNormalization
enum Input : uint8_t {
  kIds,
  kSegments,
  kWords,
  kPositions,
  kSegmentTable,
  kGamma,
  kBeta,
  kMask,
  kPositionIds
};

// A row of an embedding table [rows, size].
const float* embedding(const KernelContext& context, size_t index, int64_t row, int64_t size) {
  const Tensor& table = context.input(index);
  if (table.rank() != 2 || table.dims()[1] != size || row < 0 || row >= table.dims()[0])
    context.fail("row {} of an embedding table {}", row, to_string(table.dims()));
  return table.data<float>().data() + row * size;
}

void set_mask_index(KernelContext& context, int64_t batch, int64_t length) {
  if (!context.wants_output(1)) return;
  const std::span<int32_t> index = context.allocate(1, DType::int32, {batch}).mutable_data<int32_t>();
  const std::vector<int64_t> mask =
      context.has_input(kMask) ? context.input(kMask).to_int64() : std::vector<int64_t>();
  for (size_t b = 0; b < index.size(); ++b) {
    index[b] = 0;
    for (int64_t i = 0; !mask.empty() && i < length; ++i)
      index[b] += mask[b * static_cast<size_t>(length) + static_cast<size_t>(i)] == 1 ? 1 : 0;
  }
}

void run_embed(KernelContext& context) {
  const Dims& dims = context.input(kIds).dims();
  if (dims.size() != 2 || context.input(kWords).rank() != 2)
    context.fail("ids [batch, length] and tables are needed");
  const int64_t batch = dims[0], length = dims[1], size = context.input(kWords).dims()[1];
  const auto ids = [&](size_t index) {
    return context.has_input(index) ? context.input(index).to_int64() : std::vector<int64_t>();
  };
  const std::vector<int64_t> words = ids(kIds), segments = ids(kSegments), positions = ids(kPositionIds);
  const auto count = static_cast<size_t>(batch * length);
  if ((!segments.empty() && segments.size() != count) ||
      (context.has_input(kMask) && context.input(kMask).dims() != dims))
    context.fail("segments or mask do not fit");
  if (!positions.empty() && positions.size() != count && positions.size() != static_cast<size_t>(length))
    context.fail("positions do not fit");
  const std::vector<float> gamma = channel_parameter<float>(context, kGamma, size);
  const std::vector<float> beta = channel_parameter<float>(context, kBeta, size);
  const Dims result{batch, length, size};
  float* y = context.allocate(0, DType::float32, result).mutable_data<float>().data();
  float* sums = context.wants_output(2)
                    ? context.allocate(2, DType::float32, result).mutable_data<float>().data()
                    : nullptr;
  std::vector<float> line(static_cast<size_t>(size));
  for (size_t i = 0; i < count; ++i) {
    const int64_t position =
        positions.empty() ? static_cast<int64_t>(i) % length : positions[i % positions.size()];
    const float* word = embedding(context, kWords, words[i], size);
    const float* place = embedding(context, kPositions, position, size);
    const float* segment = segments.empty() ? nullptr : embedding(context, kSegmentTable, segments[i], size);
    for (size_t k = 0; k < line.size(); ++k) line[k] = word[k] + place[k] + (segment ? segment[k] : 0);
    const Moments moments = moments_of(line.data(), size);
    const double inverse = 1 / std::sqrt(moments.variance + read_epsilon(context.node()));
    normalize_line(line.data(), size, moments.mean, inverse, gamma, beta, y + static_cast<int64_t>(i) * size);
    if (sums) std::copy(line.begin(), line.end(), sums + static_cast<int64_t>(i) * size);
  }
  set_mask_index(context, batch, length);
}

void infer_embed(InferContext& context) {
  const Shape &ids = context.input_shape(kIds), &table = context.input_shape(kWords);
  Dim batch, length, size;
  if (ids.has_rank() && ids.rank() == 2) batch = ids[0], length = ids[1];
  if (table.has_rank() && table.rank() == 2) size = table[1];
  context.set_output(0, context.input_dtype(kWords), {batch, length, size});
  context.set_output(1, DType::int32, {batch});
  context.set_output(2, context.input_dtype(kWords), {batch, length, size});
}

}  // namespace

OpDefs contrib_normalization_ops() {
  return {
      OpDef("com.microsoft.SkipLayerNormalization").infer(infer_skip).evaluate(run_skip_layer).widen_half(),
      OpDef("com.microsoft.SkipSimplifiedLayerNormalization")
          .infer(infer_skip)
          .evaluate(run_skip_simplified)
          .widen_half(),
      OpDef("com.microsoft.EmbedLayerNormalization").infer(infer_embed).evaluate(run_embed).widen_half(),
  };
}

}  // namespace modelconv
