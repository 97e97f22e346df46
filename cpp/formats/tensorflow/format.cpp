#include "formats/tensorflow/format.h"

#include <algorithm>
#include <span>

#include "formats/tensorflow/build_graph.h"
#include "formats/tensorflow/control_flow/tensor_lists.h"
#include "formats/tensorflow/decode.h"
#include "formats/tensorflow/text_graph_def.h"

namespace modelconv {
namespace tensorflow {
namespace {

// A GraphDef begins with a node whose first field is its name, or (an empty graph apart) with its library or versions.
bool looks_like_graph_def(Bytes bytes) {
  try {
    protobuf::Reader message(bytes, "GraphDef");
    if (!message.next() || message.wire_type() != protobuf::WireType::bytes) return false;
    if (message.field() == 4 || message.field() == 2) return message.next() && message.field() <= 5;
    if (message.field() != 1) return false;
    protobuf::Reader node = message.as_message("node");
    bool has_name = false, has_op = false;
    while (node.next()) {
      if (node.field() == 1) has_name = !node.as_string().empty();
      if (node.field() == 2) has_op = !node.as_string().empty();
    }
    return has_name && has_op;
  } catch (const MalformedModelError&) {
    return false;
  }
}

void refuse_options(const ReadRequest& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.options) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw BadArgument(fmt::format("the TensorFlow reader has no option '{}'", name));
  }
}

Model read_frozen(const ReadRequest& request) {
  Model model = decode_graph_def(request);
  lower_tensor_lists(*model.graph);
  raise_graph(*model.graph, op_mappings(), "reading TensorFlow", request.custom_ops);
  return model;
}

Model read_saved_model(const ReadRequest& request) {
  Model model = decode_saved_model(request);
  lower_tensor_lists(*model.graph);
  raise_graph(*model.graph, op_mappings(), "reading TensorFlow", request.custom_ops);
  return model;
}

bool recognises_frozen(const Source& source) {
  return !source.is_folder && (looks_like_graph_def(source.bytes) || looks_like_text_graph_def(source.bytes));
}

GraphDef parse_source(const Source& source) {
  if (!looks_like_text_graph_def(source.bytes))
    return parse_graph_def(protobuf::Reader(source.bytes, "GraphDef"), source.keep_alive);
  const auto binary = std::make_shared<const std::string>(text_graph_def_to_binary(source.bytes));
  return parse_graph_def(protobuf::Reader(std::as_bytes(std::span(*binary)), "GraphDef"), binary);
}

std::vector<OperatorCoverage> operators() { return coverage_of(op_mappings()); }

bool recognises_saved_model(const Source& source) {
  std::error_code unreadable;  // then it is none
  return source.is_folder && std::filesystem::is_regular_file(source.path / "saved_model.pb", unreadable);
}

}  // namespace

Model decode_graph_def(const ReadRequest& request) {
  refuse_options(request, {});
  Model model;
  model.source_format = "tensorflow";
  const GraphDef def = parse_source(request.source);
  std::vector<GraphInput> inputs;
  for (const std::string& name : request.inputs) inputs.push_back({name, name, {}});
  std::vector<GraphOutputName> outputs;
  for (const std::string& name : request.outputs.empty() ? guess_outputs(def) : request.outputs)
    outputs.push_back({name, name});
  model.graph = build_graph(def, inputs, outputs);
  return model;
}

}  // namespace tensorflow

const Format& tensorflow_format() {
  static const Format format = {"tensorflow",
                                "TensorFlow GraphDef (frozen graph)",
                                {".pb", ".pbtxt"},
                                tensorflow::recognises_frozen,
                                tensorflow::read_frozen,
                                nullptr,
                                tensorflow::operators,
                                true};
  return format;
}

const Format& saved_model_format() {
  static const Format format = {"saved_model",
                                "TensorFlow SavedModel (folder)",
                                {},
                                tensorflow::recognises_saved_model,
                                tensorflow::read_saved_model,
                                nullptr,
                                tensorflow::operators,
                                true};
  return format;
}

}  // namespace modelconv
