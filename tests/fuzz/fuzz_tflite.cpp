// Any bytes as a TFLite model: either a typed error or a graph of its own operators, which encodes to the same bytes after
// it was decoded from what it encodes to, and which is raised or refused.
#include <cstdlib>

#include "formats/tflite/decode.h"
#include "formats/tflite/encode.h"
#include "formats/tflite/format.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  fuzz::expect_typed_errors([&] {
    const Model model = tflite::decode(fuzz::source_of(data, size));
    model.graph->verify();
    const auto written = std::make_shared<const std::string>(tflite::encode(model).to_string());
    const Model again = tflite::decode({{}, false, std::as_bytes(std::span(*written)), written});
    if (tflite::encode(again).to_string() != *written) std::abort();
  });
  return fuzz::read_as(tflite_format(), data, size);
}
