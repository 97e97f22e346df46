#include "ops/infer.h"

#include "ops/op_def.h"

namespace modelconv {

const Type& InferContext::input_type(size_t index) const {
  static const Type unknown;
  const Value* input = node_.input(index);
  return input ? input->type : unknown;
}

const Tensor* InferContext::constant(size_t index) const {
  const Value* input = node_.input(index);
  return input && input->is_constant() ? &input->constant() : nullptr;
}

namespace {

// Elements are carried for tensors that can be shapes or parts of them; larger ones are data.
constexpr int64_t kMostElements = 64;

bool can_carry_elements(const Tensor& tensor) {
  return (tensor.dtype() == DType::int64 || tensor.dtype() == DType::int32) && tensor.rank() <= 1 &&
         tensor.size() <= kMostElements;
}

}  // namespace

std::optional<std::vector<Dim>> InferContext::elements(size_t index) const {
  const Value* input = node_.input(index);
  if (!input) return std::nullopt;
  if (input->elements) return input->elements;
  if (!input->is_constant() || !can_carry_elements(input->constant())) return std::nullopt;
  std::vector<Dim> dims;
  for (const int64_t value : input->constant().to_int64()) dims.emplace_back(value);
  return dims;
}

std::optional<std::vector<int64_t>> InferContext::known_ints(size_t index) const {
  if (const Tensor* tensor = constant(index); tensor && is_integer(tensor->dtype()))
    return tensor->to_int64();
  const auto dims = elements(index);
  if (!dims) return std::nullopt;
  std::vector<int64_t> values;
  for (const Dim& dim : *dims) {
    if (!dim.is_known()) return std::nullopt;
    values.push_back(dim.value());
  }
  return values;
}

void InferContext::set_output(size_t index, DType dtype, Shape shape) {
  set_output_type(index, Type::tensor(dtype, std::move(shape)));
}

// What the rule computes wins over a shape that contradicts it: files do declare wrong shapes for intermediate values
// (an example size written down as if it were fixed), and runtimes run them. Dtypes have no such excuse.
void InferContext::set_output_type(size_t index, Type type) {
  Value* output = node_.output(index);
  if (!output) return;
  if (type.compatible_with(output->type)) {
    output->type = type.merged_with(output->type);
    return;
  }
  const bool same_element = type.is_tensor() && output->type.is_tensor() && type.dtype == output->type.dtype;
  if (!same_element && (type.is_tensor() || output->type.is_tensor()))
    fail("output '{}' is declared as {}, but the inputs give {}", output->name(), output->type.str(),
         type.str());
  output->type = std::move(type);
}

void InferContext::set_elements(size_t index, std::vector<Dim> elements) {
  Value* output = node_.output(index);
  if (!output || elements.size() > static_cast<size_t>(kMostElements)) return;
  for (const Dim& element : elements)
    if (!element.is_unknown()) {
      output->elements = std::move(elements);
      return;
    }
}

Dim InferContext::data_dependent(size_t output, size_t axis) const {
  const Value* value = node_.output(output);
  return Dim::symbol(fmt::format("?{}.{}", value ? value->name() : node_.describe(), axis));
}

std::vector<Type> InferContext::infer_subgraph(Graph& graph, const std::vector<Type>& inputs) const {
  if (inputs.size() > graph.inputs().size())
    fail("subgraph '{}' takes {} inputs, {} are given", graph.name, graph.inputs().size(), inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    Value& input = *graph.inputs()[i];
    if (!inputs[i].compatible_with(input.type))
      fail("input '{}' of subgraph '{}' is {}, it is given {}", input.name(), graph.name, input.type.str(),
           inputs[i].str());
    input.type = inputs[i].merged_with(input.type);
  }
  infer_graph(graph);
  std::vector<Type> outputs;
  for (const GraphOutput& output : graph.outputs()) outputs.push_back(output.value->type);
  return outputs;
}

void InferContext::throw_shape_error(const std::string& message) const {
  std::string types;
  for (size_t i = 0; i < node_.input_count(); ++i) types += (i ? ", " : "") + input_type(i).str();
  throw ShapeError(message).in(fmt::format("{} with inputs ({})", node_.describe(), types));
}

void infer_node(Node& node) {
  const OpDef* op = find_op(node.op());
  if (!op || !op->infer_rule()) {
    // An operator that the table does not know keeps its declared types; its subgraphs are looked at all the same.
    for (Graph* subgraph : node.subgraphs()) infer_graph(*subgraph);
    return;
  }
  InferContext context(node);
  try {
    op->infer_rule()(context);
  } catch (Error& error) {
    if (error.where().empty()) error.in(node.describe());
    throw;
  }
}

void infer_graph(Graph& graph) {
  for (const auto& node : graph.nodes()) infer_node(*node);
}

void infer_same_as_first(InferContext& context) { context.set_output_type(0, context.input_type(0)); }

void infer_broadcast(InferContext& context, DType dtype) {
  Shape shape = context.input_shape(0);
  for (size_t i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i)) continue;
    try {
      shape = broadcast(shape, context.input_shape(i));
    } catch (const ShapeError&) {
      context.fail("the shapes of the inputs do not broadcast");
    }
  }
  context.set_output(0, dtype, std::move(shape));
}

void infer_broadcast(InferContext& context) { infer_broadcast(context, context.input_dtype(0)); }

void infer_broadcast_to_bool(InferContext& context) { infer_broadcast(context, DType::boolean); }

}  // namespace modelconv
