// Inputs and outputs of the graph in integers.
#include "base/error.h"
#include "ops/infer.h"
#include "passes/quantize/quantize.h"

namespace modelconv {
namespace {

// uint8 has the same steps as int8, each number 128 higher.
Value& shifted_zero_point(Graph& graph, const Value& zero, DType dtype, const std::string& name) {
  ENSURE(dtype == DType::uint8 && zero.dtype() == DType::int8, BadArgument,
         "io_type of '{}' is {}, its values are {}", name, name_of(dtype), name_of(zero.dtype()));
  const int64_t shifted = zero.constant().to_int64()[0] + 128;
  return graph.add_constant(Tensor::scalar(static_cast<uint8_t>(shifted)), name + "_io_zero_point");
}

bool set_input_type(Graph& graph, const std::string& name, DType dtype) {
  Value* input = graph.find_value(name);
  if (!input || !input->is_input() || input->uses().size() != 1 || input->is_graph_output()) return false;
  Node& quantize = *input->uses()[0].node;
  if (quantize.op() != OpName("QuantizeLinear")) return false;
  if (dtype == quantize.output()->dtype()) {
    graph.replace_all_uses(*quantize.output(), *input);
    graph.remove(quantize);
    input->type.dtype = dtype;
    return true;
  }
  Value& zero = shifted_zero_point(graph, *quantize.input(2), dtype, name);
  input->type.dtype = dtype;
  Node& restore = graph.add_node("DequantizeLinear", {input, quantize.input(1), &zero}, {},
                                 {name + "_restored"}, "", &quantize);
  infer_node(restore);
  graph.set_input(quantize, 0, restore.output());
  return true;
}

bool set_output_type(Graph& graph, const std::string& name, DType dtype) {
  for (size_t slot = 0; slot < graph.outputs().size(); ++slot) {
    if (graph.outputs()[slot].name != name) continue;
    Node* dequantize = graph.outputs()[slot].value->producer();
    if (!dequantize || dequantize->op() != OpName("DequantizeLinear")) return false;
    Value* stored = dequantize->input(0);
    if (dtype != stored->dtype()) {
      Value& zero = shifted_zero_point(graph, *dequantize->input(2), dtype, name);
      Node& again = graph.add_node("QuantizeLinear", {dequantize->output(), dequantize->input(1), &zero}, {},
                                   {name + "_" + std::string(name_of(dtype))});
      infer_node(again);
      stored = again.output();
    }
    graph.set_output_value(slot, *stored);
    graph.set_declared(slot, stored->type);
    return true;
  }
  return false;
}

}  // namespace

void set_io_types(Graph& graph, const IoTypes& types) {
  for (const auto& [name, dtype] : types) {
    if (dtype == DType::float32) continue;
    const bool done = set_input_type(graph, name, dtype) || set_output_type(graph, name, dtype);
    ENSURE(done, BadArgument,
           "io_type names '{}', which is no input or output of the model that is quantized", name);
  }
  graph.verify();
}

}  // namespace modelconv
