// Any bytes as an ONNX model: either a typed error or a graph that holds its invariants and can be written again.
#include "formats/onnx/decode.h"
#include "formats/onnx/encode.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  return fuzz::expect_typed_errors([&] {
    const Model model = read_onnx({reinterpret_cast<const std::byte*>(data), size}, nullptr, {});
    model.graph->verify();
    encode_onnx(model);
  });
}
