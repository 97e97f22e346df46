#include "pipeline/all_formats.h"

#include "formats/onnx/format.h"

namespace modelconv {

std::vector<const Format*> all_formats() {
  return {
      &onnx_format(),
  };
}

}  // namespace modelconv
