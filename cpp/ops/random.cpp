// RandomUniform, RandomNormal and their forms "Like", Bernoulli, Multinomial, Dropout. The numbers depend on the seed
// (attribute, else the evaluator's) and, without the attribute, on the output's name; not on threads or shapes.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/convert.h"
#include "ops/elementwise.h"
#include "ops/philox.h"

namespace modelconv {
namespace {

// FNV-1a, so that two nodes that share the evaluator's seed draw different numbers.
uint64_t hash_name(const std::string& name) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const char letter : name) hash = (hash ^ static_cast<uint8_t>(letter)) * 0x100000001B3U;
  return hash;
}

// Two independent 32-bit words for each element.
struct Words {
  uint32_t first, second;

  double uniform() const { return first * 0x1p-32; }  // in [0, 1)
  // Box-Muller; the logarithm's argument is in (0, 1].
  double normal() const {
    constexpr double kTwoPi = 6.283185307179586;
    return std::sqrt(-2 * std::log((first + 1.0) * 0x1p-32)) * std::cos(kTwoPi * (second * 0x1p-32));
  }
};

class Generator {
 public:
  explicit Generator(KernelContext& context) : key_(context.random_seed()) {
    const Value* output = context.node().output(0);
    if (!context.node().attrs.has("seed") && output) stream_ = hash_name(output->name());
  }
  Words words(int64_t element) const {
    const auto block = philox_block(key_, stream_, static_cast<uint64_t>(element) / 2);
    return element % 2 == 0 ? Words{block[0], block[1]} : Words{block[2], block[3]};
  }

 private:
  uint64_t key_, stream_ = 0;
};

// draw(words, i) for each element, as doubles that are then cast.
template <class Draw>
void fill_output(KernelContext& context, DType dtype, const Dims& dims, const Draw& draw) {
  const Generator generator(context);
  Tensor values = Tensor::allocate(DType::float64, dims);
  double* target = mutable_elements<double>(values);
  context.threads().parallel_for(values.size(), 1 << 12, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) target[i] = draw(generator.words(i), i);
  });
  if (!can_convert(DType::float64, dtype)) context.fail("random numbers cannot be {}", name_of(dtype));
  convert_elements(values, context.allocate(0, dtype, dims), {}, context.threads());
}

struct Uniform {
  explicit Uniform(const Node& node) : low(float_attr(node, "low")), high(float_attr(node, "high")) {}
  double operator()(const Words& words, int64_t) const { return low + words.uniform() * (high - low); }
  double low, high;
};

struct Normal {
  explicit Normal(const Node& node) : mean(float_attr(node, "mean")), scale(float_attr(node, "scale")) {}
  double operator()(const Words& words, int64_t) const { return mean + scale * words.normal(); }
  double mean, scale;
};

template <class Distribution>
void draw_shape(KernelContext& context) {
  fill_output(context, dtype_attr(context.node(), "dtype"), ints_attr(context.node(), "shape"),
              Distribution(context.node()));
}

void infer_shape_attribute(InferContext& context) {
  context.set_output(0, dtype_attr(context.node(), "dtype"), Shape::of(ints_attr(context.node(), "shape")));
}

template <class Distribution>
void draw_like(KernelContext& context) {
  const Tensor& like = context.input(0);
  fill_output(context, optional_dtype(context.node(), "dtype").value_or(like.dtype()), like.dims(),
              Distribution(context.node()));
}

void infer_like(InferContext& context) {
  context.set_output(0, optional_dtype(context.node(), "dtype").value_or(context.input_dtype(0)),
                     context.input_shape(0));
}

void bernoulli_kernel(KernelContext& context) {
  const Tensor& p = context.input(0);
  const std::vector<double> probabilities = p.to_double();
  fill_output(context, optional_dtype(context.node(), "dtype").value_or(p.dtype()), p.dims(),
              [&](const Words& words, int64_t i) {
                return words.uniform() < probabilities[static_cast<size_t>(i)] ? 1.0 : 0.0;
              });
}

