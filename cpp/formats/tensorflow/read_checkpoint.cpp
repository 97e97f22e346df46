// TensorFlow 1's checkpoints: the graph in "model.ckpt.meta", values beside it.
#include "formats/tensorflow/checkpoint.h"
#include "formats/tensorflow/decode.h"

namespace modelconv::tensorflow {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// Strings: a prefix may be empty but for its folder.
std::string prefix_of(const fs::path& path) {
  const std::string text = path.string();
  if (text.ends_with(".meta")) return text.substr(0, text.size() - 5);
  return checkpoint_prefix(path);
}

}  // namespace

bool recognises_checkpoint(const Source& source) {
  if (source.path.empty()) return false;
  const std::string name = source.path.filename().string();
  const bool is_named_so =
      name.ends_with(".meta") || name.ends_with(".index") || name.find(".data-") != std::string::npos;
  if (!source.is_folder && !source.bytes.empty() && !is_named_so) return is_saved_slices(source.path);
  return !prefix_of(source.path).empty();
}

Model decode_checkpoint(const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    ENSURE(name == "signature", BadArgument, "the checkpoint reader has no option '{}'; it has 'signature'",
           name);
  const std::string prefix = prefix_of(request.source.path);
  if (prefix.empty())
    throw FileError(fmt::format("'{}' is no checkpoint", request.source.path.string()))
        .hint("name its prefix (model.ckpt), one of its files, or its folder");
  if (!is_file(prefix + ".meta"))
    throw FileError(
        fmt::format(
            "the checkpoint '{}' has weights only: '{}.meta', which would hold its graph, does not exist",
            prefix, prefix))
        .hint(
            "give the graph and the checkpoint: load(\"graph.pb\", weights=\"...\"); or convert another "
            ".meta with these weights");
  const auto file = MappedFile::open(prefix + ".meta");
  try {
    const MetaGraph meta = parse_meta_graph(protobuf::Reader(file->bytes(), "MetaGraphDef"), file);
    ENSURE(!meta.graph.nodes.empty(), MalformedModelError, "the file has no graph");
    Model model = build_model(meta, request, request.weights.value_or(prefix));
    model.source_format = "tensorflow_checkpoint";
    return model;
  } catch (Error& error) {
    error.in(fmt::format("file '{}.meta'", prefix));
    throw;
  }
}

}  // namespace modelconv::tensorflow
