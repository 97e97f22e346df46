// Operators without integer kernels, as others that have them; and which stay in floating point, and why.
#include <algorithm>
#include <cmath>

#include "ir/take_over.h"
#include "ops/attributes.h"
#include "ops/infer.h"
#include "passes/quantize/operators.h"
#include "passes/quantize/plan.h"
#include "passes/quantize/quantize.h"

namespace modelconv {
namespace {

// It is to stay as it is, by its name or that of a result.
bool is_named(const Node& node, const QuantizeOptions& options) {
  const auto outputs = node.outputs();
  return options.keep_float.contains(node.name()) ||
         std::any_of(outputs.begin(), outputs.end(), [&](const Value* output) {
           return output && options.keep_float.contains(output->name());
         });
}

// In front of a node that goes away, its name on all of them.
class Replacement {
 public:
  Replacement(Graph& graph, Node& node) : graph_(graph), node_(node) {}

  Value& add(const char* op, std::vector<Value*> inputs) {
    Node& made = graph_.add_node(op, std::move(inputs), {}, {""}, node_.name(), &node_);
    made.origin = node_.origin.empty() ? node_.name() : node_.origin;
    infer_node(made);
    return *made.output();
  }
  Value& number(double value) { return graph_.add_constant(Tensor::scalar(static_cast<float>(value))); }

  void finish(Value& y) { take_over(y, node_); }

 private:
  Graph& graph_;
  Node& node_;
};

// Six times as much, between 0 and 6: a sum has that clamp built in.
Value& hard_sigmoid(Replacement& made, Value& input, double alpha, double beta) {
  Value* x = &input;
  if (std::abs(alpha - 1) > 1e-6) x = &made.add("Mul", {x, &made.number(alpha)});
  Value& sum = made.add("Add", {x, &made.number(beta)});
  Value& clamped = made.add("Clip", {&sum, &made.number(0), &made.number(6)});
  return made.add("Mul", {&clamped, &made.number(1.0 / 6)});
}

void take_apart_hard_sigmoid(Graph& graph, Node& node) {
  Replacement made(graph, node);
  const double alpha = 6 * double{float_attr(node, "alpha")}, beta = 6 * double{float_attr(node, "beta")};
  made.finish(hard_sigmoid(made, *node.input(0), alpha, beta));
}

void take_apart_hard_swish(Graph& graph, Node& node) {
  Replacement made(graph, node);
  Value& x = *node.input(0);
  made.finish(made.add("Mul", {&x, &hard_sigmoid(made, x, 1, 3)}));
}

void take_apart_swish(Graph& graph, Node& node) {
  Replacement made(graph, node);
  Value& x = *node.input(0);
  const float alpha = float_attr(node, "alpha");
  Value& steep = alpha == 1 ? x : made.add("Mul", {&x, &made.number(double{alpha})});
  made.finish(made.add("Mul", {&x, &made.add("Sigmoid", {&steep})}));
}

// By a constant: times what is one through it.
void multiply_instead(Graph& graph, Node& node) {
  const Tensor& divisor = node.input(1)->constant();
  std::vector<float> factors;
  for (const double value : divisor.to_double()) factors.push_back(static_cast<float>(1 / value));
  Replacement made(graph, node);
  Value& factor = graph.add_constant(Tensor::of<float>(divisor.dims(), factors));
  made.finish(made.add("Mul", {node.input(0), &factor}));
}

// x [..., k] times a constant matrix, plus one number per column: Gemm on rows, whose kernel adds in 32 bits.
void join_bias(Graph& graph, Node& add, const QuantizeOptions& options) {
  Value *x = add.input(0), *bias = add.input(1);
  if (x->is_constant()) std::swap(x, bias);
  Node* product = x->producer();
  if (!product || product->op() != OpName("MatMul") || &product->graph() != &graph || !x->has_one_use())
    return;
  if (is_named(*product, options)) return;
  const Value* weights = product->input(1);
  const Shape& shape = x->shape();
  if (!bias->is_constant() || !weights->is_constant() || weights->shape().rank() != 2 || x->is_graph_output())
    return;
  const Dim& columns = weights->shape()[1];
  const Dims& dims = bias->constant().dims();
  if (!columns.equals(bias->constant().size()) || dims.empty() || !columns.equals(dims.back())) return;
  if (!shape.has_rank() || !(shape.dims() == add.output()->shape().dims()) || shape.rank() < 2) return;
  const auto unknown =
      std::count_if(shape.dims().begin(), shape.dims().end(), [](const Dim& dim) { return !dim.is_known(); });
  if (unknown > 1) return;
  std::vector<int64_t> sizes;
  for (const Dim& dim : shape.dims()) sizes.push_back(dim.known().value_or(-1));
  Replacement made(graph, add);
  Value& flat_bias = graph.add_constant(bias->constant().reshaped({columns.value()}), bias->name());
  Value* matrix = product->input(0);
  if (shape.rank() > 2)
    matrix = &made.add(
        "Reshape",
        {matrix, &graph.add_constant(Tensor::vector(std::vector<int64_t>{-1, weights->shape()[0].value()}))});
  Value* y = &made.add("Gemm", {matrix, product->input(1), &flat_bias});
  if (shape.rank() > 2) y = &made.add("Reshape", {y, &graph.add_constant(Tensor::vector(sizes))});
  made.finish(*y);
  graph.remove(*product);
}

bool divides_by_constant(const Node& node) {
  if (node.op() != OpName("Div") || !node.input(1)->is_constant()) return false;
  const std::vector<double> values = node.input(1)->constant().to_double();
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isnormal(value); });
}

