#include "base/error.h"
#include "wire/snappy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    modelconv::decode_snappy(std::as_bytes(std::span(data, size)));
  } catch (const modelconv::MalformedModelError&) {
  }
  return 0;
}