// Rows of running sums of the probabilities, from logarithms that need not be normalised.
std::vector<double> running_probabilities(const Tensor& x, int64_t classes) {
  std::vector<double> values = x.to_double();
  for (auto row = values.begin(); row != values.end(); row += classes) {
    const double largest = *std::max_element(row, row + classes);
    double sum = 0;
    for (auto value = row; value != row + classes; ++value) *value = sum += std::exp(*value - largest);
  }
  return values;
}

void multinomial_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  const int64_t samples = int_attr(context.node(), "sample_size");
  if (x.rank() != 2 || x.dims()[1] == 0) context.fail("the input must be of shape [batch, classes]");
  if (samples < 0) context.fail("sample_size is {}, it must not be negative", samples);
  const int64_t classes = x.dims()[1];
  const std::vector<double> sums = running_probabilities(x, classes);
  fill_output(context, dtype_attr(context.node(), "dtype"), {x.dims()[0], samples},
              [&](const Words& words, int64_t i) {
                const auto row = sums.begin() + i / samples * classes;
                const double limit = words.uniform() * row[classes - 1];
                const auto chosen = std::upper_bound(row, row + classes, limit) - row;
                return static_cast<double>(std::min<int64_t>(chosen, classes - 1));
              });
}

void infer_multinomial(InferContext& context) {
  const Shape& shape = context.input_shape(0);
  const Dim batch = shape.has_rank() && shape.rank() == 2 ? shape[0] : Dim::unknown();
  context.set_output(0, dtype_attr(context.node(), "dtype"),
                     {batch, int_attr(context.node(), "sample_size")});
}

struct DropoutParameters {
  double ratio = 0.5;
  bool training = false;
};

DropoutParameters dropout_parameters(const KernelContext& context) {
  DropoutParameters parameters;
  if (context.has_input(1) && context.input(1).size() == 1)
    parameters.ratio = context.input(1).to_double()[0];
  if (context.has_input(2) && context.input(2).size() == 1)
    parameters.training = context.input(2).to_int64()[0] != 0;
  const bool valid = parameters.ratio >= 0 && parameters.ratio < 1;
  if (parameters.training && !valid) context.fail("the ratio is {}, it must be in [0, 1)", parameters.ratio);
  return parameters;
}

// Outside training nothing is dropped.
void dropout_kernel(KernelContext& context) {
  const DropoutParameters parameters = dropout_parameters(context);
  const Tensor& x = context.input(0);
  const bool drops = parameters.training && parameters.ratio > 0;
  Tensor mask =
      drops ? Tensor::allocate(DType::boolean, x.dims()) : Tensor::filled(DType::boolean, x.dims(), 1);
  if (drops) {
    uint8_t* kept = mutable_elements<uint8_t>(mask);
    const std::vector<double> values = x.to_double();
    const double scale = 1 / (1 - parameters.ratio);
    fill_output(context, x.dtype(), x.dims(), [&](const Words& words, int64_t i) {
      kept[i] = words.uniform() >= parameters.ratio;
      return kept[i] != 0 ? scale * values[static_cast<size_t>(i)] : 0.0;
    });
  } else {
    context.set_output(0, context.value(0));
  }
  if (context.wants_output(1)) context.set_output(1, std::move(mask));
}

void infer_dropout(InferContext& context) {
  infer_same_as_first(context);
  if (context.has_output(1)) context.set_output(1, DType::boolean, context.input_shape(0));
}

OpDef random_op(const char* name, InferFn infer, KernelFn kernel) {
  return OpDef(name).infer(infer).evaluate(kernel).random();
}

}  // namespace

OpDefs random_ops() {
  return {random_op("Bernoulli", infer_like, bernoulli_kernel).axes(axes_elementwise),
          random_op("Dropout", infer_dropout, dropout_kernel).axes(axes_follow_first),
          random_op("Multinomial", infer_multinomial, multinomial_kernel),
          random_op("RandomNormal", infer_shape_attribute, draw_shape<Normal>),
          random_op("RandomNormalLike", infer_like, draw_like<Normal>).axes(axes_elementwise),
          random_op("RandomUniform", infer_shape_attribute, draw_shape<Uniform>),
          random_op("RandomUniformLike", infer_like, draw_like<Uniform>).axes(axes_elementwise)};
}

}  // namespace modelconv
