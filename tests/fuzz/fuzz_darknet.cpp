// Any bytes as a Darknet .cfg, decoded with random weights and raised. A "decode" in the text asks for boxes.
#include "formats/darknet/decode.h"
#include "formats/darknet/ops/all_ops.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  ReadRequest request = fuzz::request_of(data, size);
  request.options["random_weights"] = "1";
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find("decode") != std::string_view::npos) request.options["nms"] = "true";
  return fuzz::expect_typed_errors([&] {
    const Model model = darknet::decode(request);
    model.graph->verify();
    raise_graph(*model.graph, darknet::op_mappings(), "reading Darknet");
    model.graph->verify();
  });
}
