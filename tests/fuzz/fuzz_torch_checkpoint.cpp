// Any bytes as a PyTorch checkpoint.
#include "formats/torch_checkpoint/format.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return modelconv::fuzz::read_as(modelconv::torch_checkpoint_format(), data, size);
}
