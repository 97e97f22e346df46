#include "formats/tensorflow/format.h"

#include <algorithm>
#include <span>

#include "formats/common/coverage.h"
#include "formats/tensorflow/build_graph.h"
#include "formats/tensorflow/control_flow/tensor_lists.h"
#include "formats/tensorflow/decode.h"
#include "formats/tensorflow/encode/writers.h"
#include "formats/tensorflow/flex.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/complex.h"
#include "formats/tensorflow/text_graph_def.h"
#include "formats/tensorflow/variables.h"

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

Model raised(Model model, const ReadRequest& request) {
  refuse_complex_numbers(*model.graph);
  lower_tensor_lists(*model.graph);
  raise_graph(*model.graph, op_mappings(), "reading TensorFlow", request.custom_ops);
  return model;
}

Model read_frozen(const ReadRequest& request) { return raised(decode_graph_def(request), request); }
Model read_saved_model(const ReadRequest& request) { return raised(decode_saved_model(request), request); }
Model read_checkpoint(const ReadRequest& request) { return raised(decode_checkpoint(request), request); }

bool recognises_frozen(const Source& source) {
  return !source.is_folder && (looks_like_graph_def(source.bytes) || looks_like_text_graph_def(source.bytes));
}

GraphDef parse_source(const Source& source) {
  if (!looks_like_text_graph_def(source.bytes))
    return parse_graph_def(protobuf::Reader(source.bytes, "GraphDef"), source.keep_alive);
  const auto binary = std::make_shared<const std::string>(text_graph_def_to_binary(source.bytes));
  return parse_graph_def(protobuf::Reader(std::as_bytes(std::span(*binary)), "GraphDef"), binary);
}

// What is read while the graph is built, or has no result that a model needs.
constexpr const char* kReadWithTheGraph[][2] = {
    {"Assert", "no result: left out"},
    {"AssignAddVariableOp", "no result: left out"},
    {"AssignSubVariableOp", "no result: left out"},
    {"AssignVariableOp", "no result: left out"},
    {"Const", "a constant"},
    {"EmptyTensorList", "a list becomes the tensor of its elements"},
    {"Enter", "part of a loop or condition: see Loop and If"},
    {"Exit", "part of a loop or condition: see Loop and If"},
    {"FIFOQueue", "what comes out of it are the model's inputs"},
    {"FIFOQueueV2", "what comes out of it are the model's inputs"},
    {"Iterator", "what comes out of it are the model's inputs"},
    {"IteratorGetNext", "its outputs are the model's inputs"},
    {"IteratorV2", "what comes out of it are the model's inputs"},
    {"LookupTableImport", "fills a table when the graph is read"},
    {"LookupTableImportV2", "fills a table when the graph is read"},
    {"LookupTableInsert", "fills a table when the graph is read"},
    {"LookupTableInsertV2", "fills a table when the graph is read"},
    {"LoopCond", "part of a loop or condition: see Loop and If"},
    {"Merge", "part of a loop or condition: see Loop and If"},
    {"MergeV2Checkpoints", "no result: left out"},
    {"NextIteration", "part of a loop or condition: see Loop and If"},
    {"NoOp", "no result: left out"},
    {"OneShotIterator", "what comes out of it are the model's inputs"},
    {"PartitionedCall", "the function's body in its place"},
    {"Placeholder", "an input"},
    {"PlaceholderV2", "an input"},
    {"QueueDequeue", "its outputs are the model's inputs"},
    {"QueueDequeueMany", "its outputs are the model's inputs"},
    {"QueueDequeueManyV2", "its outputs are the model's inputs"},
    {"QueueDequeueUpTo", "its outputs are the model's inputs"},
    {"QueueDequeueUpToV2", "its outputs are the model's inputs"},
    {"QueueDequeueV2", "its outputs are the model's inputs"},
    {"RestoreV2", "says which tensor of a checkpoint a variable is"},
    {"SaveV2", "no result: left out"},
    {"ShardedFilename", "only for saving"},
    {"StatefulPartitionedCall", "the function's body in its place"},
    {"StatelessIf", "If"},
    {"StatelessWhile", "Loop"},
    {"Switch", "part of a loop or condition: see Loop and If"},
    {"TensorArrayCloseV3", "no result: left out"},
    {"TensorArrayConcatV3", "a list becomes the tensor of its elements"},
    {"TensorArrayGatherV3", "a list becomes the tensor of its elements"},
    {"TensorArrayReadV3", "a list becomes the tensor of its elements"},
    {"TensorArrayScatterV3", "a list becomes the tensor of its elements"},
    {"TensorArraySizeV3", "a list becomes the tensor of its elements"},
    {"TensorArraySplitV3", "a list becomes the tensor of its elements"},
    {"TensorArrayV3", "a list becomes the tensor of its elements"},
    {"TensorArrayWriteV3", "a list becomes the tensor of its elements"},
    {"TensorListConcat", "a list becomes the tensor of its elements"},
    {"TensorListConcatV2", "a list becomes the tensor of its elements"},
    {"TensorListElementShape", "a list becomes the tensor of its elements"},
    {"TensorListFromTensor", "a list becomes the tensor of its elements"},
    {"TensorListGather", "a list becomes the tensor of its elements"},
    {"TensorListGetItem", "a list becomes the tensor of its elements"},
    {"TensorListLength", "a list becomes the tensor of its elements"},
    {"TensorListPopBack", "a list becomes the tensor of its elements"},
    {"TensorListPushBack", "a list becomes the tensor of its elements"},
    {"TensorListReserve", "a list becomes the tensor of its elements"},
    {"TensorListResize", "a list becomes the tensor of its elements"},
    {"TensorListScatter", "a list becomes the tensor of its elements"},
    {"TensorListScatterIntoExistingList", "a list becomes the tensor of its elements"},
    {"TensorListScatterV2", "a list becomes the tensor of its elements"},
    {"TensorListSetItem", "a list becomes the tensor of its elements"},
    {"TensorListSplit", "a list becomes the tensor of its elements"},
    {"TensorListStack", "a list becomes the tensor of its elements"},
    {"While", "Loop"},
    {"WriteFile", "no result: left out"},
};

