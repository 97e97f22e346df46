// Any bytes as an ONNX model: either a typed error or a graph that holds its invariants and can be written again.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "formats/onnx/decode.h"
#include "formats/onnx/encode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  try {
    const Model model = read_onnx({reinterpret_cast<const std::byte*>(data), size}, nullptr, {});
    model.graph->verify();
    encode_onnx(model);
  } catch (const InternalError&) {
    throw;  // always a bug
  } catch (const Error&) {
    // a refusal is what most inputs deserve
  }
  return 0;
}
