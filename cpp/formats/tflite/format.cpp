#include "formats/tflite/format.h"

#include "base/error.h"
#include "formats/common/mapping.h"
#include "formats/tflite/control_flow.h"
#include "formats/tflite/decode.h"
#include "formats/tflite/explicit_quantization.h"
#include "formats/tflite/flex.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/write.h"
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/schema.h"
#include "wire/flatbuffer.h"

namespace modelconv {
namespace tflite {
namespace {

bool recognises(const Source& source) {
  return !source.is_folder && flatbuffer::has_identifier(source.bytes, kIdentifier);
}

std::string option(const ReadRequest& request, std::string_view name, std::string fallback) {
  const auto found = request.options.find(std::string(name));
  return found == request.options.end() ? fallback : found->second;
}

// Complex numbers only exist between the operators that know them as pairs (ops/complex.cpp).
void refuse_complex_numbers(const Graph& graph) {
  std::vector<MissingOp> ops;
  for_each_node(graph, [&](const Node& node) {
    const std::string& op = node.op().name();
    if (op == "RFFT2D" || op == "REAL" || op == "IMAG" || op == "COMPLEX_ABS") return;
    for (const auto& values : {node.inputs(), node.outputs()})
      for (const Value* value : values)
        if (value && is_complex(value->dtype()))
          return ops.push_back({node.op().str(), {node.name()}, "it computes with complex numbers"});
  });
  for (const Value* input : graph.inputs())
    if (is_complex(input->dtype())) ops.push_back({"input", {input->name()}, "it is complex"});
  for (const GraphOutput& output : graph.outputs())
    if (is_complex(output.value->dtype())) ops.push_back({"output", {output.name}, "it is complex"});
  if (!ops.empty()) throw UnsupportedOpError("reading TFLite", std::move(ops));
}

// What the file says of an output that is not known otherwise: its sizes are those of the interpreter's beginning.
void prefer_inferred_types(Graph& graph) {
  for (size_t slot = 0; slot < graph.outputs().size(); ++slot) {
    const Type& inferred = graph.outputs()[slot].value->type;
    if (inferred.is_tensor() && inferred.shape.has_rank()) graph.set_declared(slot, inferred);
  }
}

// What is done to the whole graph while it is one of TFLite's operators, and then operator by operator.
Model read(const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    ENSURE(name == "signature" || name == "state", BadArgument, "the TFLite reader has no option '{}'", name);
  const std::string state = option(request, "state", "initial");
  ENSURE(state == "initial" || state == "inputs", BadArgument,
         "the option 'state' is 'initial' or 'inputs', not '{}'", state);
  Model model = decode(request.source, option(request, "signature", ""));
  resolve_control_flow(*model.graph);
  resolve_resources(*model.graph, state == "inputs", model.notes);
  mark_flex_operators(*model.graph, request.custom_ops);
  refuse_complex_numbers(*model.graph);
  make_quantization_explicit(*model.graph);
  raise_graph(*model.graph, op_mappings(), "reading TFLite", request.custom_ops);
  prefer_inferred_types(*model.graph);
  return model;
}

// What is read, and below it what is written: one TFLite operator serves several canonical ones.
std::vector<OperatorCoverage> operators() {
  std::vector<OperatorCoverage> rows = coverage_of(op_mappings()), written = coverage_of(lowerings());
  rows.insert(rows.end(), written.begin(), written.end());
  return rows;
}

}  // namespace
}  // namespace tflite

const Format& tflite_format() {
  static const Format instance = [] {
    Format format;
    format.name = "tflite";
    format.description = "TFLite (LiteRT) flatbuffer";
    format.suffixes = {".tflite", ".lite"};
    format.recognises = tflite::recognises;
    format.read = tflite::read;
    format.write = tflite::write;
    format.operators = tflite::operators;
    return format;
  }();
  return instance;
}

}  // namespace modelconv
