// com.microsoft operators that fuse others: FusedMatMul, FusedGemm, FusedConv, Gelu and its relatives.
// Attribute defaults: ONNX Runtime, docs/ContribOperators.md.
#include <algorithm>
#include <cmath>

#include "ops/all_ops.h"
#include "ops/broadcast_parameter.h"
#include "ops/conv_plan.h"
#include "ops/matmul_plan.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// --- FusedMatMul: alpha * A' B'
template <class Sizes>
Sizes transposed_if(bool transpose, Sizes sizes, size_t rank) {
  if (transpose && rank >= 2) std::swap(sizes[rank - 1], sizes[rank - 2]);
  return sizes;
}

bool flag(const Node& node, const char* name) { return optional_int(node, name).value_or(0) != 0; }

void infer_fused_matmul(InferContext& context) {
  const Shape &a = context.input_shape(0), &b = context.input_shape(1);
  const Node& node = context.node();
  context.set_output(0, context.input_dtype(0),
                     infer_matmul_shape(context, transposed_if(flag(node, "transA"), a, a.rank()),
                                        transposed_if(flag(node, "transB"), b, b.rank())));
}

void run_fused_matmul(KernelContext& context) {
  const Node& node = context.node();
  if (flag(node, "transBatchA") || flag(node, "transBatchB"))
    context.fail("no kernel for transposed batch axes");
  const Tensor &a = context.input(0), &b = context.input(1);
  const bool trans_a = flag(node, "transA") && a.rank() >= 2, trans_b = flag(node, "transB") && b.rank() >= 2;
  const MatMulPlan plan = plan_matmul(node, transposed_if(trans_a, a.dims(), a.rank()),
                                      transposed_if(trans_b, b.dims(), b.rank()), !trans_a);
  Tensor& y = context.allocate(0, a.dtype(), plan.output);
  const float alpha = optional_float(node, "alpha").value_or(1);
  visit_types(
      context, a.dtype(),
      [&]<class T>(T) {
        T* result = y.mutable_data<T>().data();
        for_each_batch(context.threads(), plan.batches(), [&](int64_t i) {
          MatrixView<T> left = plan.a(a.data<T>().data(), i), right = plan.b(b.data<T>().data(), i);
          if (trans_a) left = {left.data, 1, plan.m};
          if (trans_b) right = {right.data, 1, plan.k};
          multiply(
              context.threads(),
              Product<T>{plan.m, plan.n, plan.k, result + i * plan.m * plan.n, plan.n, static_cast<T>(alpha)},
              left, right);
        });
      },
      FloatTypes());
}

// --- activations behind a product
using Activation = float (*)(float x, float first, float second);

Activation find_activation(const KernelContext& context, const std::string& name) {
  static const struct {
    const char* name;
    Activation function;
  } functions[] = {
      {"", [](float x, float, float) { return x; }},
      {"Relu", [](float x, float, float) { return std::max(x, 0.0F); }},
      {"Tanh", [](float x, float, float) { return std::tanh(x); }},
      {"Sigmoid", [](float x, float, float) { return 1 / (1 + std::exp(-x)); }},
      {"LeakyRelu", [](float x, float alpha, float) { return x >= 0 ? x : alpha * x; }},
      {"Clip", [](float x, float low, float high) { return std::min(std::max(x, low), high); }},
      {"HardSigmoid",
       [](float x, float alpha, float beta) { return std::clamp(alpha * x + beta, 0.0F, 1.0F); }},
  };
  for (const auto& entry : functions)
    if (name == entry.name) return entry.function;
  context.fail("no kernel for the activation '{}'", name);
}

void activate(const KernelContext& context, std::span<float> y, float first, float second) {
  const Activation function =
      find_activation(context, optional_string(context.node(), "activation").value_or(""));
  for (float& value : y) value = function(value, first, second);
}

