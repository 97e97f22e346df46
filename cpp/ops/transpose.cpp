// Transpose.
#include "ops/all_ops.h"
#include "ops/axis_parameters.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// Without the attribute the axes are reversed.
Permutation permutation_of(const Node& node, size_t rank) {
  const auto perm = optional_ints(node, "perm");
  Permutation p(rank);
  if (!perm) {
    for (size_t i = 0; i < rank; ++i) p[i] = rank - 1 - i;
    return p;
  }
  ENSURE(perm->size() == rank, ShapeError, "{}: perm has {} entries for an input of rank {}", node.describe(),
         perm->size(), rank);
  std::vector<bool> used(rank, false);
  for (size_t i = 0; i < rank; ++i) {
    p[i] = normalize_axis((*perm)[i], rank);
    ENSURE(!used[p[i]], ShapeError, "{}: perm names axis {} twice", node.describe(), p[i]);
    used[p[i]] = true;
  }
  return p;
}

void infer_transpose(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto perm = optional_ints(context.node(), "perm");
  if (!input.has_rank())
    return context.set_output(0, context.input_dtype(0),
                              perm ? Shape::of_rank(perm->size()) : Shape::unranked());
  context.set_output(0, context.input_dtype(0),
                     permuted(input, permutation_of(context.node(), input.rank())));
  if (const auto elements = context.elements(0); elements && input.rank() <= 1)
    context.set_elements(0, *elements);
}

void transpose_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const Permutation p = permutation_of(context.node(), input.rank());
  const Dims dims = permuted(input.dims(), p);
  // When the axes longer than 1 keep their order, no element moves.
  bool in_order = true;
  size_t previous = 0;
  for (const size_t axis : p) {
    if (input.dims()[axis] == 1) continue;
    in_order = in_order && axis >= previous;
    previous = axis;
  }
  if (in_order || input.size() == 0) return context.set_output(0, input.reshaped(dims));
  Tensor& output = context.allocate(0, input.dtype(), dims);
  StridedBox box{dims, permuted(row_major_strides(input.dims()), p), row_major_strides(dims)};
  copy_box(context.threads(), input, output, std::move(box));
}

// Transpose(x', q) with q = compose(inverse(p), perm) gives the old output: nothing moves behind this node.
std::optional<AxisMove> transpose_axes(const Node& node, size_t, const Permutation& p) {
  const Permutation perm = permutation_of(node, p.size());
  Permutation identity(p.size());
  for (size_t i = 0; i < p.size(); ++i) identity[i] = i;
  AxisMove move = move_first_input(node, p, identity);
  move.attrs.set("perm", to_attribute(compose(inverse(p), perm)));
  return move;
}

}  // namespace

OpDefs transpose_ops() {
  return {OpDef("Transpose").infer(infer_transpose).axes(transpose_axes).evaluate(transpose_kernel).unpack()};
}

}  // namespace modelconv
