// Any bytes as NumPy arrays.
#include "formats/npz/format.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return modelconv::fuzz::read_as(modelconv::npz_format(), data, size);
}
