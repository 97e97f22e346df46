#include "formats/onnx/versions/table.h"

namespace modelconv::onnx {

Boundaries compatible_boundaries() { return {}; }

}  // namespace modelconv::onnx
