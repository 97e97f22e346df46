// The boundaries between the versions of each operator, and what to do at each.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "formats/onnx/versions/step.h"

namespace modelconv::onnx {

// The operator's definition changed with opset `since`.
struct Boundary {
  std::string_view op;
  int64_t since;
  // From the version before `since` to the one of `since`. Null: nodes of the older version mean the same in the newer.
  Adapter raise = nullptr;
  // Back. Null: what the older schema allows means the same there; whether it allows the node is checked at the end.
  // For the version that introduced the operator: null when it cannot be said with other operators.
  Adapter lower = nullptr;
};

using Boundaries = std::vector<Boundary>;

// One family per file of this folder.
Boundaries compatible_boundaries();
Boundaries opset7_boundaries();
Boundaries axis_boundaries();
Boundaries attribute_to_input_boundaries();
Boundaries reduction_boundaries();
Boundaries normalization_boundaries();
Boundaries softmax_boundaries();
Boundaries resize_boundaries();
Boundaries quantization_boundaries();
Boundaries pooling_boundaries();
Boundaries recurrent_boundaries();
Boundaries scan_boundaries();
Boundaries activation_boundaries();
Boundaries attention_boundaries();
Boundaries einsum_boundaries();
Boundaries late_operator_boundaries();
Boundaries wider_type_boundaries();
Boundaries elementwise_boundaries();
Boundaries shape_boundaries();

// The boundaries of one operator, ascending; empty for an unknown one.
const std::vector<Boundary>& boundaries_of(std::string_view op);

}  // namespace modelconv::onnx