// --- FusedGemm: activation(alpha * A' B' + beta * C)
void run_fused_gemm(KernelContext& context) {
  if (context.input(0).dtype() != DType::float32)
    context.fail("no kernel for {}", name_of(context.input(0).dtype()));
  run_gemm(context);
  Tensor result = context.output(0).tensor();
  const Node& node = context.node();
  activate(context, result.mutable_data<float>(), optional_float(node, "activation_alpha").value_or(0),
           optional_float(node, "activation_beta").value_or(0));
}

// --- FusedConv: activation(conv(x) + z)
void run_fused_conv(KernelContext& context) {
  if (context.input(0).dtype() != DType::float32)
    context.fail("no kernel for {}", name_of(context.input(0).dtype()));
  const Node& node = context.node();
  run_conv(context);
  Tensor result = context.output(0).tensor();
  const std::span<float> y = result.mutable_data<float>();
  if (context.has_input(3)) {
    if (context.input(3).dims() != result.dims())
      context.fail("the addend's shape differs from the result's");
    const std::span<const float> z = context.input(3).data<float>();
    for (size_t i = 0; i < y.size(); ++i) y[i] += z[i];
  }
  const auto* given = node.attrs.get<std::vector<float>>("activation_params");
  std::vector<float> parameters = given ? *given : std::vector<float>();
  parameters.resize(2, 0);
  activate(context, y, parameters[0], parameters[1]);
}

// --- the Gelu family, with an optional bias along the last axis
template <class Function>
void run_gelu(KernelContext& context) {
  const Tensor& x = context.input(0);
  const float alpha = optional_float(context.node(), "alpha").value_or(1.702F);
  std::vector<double> bias;
  if (context.has_input(1)) {
    if (x.rank() == 0 || context.input(1).dims() != Dims{x.dims().back()})
      context.fail("the bias does not fit");
    bias = context.input(1).to_double();
  }
  Tensor& y = context.allocate(0, x.dtype(), x.dims(), 0);
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        const T* source = x.data<T>().data();
        T* target = y.mutable_data<T>().data();
        const auto columns = static_cast<int64_t>(bias.size());
        context.threads().parallel_for(x.size(), 4096, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const T added = columns == 0 ? T(0) : static_cast<T>(bias[static_cast<size_t>(i % columns)]);
            target[i] = Function::at(source[i] + added, static_cast<T>(alpha));
          }
        });
      },
      FloatTypes());
}

struct ExactGelu {
  template <class T>
  static T at(T x, T) {
    return T(0.5) * x * (1 + std::erf(x * T(0.70710678118654752440)));
  }
};

struct TanhGelu {
  template <class T>
  static T at(T x, T) {
    return T(0.5) * x * (1 + std::tanh(T(0.79788456080286535588) * (x + T(0.044715) * x * x * x)));
  }
};

struct SigmoidGelu {
  template <class T>
  static T at(T x, T alpha) {
    return x / (1 + std::exp(-alpha * x));
  }
};

template <class Function>
OpDef gelu(const char* name) {
  return OpDef(name).infer(infer_same_as_first).evaluate(run_gelu<Function>).widen_half();
}

}  // namespace

OpDefs contrib_fused_ops() {
  return {
      OpDef("com.microsoft.FusedMatMul").infer(infer_fused_matmul).evaluate(run_fused_matmul).widen_half(),
      OpDef("com.microsoft.FusedGemm").infer(infer_gemm).evaluate(run_fused_gemm).widen_half(),
      OpDef("com.microsoft.FusedConv").infer(infer_conv).evaluate(run_fused_conv).widen_half(),
      gelu<ExactGelu>("com.microsoft.Gelu"),
      gelu<ExactGelu>("com.microsoft.BiasGelu"),
      gelu<TanhGelu>("com.microsoft.FastGelu"),
      gelu<SigmoidGelu>("com.microsoft.QuickGelu"),
  };
}

}  // namespace modelconv
