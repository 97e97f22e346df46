#include "formats/onnx/decode.h"

#include "base/error.h"
#include "base/utf8.h"
#include "formats/onnx/decode_graph.h"
#include "formats/onnx/versions/versions.h"

namespace modelconv {

Model decode_onnx(Bytes bytes, std::shared_ptr<const void> keep_alive, const std::filesystem::path& folder) {
  using namespace onnx;
  ENSURE(!bytes.empty(), MalformedModelError, "the file is empty");
  const ModelMessage message = parse_model(bytes);
  ENSURE(message.has_graph, MalformedModelError,
         "there is no graph: this is no ONNX model, or it is cut short");
  Model model;
  model.source_format = "onnx";
  model.ir_version = message.ir_version;
  model.producer_name = message.producer_name;
  model.producer_version = message.producer_version;
  model.domain = message.domain;
  model.model_version = message.model_version;
  model.doc = valid_utf8(message.doc);
  for (const auto& [key, value] : message.metadata) model.metadata[valid_utf8(key)] = valid_utf8(value);
  for (const auto& [domain, version] : message.opsets)
    model.opset_imports[domain == "ai.onnx" ? std::string() : std::string(domain)] = version;
  ModelContext context{message, TensorDecoder(std::move(keep_alive), folder)};
  decode_graph(context, message.graph, *model.graph, nullptr, nullptr);
  return model;
}

Model read_onnx(Bytes bytes, std::shared_ptr<const void> keep_alive, const std::filesystem::path& folder) {
  Model model = decode_onnx(bytes, std::move(keep_alive), folder);
  raise_to_canonical_opset(*model.graph);
  return model;
}

}  // namespace modelconv
