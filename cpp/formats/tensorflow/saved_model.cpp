// A SavedModel folder: saved_model.pb holds graphs with signatures, variables/ their values.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "formats/tensorflow/build_graph.h"
#include "formats/tensorflow/decode.h"
#include "formats/tensorflow/meta_graph.h"
#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/variables.h"

namespace modelconv::tensorflow {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "'" : ", '") + word + "'";
  return text;
}

MetaGraph choose_meta_graph(std::vector<MetaGraph> graphs, const FormatOptions& options) {
  const auto wanted = options.find("tag");
  const std::string tag = wanted == options.end() ? "serve" : wanted->second;
  std::vector<std::string> tags;
  for (MetaGraph& meta : graphs) {
    if (std::find(meta.tags.begin(), meta.tags.end(), tag) != meta.tags.end()) return std::move(meta);
    tags.insert(tags.end(), meta.tags.begin(), meta.tags.end());
  }
  ENSURE(!graphs.empty(), MalformedModelError, "the SavedModel has no graph");
  if (graphs.size() == 1 && wanted == options.end()) return std::move(graphs[0]);
  throw BadArgument(
      fmt::format("the SavedModel has no graph with the tag '{}'; it has {}", tag, joined(tags)))
      .hint("options={\"tag\": \"...\"}");
}

const SavedSignature& choose_signature(const MetaGraph& meta, const FormatOptions& options) {
  static const SavedSignature none;
  const auto wanted = options.find("signature");
  const std::string name = wanted == options.end() ? "serving_default" : wanted->second;
  if (const auto found = meta.signatures.find(name); found != meta.signatures.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [candidate, signature] : meta.signatures)
    if (candidate != "__saved_model_init_op") names.push_back(candidate);
  if (wanted == options.end()) {
    if (names.size() == 1) return meta.signatures.at(names[0]);
    if (names.empty()) return none;
  }
  throw BadArgument(fmt::format("the SavedModel has no signature '{}'; it has {}", name,
                                names.empty() ? "none" : joined(names)))
      .hint("options={\"signature\": \"...\"}");
}

const std::string& tensor_of(const std::string& name, const TensorInfo& info) {
  if (info.tensor.empty())
    throw UnsupportedOpError("reading the signature",
                             {{"sparse or composite tensor", {name}, "only dense tensors are read"}});
  return info.tensor;
}

std::vector<GraphInput> choose_inputs(const SavedSignature& signature,
                                      const std::vector<std::string>& wanted) {
  std::vector<GraphInput> inputs;
  for (const std::string& name : wanted) {
    const auto found = signature.inputs.find(name);
    if (found == signature.inputs.end())
      inputs.push_back({name, name, {}});
    else
      inputs.push_back({tensor_of(name, found->second), name, found->second.type});
  }
  if (wanted.empty())
    for (const auto& [name, info] : signature.inputs)
      inputs.push_back({tensor_of(name, info), name, info.type});
  return inputs;
}

std::vector<GraphOutputName> choose_outputs(const MetaGraph& meta, const SavedSignature& signature,
                                            const std::vector<std::string>& wanted) {
  std::vector<GraphOutputName> outputs;
  for (const std::string& name : wanted) {
    const auto found = signature.outputs.find(name);
    outputs.push_back({found == signature.outputs.end() ? name : tensor_of(name, found->second), name});
  }
  if (wanted.empty())
    for (const auto& [name, info] : signature.outputs) outputs.push_back({tensor_of(name, info), name});
  if (outputs.empty())
    for (const std::string& name : guess_outputs(meta.graph)) outputs.push_back({name, name});
  return outputs;
}

// Where the caller names no tensors, a name that is not there is the file's fault.
void require_nodes(const GraphDef& graph, const std::map<std::string, TensorInfo>& entries) {
  std::unordered_set<std::string_view> nodes;
  for (const NodeDef& node : graph.nodes) nodes.insert(node.name);
  for (const auto& [name, info] : entries)
    ENSURE(info.tensor.empty() || nodes.contains(split_tensor_name(info.tensor).first), MalformedModelError,
           "the signature says that '{}' is the tensor '{}', which the graph does not have", name,
           info.tensor);
}

MetaGraph read_meta_graph(Bytes bytes, const std::shared_ptr<const void>& keep_alive,
                          const FormatOptions& options) {
  std::vector<MetaGraph> graphs;
  protobuf::Reader message(bytes, "SavedModel");
  while (message.next())
    if (message.field() == field::saved_model::meta_graphs)
      graphs.push_back(parse_meta_graph(message.as_message("meta_graphs"), keep_alive));
  return choose_meta_graph(std::move(graphs), options);
}

// Tables are initialised by a signature of their own in TensorFlow 2, by nodes of the main graph in TensorFlow 1. An
// asset's name is the last part of a path: files outside of the folder are not opened.
LookupTables read_tables(const MetaGraph& meta, const std::filesystem::path& folder) {
  std::vector<std::string> init_nodes;
  if (const auto init = meta.signatures.find("__saved_model_init_op"); init != meta.signatures.end()) {
    require_nodes(meta.graph, init->second.outputs);
    for (const auto& [name, info] : init->second.outputs)
      if (!info.tensor.empty()) init_nodes.push_back(info.tensor.substr(0, info.tensor.find(':')));
  }
  std::map<std::string, std::filesystem::path> files;
  for (const auto& [constant, file] : meta.assets)
    files[constant] = folder / "assets" / std::filesystem::path(file).filename();
  return LookupTables(meta.graph, init_nodes, std::move(files));
}

}  // namespace

Model build_model(const MetaGraph& meta, const ReadRequest& request,
                  const std::filesystem::path& checkpoint) {
  const SavedSignature& signature = choose_signature(meta, request.options);
  if (request.inputs.empty()) require_nodes(meta.graph, signature.inputs);
  if (request.outputs.empty()) require_nodes(meta.graph, signature.outputs);
  Variables variables(meta.graph, meta.restore_op, checkpoint);
  const LookupTables tables = read_tables(meta, request.source.path);
  Model model;
  model.source_format = "saved_model";
  model.producer_name = "tensorflow";
  model.producer_version = meta.tensorflow_version;
  if (request.outputs.empty() && signature.outputs.empty())
    model.notes.push_back(describe_guess(guess_outputs(meta.graph)));
  model.graph = build_graph(
      meta.graph, choose_inputs(signature, request.inputs), choose_outputs(meta, signature, request.outputs),
      [&](const FlatNode& node) { return std::optional(variables.find(node)); }, &tables);
  return model;
}

Model decode_saved_model(Bytes saved_model, const std::shared_ptr<const void>& keep_alive,
                         const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    ENSURE(name == "tag" || name == "signature", BadArgument,
           "the SavedModel reader has no option '{}'; it has 'tag' and 'signature'", name);
  return build_model(read_meta_graph(saved_model, keep_alive, request.options), request,
                     request.weights.value_or(request.source.path / "variables"));
}

Model decode_saved_model(const ReadRequest& request) {
  const auto file = MappedFile::open(request.source.path / "saved_model.pb");
  return decode_saved_model(file->bytes(), file, request);
}

}  // namespace modelconv::tensorflow
