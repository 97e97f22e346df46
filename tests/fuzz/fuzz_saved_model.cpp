// Any bytes as saved_model.pb; there are no variables.
#include "formats/tensorflow/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  ReadRequest request;
  request.source.path = "no-such-folder";
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(data, data + size);
  try {
    tensorflow::decode_saved_model(std::as_bytes(std::span(*bytes)), bytes, request).graph->verify();
  } catch (const InternalError&) {
    throw;
  } catch (const Error&) {
  }
  return 0;
}
