// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// Scores [batch, classes, places].
struct Classes {
  int64_t batch, count, places;
};

Classes split_classes(const KernelContext& context) {
  const Dims &x = context.input(0).dims(), &labels = context.input(1).dims();
  if (x.size() < 2) context.fail("the scores need a batch and a class axis");
  Dims wanted = x;
  wanted.erase(wanted.begin() + 1);
  if (labels != wanted) context.fail("labels of {} for scores of {}", to_string(labels), to_string(x));
  Classes c{x[0], x[1], 1};
  for (size_t i = 2; i < x.size(); ++i) c.places *= x[i];
  if (context.has_input(2) && context.input(2).dims() != Dims{c.count})
    context.fail("one weight per class is needed");
  return c;
}

// The loss of log probabilities.
template <class T>
void set_loss(KernelContext& context, const Classes& c, const T* log_probabilities) {
  const Node& node = context.node();
  const std::string reduction = string_attr(node, "reduction");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    context.fail("unknown reduction '{}'", reduction);
  const auto ignored = optional_int(node, "ignore_index");
  const T* weights = context.has_input(2) ? context.input(2).data<T>().data() : nullptr;
  const std::vector<int64_t> labels = context.input(1).to_int64();
  const bool each = reduction == "none";
  T* y = context.allocate(0, dtype_of<T>, each ? context.input(1).dims() : Dims())
             .template mutable_data<T>()
             .data();
  double sum = 0, weight_sum = 0;
  for (int64_t i = 0; i < c.batch * c.places; ++i) {
    const int64_t label = labels[static_cast<size_t>(i)];
    T loss = 0;
    if (!ignored || label != *ignored) {
      if (label < 0 || label >= c.count) context.fail("label {} of {} classes", label, c.count);
      const T weight = weights ? weights[label] : T(1);
      loss = -weight * log_probabilities[(i / c.places * c.count + label) * c.places + i % c.places];
      sum += static_cast<double>(loss);
      weight_sum += static_cast<double>(weight);
    }
    if (each) y[i] = loss;
  }
  if (!each) y[0] = static_cast<T>(reduction == "sum" ? sum : sum / weight_sum);
}

void run_likelihood(KernelContext& context) {
  const Classes c = split_classes(context);
  visit_types(
      context, context.input(0).dtype(),
      [&]<class T>(T) { set_loss(context, c, context.input(0).data<T>().data()); }, FloatTypes());
}

template <class T>
void log_softmax(const Classes& c, const T* x, T* y) {
  for (int64_t i = 0; i < c.batch * c.places; ++i) {
    const int64_t first = i / c.places * c.count * c.places + i % c.places;
    T largest = x[first];
    for (int64_t k = 1; k < c.count; ++k) largest = std::max(largest, x[first + k * c.places]);
    double sum = 0;
    for (int64_t k = 0; k < c.count; ++k)
      sum += std::exp(static_cast<double>(x[first + k * c.places] - largest));
    const T log_sum = static_cast<T>(std::log(sum));
    for (int64_t k = 0; k < c.count; ++k)
      y[first + k * c.places] = x[first + k * c.places] - largest - log_sum;
  }
}

void run_cross_entropy(KernelContext& context) {
  const Classes c = split_classes(context);
  if (c.count == 0) context.fail("no classes");
  const Tensor& x = context.input(0);
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        Tensor logarithms = context.wants_output(1) ? context.allocate(1, x.dtype(), x.dims())
                                                    : Tensor::allocate(x.dtype(), x.dims());
        log_softmax(c, x.data<T>().data(), logarithms.mutable_data<T>().data());
        set_loss(context, c, logarithms.data<T>().data());
      },
      FloatTypes());
}

void infer_loss(InferContext& context) {
  const bool each = string_attr(context.node(), "reduction") == "none";
  context.set_output(0, context.input_dtype(0), each ? context.input_shape(1) : Shape(std::vector<Dim>()));
  context.set_output(1, context.input_dtype(0), context.input_shape(0));
}

}  // namespace

OpDefs loss_ops() {
  return {OpDef("NegativeLogLikelihoodLoss").infer(infer_loss).evaluate(run_likelihood).widen_half(),
          OpDef("SoftmaxCrossEntropyLoss").infer(infer_loss).evaluate(run_cross_entropy).widen_half()};
}

}  // namespace modelconv
