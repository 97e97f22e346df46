#include <algorithm>
#include <set>

#include "formats/tensorflow/encode/attr_value.h"
#include "formats/tensorflow/encode/graph_encoder.h"
#include "formats/tensorflow/encode/weights.h"
#include "formats/tensorflow/encode/writers.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"
#include "ir/constant_bytes.h"
#include "ir/provenance.h"
#include "ops/infer.h"
#include "passes/decompose/decompose.h"
#include "passes/layout/channels_last.h"
#include "rewrite/driver.h"

namespace modelconv::tensorflow {
namespace {

using protobuf::Writer;

// GraphDef version 1087 is that of TensorFlow 2.8 (2022); versions from 12 on are read by all of TensorFlow 1 and 2.
constexpr int64_t kProducer = 1087;

void refuse_large(const Model& model) {
  constexpr uint64_t kRoomForNodes = uint64_t{64} << 20;
  const uint64_t bytes = constant_bytes(*model.graph);
  if (bytes + kRoomForNodes <= Writer::kLargestMessage) return;
  throw BadArgument(fmt::format("a frozen graph of {} bytes of weights cannot be written", bytes))
      .because("a protobuf message must stay below 2 GiB")
      .hint(
          "write a SavedModel, which keeps its weights in files of their own: target_format='saved_model' "
          "(--to saved_model)");
}

Writer encode_placeholder(const std::string& name, const Type& type) {
  Writer node = encode_simple_node(name, "Placeholder", {}, "dtype", number_of(type.dtype).value());
  Writer shape;
  shape.add_message(field::attr_value::shape, encode_shape(type.shape));
  add_entry(node, field::node_def::attr, "shape", shape);
  return node;
}

// The output's name can be that of the node which computes it.
bool can_have_its_name(const GraphOutput& output) {
  const Node* producer = output.value->producer();
  return producer && output.value->has_one_use() && output.value->output_index() == 0 &&
         (!is_weight(*output.value) || output.value->kind() == Value::Kind::node_output);
}

class FrozenWriter {
 public:
  FrozenWriter(const Graph& graph, const WriteRequest& request, AtomicFiles::Stream stream)
      : graph_(graph), request_(request), stream_(stream) {}

  void write() {
    scope_.emit = [&](const Writer& node) { write_field(field::graph_def::node, node); };
    std::vector<std::string> outputs;
    for (const Value* input : graph_.inputs()) add_input(*input);
    for (const GraphOutput& output : graph_.outputs()) {
      outputs.push_back(scope_.names.take(output.name));
      known_.insert(output.name);
      report(output.name, outputs.back());
      if (can_have_its_name(output)) scope_.chosen_names.emplace(output.value, outputs.back());
    }
    encoder_.encode_nodes(graph_, scope_);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Value& value = *graph_.outputs()[i].value;
      const std::string reference = encoder_.reference(value, scope_);
      if (!can_have_its_name(graph_.outputs()[i]))
        scope_.emit(encode_simple_node(outputs[i], "Identity", {reference}, "T", type_number_of(value)));
    }
    const Writer library = encoder_.library();
    if (library.size() > 0) write_field(field::graph_def::library, library);
    Writer versions;
    versions.add_int(field::version_def::producer, kProducer);
    write_field(field::graph_def::versions, versions);
    ENSURE(stream_.position() <= Writer::kLargestMessage, BadArgument,
           "the frozen graph would have {} bytes, and a protobuf message must stay below 2 GiB: write a "
           "SavedModel",
           stream_.position());
    for (const auto& [value, reference] : scope_.references)
      if (!has_no_source(*value) && !known_.contains(source_name_of(*value)))
        report(source_name_of(*value), reference);
  }

 private:
  void add_input(const Value& input) {
    const std::string name = scope_.names.take(input.name());
    known_.insert(input.name());
    report(input.name(), name);
    scope_.references.emplace(&input, name);
    scope_.emit(encode_placeholder(name, input.type));
  }

  void report(const std::string& from, const std::string& to) {
    if (request_.renamed && from != to) request_.renamed(from, to);
  }

  // A GraphDef has no length in front: its fields can follow one another as they are made.
  void write_field(uint32_t field, const Writer& message) {
    Writer writer;
    writer.add_message(field, message);
    writer.finish().write_to(stream_);
  }

  const Graph& graph_;
  const WriteRequest& request_;
  AtomicFiles::Stream stream_;
  GraphEncoder encoder_;
  Scope scope_;
  std::set<std::string> known_;  // names of inputs and outputs, whose spelling is reported first
};

// Operators that say how many axes their inputs have, where nothing else does: behind branches of different ranks.
void note_ranks(Graph& graph) {
  const auto note = [](Value* value, size_t rank) {
    if (value && value->type.is_tensor() && !value->shape().has_rank())
      value->type.shape = Shape::of_rank(rank);
  };
  for_each_node(graph, [&](Node& node) {
    const std::string& op = node.op().str();
    if (op == "Conv" && node.input(1) && node.input(1)->shape().has_rank())
      note(node.input(0), node.input(1)->shape().rank());
    if (op == "LSTM" || op == "GRU" || op == "RNN")
      for (const size_t index : {0, 5, 6}) note(node.input(index), 3);
  });
}

void refuse_other_types(const Graph& graph) {
  for (const Value* input : graph.inputs())
    if (!input->type.is_tensor() || !number_of(input->dtype()))
      throw BadArgument(fmt::format("the input '{}' is {}, which TensorFlow cannot have as an input",
                                    input->name(), input->type.str()));
}

}  // namespace

std::unique_ptr<Graph> lower_copy(const Model& model, const std::string& stage) {
  std::unique_ptr<Graph> graph = model.graph->clone();
  refuse_other_types(*graph);
  infer_graph(*graph);
  note_ranks(*graph);
  decompose::decompose_nodes(*graph, [](OpName op) { return !lowers(op); });
  infer_graph(*graph);
  to_channels_last(*graph);
  lower_graph(*graph, lowerings(), "tf", stage, infer_types);
  remove_unused(*graph);
  widen_types(*graph);
  hoist_weights(*graph, kSmallConstant);
  graph->verify();
  return graph;
}

void refuse_writing_options(const WriteRequest& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.options)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw BadArgument(fmt::format("writing TensorFlow has no option '{}'", name));
}

void write_frozen(const Model& model, const WriteRequest& request, AtomicFiles& files) {
  refuse_writing_options(request, {});
  refuse_large(model);
  const std::unique_ptr<Graph> graph = lower_copy(model, "writing a TensorFlow graph");
  FrozenWriter(*graph, request, files.create(request.target)).write();
}

}  // namespace modelconv::tensorflow
