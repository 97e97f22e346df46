// A SavedModel folder: saved_model.pb holds graphs with signatures, variables/ their values.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "formats/tensorflow/build_graph.h"
#include "formats/tensorflow/decode.h"
#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"
#include "formats/tensorflow/variables.h"

namespace modelconv::tensorflow {
namespace {

struct TensorInfo {
  std::string tensor;  // "node:0"; empty for sparse and composite tensors
  Type type;
};

struct Signature {
  std::map<std::string, TensorInfo> inputs, outputs;  // sorted by name, as TensorFlow orders them too
};

struct MetaGraph {
  std::vector<std::string> tags;
  std::string tensorflow_version, restore_op;
  std::map<std::string, Signature> signatures;
  GraphDef graph;
};

template <class T, class Parse>
std::pair<std::string, T> parse_entry(protobuf::Reader entry, const Parse& parse) {
  std::pair<std::string, T> result;
  while (entry.next()) {
    if (entry.field() == field::map_entry::key) result.first = entry.as_name();
    if (entry.field() == field::map_entry::value) parse(entry.as_message("value"), result.second);
  }
  return result;
}

void parse_tensor_info(protobuf::Reader message, TensorInfo& info) {
  info.type.kind = Type::Kind::tensor;
  while (message.next()) switch (message.field()) {
      case field::tensor_info::name: info.tensor = message.as_name(); break;
      case field::tensor_info::dtype: info.type.dtype = dtype_from_number(message.as_int32()); break;
      case field::tensor_info::tensor_shape:
        info.type.shape = decode_shape(message.as_message("tensor_shape"));
        break;
      default: break;
    }
}

void parse_signature(protobuf::Reader message, Signature& signature) {
  while (message.next()) {
    if (message.field() == field::signature_def::inputs)
      signature.inputs.insert(parse_entry<TensorInfo>(message.as_message("inputs"), parse_tensor_info));
    if (message.field() == field::signature_def::outputs)
      signature.outputs.insert(parse_entry<TensorInfo>(message.as_message("outputs"), parse_tensor_info));
  }
}

void parse_meta_info(protobuf::Reader message, MetaGraph& meta) {
  while (message.next()) {
    if (message.field() == field::meta_info::tags) meta.tags.emplace_back(message.as_name());
    if (message.field() == field::meta_info::tensorflow_version) meta.tensorflow_version = message.as_name();
  }
}

MetaGraph parse_meta_graph(protobuf::Reader message, const std::shared_ptr<const void>& keep_alive) {
  MetaGraph meta;
  while (message.next()) switch (message.field()) {
      case field::meta_graph::meta_info_def:
        parse_meta_info(message.as_message("meta_info_def"), meta);
        break;
      case field::meta_graph::graph_def:
        meta.graph = parse_graph_def(message.as_message("graph_def"), keep_alive);
        break;
      case field::meta_graph::signature_def:
        meta.signatures.insert(parse_entry<Signature>(message.as_message("signature_def"), parse_signature));
        break;
      case field::meta_graph::saver_def: {
        protobuf::Reader saver = message.as_message("saver_def");
        while (saver.next())
          if (saver.field() == field::saver_def::restore_op_name) meta.restore_op = saver.as_name();
        break;
      }
      default: break;
    }
  return meta;
}

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

const Signature& choose_signature(const MetaGraph& meta, const FormatOptions& options) {
  static const Signature none;
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

std::vector<GraphInput> choose_inputs(const Signature& signature, const std::vector<std::string>& wanted) {
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

std::vector<GraphOutputName> choose_outputs(const MetaGraph& meta, const Signature& signature,
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

}  // namespace

Model decode_saved_model(Bytes saved_model, const std::shared_ptr<const void>& keep_alive,
                         const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    ENSURE(name == "tag" || name == "signature", BadArgument,
           "the SavedModel reader has no option '{}'; it has 'tag' and 'signature'", name);
  const MetaGraph meta = read_meta_graph(saved_model, keep_alive, request.options);
  const Signature& signature = choose_signature(meta, request.options);
  if (request.inputs.empty()) require_nodes(meta.graph, signature.inputs);
  if (request.outputs.empty()) require_nodes(meta.graph, signature.outputs);
  Variables variables(meta.graph, meta.restore_op, request.source.path / "variables");
  Model model;
  model.source_format = "saved_model";
  model.producer_name = "tensorflow";
  model.producer_version = meta.tensorflow_version;
  model.graph = build_graph(meta.graph, choose_inputs(signature, request.inputs),
                            choose_outputs(meta, signature, request.outputs),
                            [&](const FlatNode& node) { return std::optional(variables.find(node)); });
  return model;
}

Model decode_saved_model(const ReadRequest& request) {
  const auto file = MappedFile::open(request.source.path / "saved_model.pb");
  return decode_saved_model(file->bytes(), file, request);
}

}  // namespace modelconv::tensorflow
