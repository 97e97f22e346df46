#include "formats/onnx/encode.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "base/version.h"
#include "formats/onnx/encode_graph.h"
#include "formats/onnx/legal_names.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/versions/versions.h"
#include "ir/constant_bytes.h"
#include "ops/schema.h"

namespace modelconv {
namespace onnx {
namespace {

using protobuf::Writer;

struct Lowered {
  std::unique_ptr<Graph> graph;
  int64_t opset;
};

std::unique_ptr<Graph> lower_copy(const Graph& graph, int64_t opset) {
  std::unique_ptr<Graph> copy = graph.clone();
  // Slots first: an Identity that they need has to be lowered too.
  name_outputs(*copy);
  lower_from_canonical_opset(*copy, opset);
  name_nodes(*copy);
  return copy;
}

// Without a wish: the source's opset, or the lowest above it that can say the graph.
Lowered lower(const Model& model, std::optional<int64_t> wish) {
  if (wish) return {lower_copy(*model.graph, *wish), *wish};
  const auto source = model.opset_imports.find("");
  const bool known = model.source_format == "onnx" && source != model.opset_imports.end();
  int64_t opset =
      std::clamp(known ? source->second : kDefaultOnnxOpset, kOldestWrittenOpset, kCanonicalOpset);
  for (;; ++opset) {
    try {
      return {lower_copy(*model.graph, opset), opset};
    } catch (const UnsupportedOpError&) {
      if (opset == kCanonicalOpset) throw;
    }
  }
}

// Source: VERSION_TABLE in helper.py of the onnx package. Never below 4: since then initialisers need not be inputs.
int64_t ir_version_of(int64_t opset) {
  struct Row {
    int64_t opset, ir_version;
  };
  constexpr Row kRows[] = {{28, 14}, {25, 13}, {24, 12}, {23, 11}, {21, 10},
                           {19, 9},  {15, 8},  {12, 7},  {11, 6},  {10, 5}};
  for (const Row& row : kRows)
    if (opset >= row.opset) return row.ir_version;
  return 4;
}

std::map<std::string, int64_t> imports_of(const Model& model, const Lowered& lowered) {
  std::map<std::string, int64_t> imports{{"", lowered.opset}};
  for_each_node(std::as_const(*lowered.graph), [&](const Node& node) {
    if (is_default_domain(node.op())) return;
    const std::string& domain = node.op().domain();
    const auto source = model.opset_imports.find(domain);
    imports.try_emplace(domain, source != model.opset_imports.end()
                                    ? source->second
                                    : std::max<int64_t>(1, newest_opset(domain)));
  });
  return imports;
}

Writer encode_model(const Model& model, const Lowered& lowered, ExternalWriter* external) {
  Writer writer;
  writer.add_int(ModelField::ir_version, ir_version_of(lowered.opset));
  for (const auto& [domain, opset] : imports_of(model, lowered)) {
    Writer import;
    import.add_string(OpsetField::domain, domain);
    import.add_int(OpsetField::version, opset);
    writer.add_message(ModelField::opset_import, import);
  }
  writer.add_string(ModelField::producer_name, "modelconv");
  writer.add_string(ModelField::producer_version, version());
  if (!model.domain.empty()) writer.add_string(ModelField::domain, valid_utf8(model.domain));
  if (model.model_version != 0) writer.add_int(ModelField::model_version, model.model_version);
  if (!model.doc.empty()) writer.add_string(ModelField::doc_string, valid_utf8(model.doc));
  writer.add_message(ModelField::graph, encode_graph(*lowered.graph, external));
  for (const auto& [key, value] : model.metadata) add_pair(writer, ModelField::metadata_props, key, value);
  return writer;
}

// Nodes and names of the largest models take a few dozen MB.
constexpr uint64_t kRoomForNodes = uint64_t{64} << 20;

}  // namespace
}  // namespace onnx

void encode_onnx(const Model& model, const std::filesystem::path& target, const OnnxEncodeOptions& options,
                 AtomicFiles& files) {
  using namespace onnx;
  const Lowered lowered = lower(model, options.opset);
  const uint64_t weights = constant_bytes(*lowered.graph);
  const bool is_large = weights > protobuf::Writer::kLargestMessage - kRoomForNodes;
  std::optional<ExternalWriter> external;
  if (options.external_data.value_or(is_large)) {
    const std::string name = target.filename().string() + ".data";
    external.emplace(files.create(target.parent_path() / name), name);
  }
  const protobuf::Writer writer = encode_model(model, lowered, external ? &*external : nullptr);
  AtomicFiles::Stream stream = files.create(target);
  writer.finish().write_to(stream);
}

std::string encode_onnx(const Model& model, std::optional<int64_t> opset) {
  return onnx::encode_model(model, onnx::lower(model, opset), nullptr).to_string();
}

}  // namespace modelconv
