// Any bytes as a frozen TensorFlow graph, decoded and raised.
#include "formats/tensorflow/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  ReadRequest request;
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(data, data + size);
  request.source.bytes = std::as_bytes(std::span(*bytes));
  request.source.keep_alive = bytes;
  try {
    const Model model = tensorflow::decode_graph_def(request);
    model.graph->verify();
    raise_graph(*model.graph, tensorflow::op_mappings(), "reading TensorFlow");
    model.graph->verify();
  } catch (const InternalError&) {
    throw;  // a contradiction of our own
  } catch (const Error&) {
  }
  return 0;
}
