// Axis rules: how an operator moves when its input is transposed. The layout pass asks these; no rule knows a layout.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// Axis i of the result is axis p[i] of the source, as in ONNX Transpose: NCHW to NHWC is {0, 2, 3, 1}.
using Permutation = std::vector<size_t>;

Permutation inverse(const Permutation& p);
// First p, then q: Transpose(Transpose(x, p), q) = Transpose(x, compose(p, q)).
Permutation compose(const Permutation& p, const Permutation& q);
bool is_identity(const Permutation& p);
Dims permuted(const Dims& dims, const Permutation& p);
Shape permuted(const Shape& shape, const Permutation& p);
Tensor permuted(const Tensor& tensor, const Permutation& p);   // moves the elements; for constants
Permutation to_permutation(const std::vector<int64_t>& perm);  // from the attribute
std::vector<int64_t> to_attribute(const Permutation& p);

// The answer to: "input `index` shall be fed with x' = Transpose(x, p) in place of x; what must change?"
// With the inputs fed as `inputs` says and the attributes and constants replaced, output i of the changed node equals
// Transpose(old output i, *outputs[i]).
struct AxisMove {
  // Per input: the permutation by which it must be transposed too (constants are then permuted at once); nothing: it
  // stays as it is (a parameter such as axes or pads; or it has no axes to permute).
  std::vector<std::optional<Permutation>> inputs;
  std::vector<std::optional<Permutation>> outputs;
  Attrs attrs;  // all attributes of the changed node
  std::vector<std::pair<size_t, Tensor>>
      replaced_inputs;  // constant parameters with new contents (axes, pads, ...)
};

// Nothing when the operator cannot move (its axes have fixed meanings, or a needed parameter is not constant).
using AxesFn = std::optional<AxisMove> (*)(const Node& node, size_t index, const Permutation& p);

// --- rules that many operators share
// Elementwise with broadcasting: every input follows. Inputs of lower rank must be constants or scalars.
std::optional<AxisMove> axes_elementwise(const Node& node, size_t index, const Permutation& p);
// The first input and all outputs move; the other inputs are parameters without axes (limits, ratios, scalar scales).
std::optional<AxisMove> axes_follow_first(const Node& node, size_t index, const Permutation& p);
// All inputs and outputs of one rank; attribute "axis" follows (Softmax, Concat, ArgMax with keepdims, ...).
std::optional<AxisMove> axes_follow_axis(const Node& node, size_t index, const Permutation& p);

}  // namespace modelconv
