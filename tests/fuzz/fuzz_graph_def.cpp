// Any bytes as a frozen TensorFlow graph, decoded and raised.
#include "formats/tensorflow/decode.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  return fuzz::expect_typed_errors([&] {
    const Model model = tensorflow::decode_graph_def(fuzz::request_of(data, size));
    model.graph->verify();
    raise_graph(*model.graph, tensorflow::op_mappings(), "reading TensorFlow");
    model.graph->verify();
  });
}
