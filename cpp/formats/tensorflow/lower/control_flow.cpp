// If, Loop and Scan as functions that TensorFlow calls. What bodies take from outside becomes arguments when the functions
// are written (encode/graph_encoder.h).
#include "formats/common/control_flow.h"
#include "formats/common/recurrent.h"
#include "formats/tensorflow/encode/signature.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"
#include "ops/body_types.h"

namespace modelconv::tensorflow {
namespace {

GraphPtr graph_of(const Translation& t, const char* name) {
  const GraphPtr* graph = t.node().attrs.get<GraphPtr>(name);
  ENSURE(graph, MalformedModelError, "{} has no {}", t.node().describe(), name);
  return *graph;
}

void refuse_other_kinds(const Translation& t, const Value& value) {
  if (!value.type.is_tensor()) t.refuse("'{}' is {}, no tensor", value.name(), value.type.str());
}

Term scalar(const Term& x) {
  return x.value().shape().has_rank() && x.rank() == 0 ? x : reshape(x, std::vector<int64_t>{});
}

void lower_if(Translation& t) {
  std::vector<Type> types;
  for (const Value* output : t.node().outputs()) {
    refuse_other_kinds(t, *output);
    types.push_back(output->type);
  }
  const Term condition = scalar(input(t, 0));
  Node& node = t.add_node("tf.StatelessIf", {&condition.value()},
                          {{"then_branch", graph_of(t, "then_branch")},
                           {"else_branch", graph_of(t, "else_branch")},
                           {"Tout", types},
                           {"output_shapes", types}},
                          types.size());
  for (size_t i = 0; i < types.size(); ++i) t.set_output(i, *node.output(i));
}

// --- Loop
constexpr size_t kFirstVariable = 2;  // behind the number of the iteration and the condition

Value& add(Graph& graph, OpName op, std::vector<Value*> inputs, Attrs attrs = {}) {
  Node& node = graph.add_node(op, std::move(inputs), std::move(attrs));
  infer_types(node);
  return *node.output();
}

Tensor element_shape(const Type& type) {
  if (!type.shape.has_rank()) return Tensor::scalar(int32_t{-1});
  std::vector<int32_t> dims;
  for (const Dim& dim : type.shape.dims())
    dims.push_back(dim.is_known() ? static_cast<int32_t>(dim.value()) : -1);
  return Tensor::vector(dims);
}

Attrs element_type(DType dtype) { return {{"element_dtype", Type::tensor(dtype)}}; }

// What is collected over the iterations is carried as lists, one more element each time.
struct Collected {
  std::vector<Type> types;  // of one element
};

// The body's outputs: number of the next iteration, condition, variables, lists.
Collected make_body(Translation& t, Graph& body, size_t variables) {
  std::vector<Value*> results;
  while (!body.outputs().empty()) {
    results.push_back(body.outputs()[0].value);
    body.remove_output(0);
  }
  Value& number = *body.inputs()[0];
  Value& one = body.add_constant(Tensor::scalar(int64_t{1}));
  body.add_output("next", add(body, "Add", {&number, &one}));
  for (size_t i = 0; i <= variables; ++i) body.add_output(fmt::format("variable{}", i), *results.at(i));
  Collected collected;
  for (size_t i = variables + 1; i < results.size(); ++i) {
    refuse_other_kinds(t, *results[i]);
    collected.types.push_back(results[i]->type);
    Value& list = body.add_input(fmt::format("list{}", i), Type::sequence({}));
    body.add_output(fmt::format("list{}", i), add(body, "tf.TensorListPushBack", {&list, results[i]},
                                                  element_type(results[i]->dtype())));
  }
  return collected;
}

// Goes on while the condition holds and iterations are left.
GraphPtr make_condition(Translation& t, const Graph& body, Value* limit) {
  auto graph = std::make_shared<Graph>("condition", &t.graph());
  for (const Value* input : body.inputs()) graph->add_input(input->name() + "/condition", input->type);
  Value* goes_on = graph->inputs()[1];
  if (limit) {
    Value& is_left = add(*graph, "Less", {graph->inputs()[0], limit});
    goes_on = &add(*graph, "And", {goes_on, &is_left});
  }
  graph->add_output("goes_on", *goes_on);
  return graph;
}

void lower_loop(Translation& t) {
  const GraphPtr body = graph_of(t, "body");
  const size_t variables = t.input_count() - kFirstVariable;
  std::vector<Value*> inputs = {&number(t, DType::int64, 0).value()};
  inputs.push_back(t.input(1) ? &scalar(input(t, 1)).value() : &t.constant(Tensor::boolean(true)));
  std::vector<Type> types = {Type::tensor(DType::int64, Shape(std::vector<Dim>{})),
                             Type::tensor(DType::boolean, Shape(std::vector<Dim>{}))};
  for (size_t i = 0; i < variables; ++i) {
    Value& first = t.required(kFirstVariable + i);
    refuse_other_kinds(t, first);
    inputs.push_back(&first);
    types.push_back(generalize(first.type, body->outputs()[1 + i].value->type));
  }
  Value* const limit = t.input(0) ? &scalar(input(t, 0)).value() : nullptr;
  const Collected collected = make_body(t, *body, variables);
  for (const Type& type : collected.types) {
    Value& shape = t.constant(element_shape(type));
    inputs.push_back(
        &t.add("tf.EmptyTensorList", {&shape, &t.scalar(DType::int32, -1)}, element_type(type.dtype)));
    types.push_back(Type::tensor(DType::undefined, Shape(std::vector<Dim>{})));
  }
  const size_t count = inputs.size();
  Node& loop = t.add_node(
      "tf.StatelessWhile", std::move(inputs),
      {{"cond", make_condition(t, *body, limit)}, {"body", body}, {"output_shapes", types}}, count);
  for (size_t i = 0; i < variables; ++i) t.set_output(i, *loop.output(kFirstVariable + i));
  for (size_t i = 0; i < collected.types.size(); ++i) {
    const Type& type = collected.types[i];
    if (!t.wants_output(variables + i)) continue;
    t.set_output(variables + i,
                 t.add("tf.TensorListStack",
                       {loop.output(kFirstVariable + variables + i), &t.constant(element_shape(type))},
                       element_type(type.dtype)));
  }
}

}  // namespace

OpMappings lower_control_flow() {
  return {
      {"tf.StatelessIf", "If", nullptr, lower_if, "tensors"},
      {"tf.StatelessWhile", "Loop", nullptr, lower_loop, "tensors"},
      {"tf.StatelessWhile", "Scan", nullptr, scan_to_loop, ""},
      {"tf.StatelessWhile", "RNN", nullptr, rnn_to_loop, ""},
      {"tf.StatelessWhile", "GRU", nullptr, gru_to_loop, ""},
      {"tf.StatelessWhile", "LSTM", nullptr, lstm_to_loop, ""},
  };
}

}  // namespace modelconv::tensorflow
