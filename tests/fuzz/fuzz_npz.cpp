// Any bytes as NumPy arrays.
#include "base/error.h"
#include "formats/npz/format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;
  ReadRequest request;
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(data, data + size);
  request.source.bytes = std::as_bytes(std::span(*bytes));
  request.source.keep_alive = bytes;
  const Format& format = npz_format();
  format.recognises(request.source);
  try {
    format.read(request).graph->verify();
  } catch (const InternalError&) {
    throw;  // a contradiction of our own
  } catch (const Error&) {
  }
  return 0;
}
