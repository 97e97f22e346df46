// Any bytes as a Caffe net: text, or binary with weights. A text takes its blobs from what follows a zero byte.
#include "formats/caffe/binary_net.h"
#include "formats/caffe/blobs.h"
#include "formats/caffe/build_graph.h"
#include "formats/caffe/decode.h"
#include "formats/caffe/ops/all_ops.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  const Source source = fuzz::source_of(data, size);
  const Bytes all = source.bytes;
  return fuzz::expect_typed_errors([&] {
    const bool is_text = caffe::looks_like_prototxt(all);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const size_t end = is_text ? std::min(text.find('\0'), size) : 0;
    const caffe::Net net = is_text ? caffe::read_net(text_proto::parse(text.substr(0, end)))
                                   : caffe::read_net(caffe::read_binary_net(all), true);
    const caffe::Blobs blobs =
        caffe::read_blobs(all.subspan(is_text ? std::min(end + 1, size) : 0), source.keep_alive);
    Model model;
    caffe::build_graph(net, blobs, model);
    model.graph->verify();
    raise_graph(*model.graph, caffe::op_mappings(), "reading Caffe");
    model.graph->verify();
  });
}
