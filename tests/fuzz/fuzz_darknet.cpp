// Any bytes as a Darknet .cfg, decoded with random weights and raised. A "decode" in the text asks for boxes.
#include "formats/darknet/decode.h"
#include "formats/darknet/ops/all_ops.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  ReadRequest request;
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(data, data + size);
  request.source.bytes = std::as_bytes(std::span(*bytes));
  request.source.keep_alive = bytes;
  request.options["random_weights"] = "1";
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find("decode") != std::string_view::npos) request.options["nms"] = "true";
  try {
    const Model model = darknet::decode(request);
    model.graph->verify();
    raise_graph(*model.graph, darknet::op_mappings(), "reading Darknet");
    model.graph->verify();
  } catch (const InternalError&) {
    throw;  // a contradiction of our own
  } catch (const Error&) {
  }
  return 0;
}
