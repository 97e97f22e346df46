// Any bytes as saved_model.pb; there are no variables.
#include "formats/tensorflow/decode.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  const Source source = fuzz::source_of(data, size);
  ReadRequest request;
  request.source.path = "no-such-folder";
  return fuzz::expect_typed_errors(
      [&] { tensorflow::decode_saved_model(source.bytes, source.keep_alive, request).graph->verify(); });
}
