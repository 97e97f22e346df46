// If, Loop and Scan as functions that TensorFlow calls. What bodies take from outside becomes arguments when the functions
// are written (encode/graph_encoder.h).
#include "formats/common/control_flow.h"
#include "formats/common/recurrent.h"
#include "formats/common/subgraph.h"
#include "formats/common/while_form.h"
#include "formats/tensorflow/encode/signature.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void lower_if(Translation& t) {
  std::vector<Type> types;
  for (const Value* output : t.node().outputs()) {
    require_tensor(t, *output);
    types.push_back(output->type);
  }
  Node& node = t.add_node("tf.StatelessIf", {&as_scalar(t, t.required(0))},
                          {{"then_branch", subgraph_of(t, "then_branch")},
                           {"else_branch", subgraph_of(t, "else_branch")},
                           {"Tout", types},
                           {"output_shapes", types}},
                          types.size());
  for (size_t i = 0; i < types.size(); ++i) t.set_output(i, *node.output(i));
}

// --- Loop
Tensor element_shape(const Type& type) {
  if (!type.shape.has_rank()) return Tensor::scalar(int32_t{-1});
  std::vector<int32_t> dims;
  for (const Dim& dim : type.shape.dims())
    dims.push_back(dim.is_known() ? static_cast<int32_t>(dim.value()) : -1);
  return Tensor::vector(dims);
}

Attrs element_type(DType dtype) { return {{"element_dtype", Type::tensor(dtype)}}; }

// What is collected over the iterations is carried as a list, one more element each time.
void carry_list(Translation& t, WhileForm& loop, Value& element) {
  const Attrs attrs = element_type(element.dtype());
  Value& empty = t.add("tf.EmptyTensorList",
                       {&t.constant(element_shape(element.type)), &t.scalar(DType::int32, -1)}, attrs);
  Value& list = loop.body()->add_input("list", empty.type);
  Node& longer = loop.body()->add_node("tf.TensorListPushBack", {&list, &element}, attrs);
  infer_types(longer);
  loop.carry(empty, empty.type, list, *longer.output());
}

void lower_loop(Translation& t) {
  WhileForm loop(t);
  for (Value* element : loop.collected()) carry_list(t, loop, *element);
  const size_t first_list = WhileForm::kFirstVariable + loop.variables();
  std::vector<Type> types = loop.types();  // lists are scalars
  for (Type& type : types)
    if (!type.is_tensor()) type = Type::tensor(DType::undefined, Shape(std::vector<Dim>{}));
  const Node& node = t.add_node("tf.StatelessWhile", loop.beginning(),
                                {{"cond", loop.condition()}, {"body", loop.body()}, {"output_shapes", types}},
                                loop.types().size());
  for (size_t i = 0; i < loop.variables(); ++i) t.set_output(i, *node.output(WhileForm::kFirstVariable + i));
  for (size_t i = 0; i < loop.collected().size(); ++i) {
    if (!t.wants_output(loop.variables() + i)) continue;
    const Type& type = loop.collected()[i]->type;
    t.set_output(loop.variables() + i,
                 t.add("tf.TensorListStack", {node.output(first_list + i), &t.constant(element_shape(type))},
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
