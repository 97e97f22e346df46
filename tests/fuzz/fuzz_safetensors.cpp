// Any bytes as a safetensors file.
#include "formats/safetensors/format.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return modelconv::fuzz::read_as(modelconv::safetensors_format(), data, size);
}
