// Which axes a call reduces.
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

// What "dim" and "keepdim" say. No axes: all of them. (An empty list says so, too.)
struct ReducedAxes {
  std::vector<int64_t> axes;
  bool keep = false;
};

ReducedAxes reduction_of(const Call& call, const Term& x);

// A tensor without axes is its own sum, whatever axis is named.
Term reduced(OpName op, const Term& x, const ReducedAxes& over);

// ONNX Runtime finds no extremes of bool.
Term reduced_extreme(OpName op, const Term& x, const ReducedAxes& over);

}  // namespace modelconv::torch
