// Any bytes as a TFLite model: either a typed error or a graph of its own operators, which encodes to the same bytes after
// it was decoded from what it encodes to, and which is raised or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "formats/tflite/decode.h"
#include "formats/tflite/encode.h"
#include "formats/tflite/format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  const Source source{{}, false, {reinterpret_cast<const std::byte*>(data), size}, nullptr};
  try {
    const Model model = tflite::decode(source);
    model.graph->verify();
    const auto written = std::make_shared<const std::string>(tflite::encode(model).to_string());
    const Model again = tflite::decode({{}, false, std::as_bytes(std::span(*written)), written});
    if (tflite::encode(again).to_string() != *written) std::abort();
  } catch (const InternalError&) {
    throw;  // always a bug
  } catch (const Error&) {
    // a refusal is what most inputs deserve
  }
  try {
    tflite_format().read({source, {}, {}, {}, {}, {}, {}}).graph->verify();
  } catch (const InternalError&) {
    throw;
  } catch (const Error&) {
  }
  return 0;
}