bool computes_floats(const Node& node) {
  static const std::set<std::string> others = {
      "ArgMax",           "ArgMin", "Constant",       "ConstantOfShape",
      "DequantizeLinear", "Range",  "QuantizeLinear", "Shape"};
  if (others.contains(node.op().name())) return false;
  const auto is_real = [](const Value* value) { return value && value->dtype() == DType::float32; };
  const auto inputs = node.inputs(), outputs = node.outputs();
  return !node.subgraphs().empty() || std::any_of(inputs.begin(), inputs.end(), is_real) ||
         std::any_of(outputs.begin(), outputs.end(), is_real);
}

std::string reason_for(const Node& node, bool on_request) {
  if (on_request) return "keep_float names it";
  const std::string& op = node.op().name();
  if (op == "RNN" || op == "GRU" || op == "LSTM" || !node.subgraphs().empty())
    return "loops and branches are not quantized";
  if (has_integer_kernel(node.op())) return "its integer kernel does not take these attributes or inputs";
  return "it has no integer kernel";
}

}  // namespace

void prepare_for_integers(Graph& graph, const QuantizeOptions& options) {
  for (Node* node : graph.node_list()) {
    if (!node->op().is_canonical() || !node->output() || node->output()->dtype() != DType::float32) continue;
    if (is_named(*node, options)) continue;
    if (node->op() == OpName("HardSigmoid"))
      take_apart_hard_sigmoid(graph, *node);
    else if (node->op() == OpName("HardSwish") && options.int16_activations)
      take_apart_hard_swish(graph, *node);
    else if (node->op() == OpName("Swish"))
      take_apart_swish(graph, *node);
    else if (divides_by_constant(*node))
      multiply_instead(graph, *node);
    else if (node->op() == OpName("Add"))
      join_bias(graph, *node, options);
  }
}

std::vector<FloatOperator> left_in_float(const Graph& graph, const QuantizeOptions& options) {
  const QuantizePlan plan = plan_quantization(graph, options);
  const std::set<const Node*> planned(plan.nodes.begin(), plan.nodes.end());
  std::vector<FloatOperator> left;
  for (const auto& node : graph.nodes()) {
    if (!computes_floats(*node)) continue;
    if (!planned.contains(node.get()))
      left.push_back({node->describe(), node->op().str(), reason_for(*node, quantizable(*node) != nullptr)});
    else if (options.int16_activations && !has_wide_kernel(node->op()))
      left.push_back({node->describe(), node->op().str(), "its integer kernels have 8 bits"});
  }
  return left;
}

}  // namespace modelconv