// One row for both directions where the two operators are each other's.
void add_written(std::vector<OperatorCoverage>& rows) {
  for (const OpMapping& lowering : lowerings()) {
    const std::string &name = lowering.source.str(), &canonical = lowering.canonical.name();
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const OperatorCoverage& row) {
      return row.name == name && row.canonical == canonical && row.is_read;
    });
    if (same == rows.end()) {
      rows.push_back({name, canonical, false, true, lowering.note});
      continue;
    }
    same->is_written = true;
    if (!lowering.note.empty())
      same->note += (same->note.empty() ? "written: " : "; written: ") + lowering.note;
  }
}

std::vector<OperatorCoverage> operators() {
  std::vector<OperatorCoverage> rows = coverage_of(op_mappings());
  for (const auto& [name, note] : kReadWithTheGraph)
    rows.push_back({std::string("tf.") + name, "", true, false, note});
  add_written(rows);
  sort_rows(rows);
  return rows;
}

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
  if (request.outputs.empty()) model.notes.push_back(describe_guess(guess_outputs(def)));
  FindVariable find_variable;
  std::optional<Variables> variables;
  if (request.weights) {
    variables.emplace(def, "", *request.weights);
    find_variable = [&](const FlatNode& node) { return std::optional(variables->find(node)); };
  }
  const LookupTables tables(def, {});
  model.graph = build_graph(def, inputs, outputs, find_variable, &tables);
  return model;
}

}  // namespace tensorflow

const Format& tensorflow_format() {
  static const Format format = {"tensorflow",
                                "TensorFlow GraphDef (frozen graph)",
                                {".pb", ".pbtxt"},
                                tensorflow::recognises_frozen,
                                tensorflow::read_frozen,
                                tensorflow::write_frozen,
                                tensorflow::operators,
                                true,
                                tensorflow::raise_flex};
  return format;
}

const Format& saved_model_format() {
  static const Format format = {"saved_model",
                                "TensorFlow SavedModel (folder)",
                                {},
                                tensorflow::recognises_saved_model,
                                tensorflow::read_saved_model,
                                tensorflow::write_saved_model,
                                tensorflow::operators,
                                true};
  return format;
}

const Format& tensorflow_checkpoint_format() {
  static const Format format = {"tensorflow_checkpoint",
                                "TensorFlow 1 checkpoint with its graph (.meta)",
                                {".meta"},
                                tensorflow::recognises_checkpoint,
                                tensorflow::read_checkpoint,
                                nullptr,
                                tensorflow::operators,
                                true};
  return format;
}

}  // namespace modelconv
