// Steps of optimisers, ai.onnx.preview.training: Adagrad, Adam, Momentum. Inputs: learning rate R, number of updates T,
// then for n parameters: their values, their gradients, and one or two running averages of each; outputs: the new
// values, then the new averages. Source: the operators' definitions in the onnx package.
#include <cmath>

#include "ops/all_ops.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// One element: x the parameter, g its gradient, a and b the running averages (b unused where there is one).
struct Element {
  double x, g, a, b;
};

struct Moment {
  double rate;      // R
  bool is_started;  // T > 0
  double updates;   // T
};

struct Adagrad {
  static constexpr size_t kAverages = 1;
  Adagrad(const Node& node, const Moment& moment)
      : norm(float_attr(node, "norm_coefficient")),
        epsilon(float_attr(node, "epsilon")),
        rate(moment.rate / (1 + moment.updates * float_attr(node, "decay_factor"))) {}
  void step(Element& e) const {
    const double g = norm * e.x + e.g;
    e.a += g * g;
    e.x -= rate * g / (std::sqrt(e.a) + epsilon);
  }
  double norm, epsilon, rate;
};

struct Adam {
  static constexpr size_t kAverages = 2;
  Adam(const Node& node, const Moment& moment)
      : norm(float_attr(node, "norm_coefficient")),
        norm_after(float_attr(node, "norm_coefficient_post")),
        alpha(float_attr(node, "alpha")),
        beta(float_attr(node, "beta")),
        epsilon(float_attr(node, "epsilon")),
        rate(moment.rate) {
    if (moment.is_started)  // corrects the bias of averages that began at zero
      rate *= std::sqrt(1 - std::pow(beta, moment.updates)) / (1 - std::pow(alpha, moment.updates));
  }
  void step(Element& e) const {
    const double g = norm * e.x + e.g;
    e.a = alpha * e.a + (1 - alpha) * g;
    e.b = beta * e.b + (1 - beta) * g * g;
    e.x = (1 - norm_after) * (e.x - rate * e.a / (std::sqrt(e.b) + epsilon));
  }
  double norm, norm_after, alpha, beta, epsilon, rate;
};

struct Momentum {
  static constexpr size_t kAverages = 1;
  Momentum(const Node& node, const Moment& moment)
      : norm(float_attr(node, "norm_coefficient")),
        alpha(float_attr(node, "alpha")),
        beta(moment.is_started ? float_attr(node, "beta") : 1),  // the first gradient counts fully
        rate(moment.rate),
        is_nesterov(string_attr(node, "mode") == "nesterov") {}
  void step(Element& e) const {
    const double g = norm * e.x + e.g;
    e.a = alpha * e.a + beta * g;
    e.x -= rate * (is_nesterov ? g + alpha * e.a : e.a);
  }
  double norm, alpha, beta, rate;
  bool is_nesterov;
};

// Parameters, gradients and averages, each `count` inputs behind the former.
size_t count_parameters(size_t inputs, size_t averages) {
  return inputs > 2 && (inputs - 2) % (averages + 2) == 0 ? (inputs - 2) / (averages + 2) : 0;
}

template <class Rule>
void update_one(KernelContext& context, const Rule& rule, size_t index, size_t count) {
  const Tensor& x = context.input(2 + index);
  std::vector<const Tensor*> others;
  for (size_t i = 1; i <= Rule::kAverages + 1; ++i) {
    others.push_back(&context.input(2 + i * count + index));
    if (others.back()->dims() != x.dims() || others.back()->dtype() != x.dtype())
      context.fail("parameter {}, its gradient and its averages are not alike", index);
  }
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        const T *values = x.data<T>().data(), *gradient = others[0]->data<T>().data(),
                *first = others[1]->data<T>().data(), *second = others.back()->data<T>().data();
        T *new_x = context.allocate(index, x.dtype(), x.dims()).template mutable_data<T>().data(),
          *new_first = context.allocate(count + index, x.dtype(), x.dims()).template mutable_data<T>().data();
        T* new_second = nullptr;
        if (Rule::kAverages == 2)
          new_second =
              context.allocate(2 * count + index, x.dtype(), x.dims()).template mutable_data<T>().data();
        for (int64_t i = 0; i < x.size(); ++i) {
          Element e{values[i], gradient[i], first[i], second[i]};
          rule.step(e);
          new_x[i] = static_cast<T>(e.x);
          new_first[i] = static_cast<T>(e.a);
          if (new_second) new_second[i] = static_cast<T>(e.b);
        }
      },
      FloatTypes());
}

template <class Rule>
void update(KernelContext& context) {
  const size_t count = count_parameters(context.input_count(), Rule::kAverages);
  if (count == 0 || context.output_count() != count * (Rule::kAverages + 1))
    context.fail("{} inputs and {} outputs do not fit together", context.input_count(),
                 context.output_count());
  if (context.input(0).size() != 1 || context.input(1).size() != 1)
    context.fail("learning rate and update count must be single numbers");
  const double updates = context.input(1).to_double()[0];
  const Rule rule(context.node(), {context.input(0).to_double()[0], updates > 0, updates});
  for (size_t i = 0; i < count; ++i) update_one(context, rule, i, count);
}

// Outputs are shaped as the parameters and averages that they replace.
template <class Rule>
void infer_update(InferContext& context) {
  const size_t count = count_parameters(context.input_count(), Rule::kAverages);
  for (size_t i = 0; count > 0 && i < context.output_count(); ++i)
    context.set_output(i, context.input_dtype(2 + i % count), context.input_shape(2 + i % count));
}

template <class Rule>
OpDef optimizer(const char* name) {
  return OpDef({"ai.onnx.preview.training", name}).infer(infer_update<Rule>).evaluate(update<Rule>);
}

}  // namespace

OpDefs training_ops() {
  return {optimizer<Adagrad>("Adagrad"), optimizer<Adam>("Adam"), optimizer<Momentum>("Momentum")};
}

}  // namespace modelconv
