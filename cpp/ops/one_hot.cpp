// OneHot.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

// The new axis in the output, of rank indices + 1.
size_t hot_axis(const Node& node, size_t indices_rank) {
  return normalize_axis(int_attr(node, "axis"), indices_rank + 1);
}

std::optional<Dim> depth_of(const InferContext& context) {
  if (const auto elements = context.elements(1); elements && elements->size() == 1) return (*elements)[0];
  const Tensor* depth = context.constant(1);
  if (!depth || depth->size() != 1) return std::nullopt;
  return Dim(depth->to_int64()[0]);
}

void infer_one_hot(InferContext& context) {
  const Shape& indices = context.input_shape(0);
  if (!indices.has_rank()) return context.set_output(0, context.input_dtype(2), Shape::unranked());
  const size_t axis = hot_axis(context.node(), indices.rank());
  const auto depth = depth_of(context);
  if (depth && depth->is_known() && depth->value() < 0) context.fail("the depth is {}", depth->value());
  std::vector<Dim> dims = indices.dims();
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis),
              depth && !depth->is_unknown() ? *depth : context.data_dependent(0, axis));
  context.set_output(0, context.input_dtype(2), dims);
}

void one_hot_kernel(KernelContext& context) {
  const Tensor &indices = context.input(0), &values = context.input(2);
  if (context.input(1).size() != 1) context.fail("the depth is not a single element");
  if (values.size() != 2) context.fail("values has {} elements, not two", values.size());
  const int64_t depth = context.input(1).to_int64()[0];
  if (depth < 0) context.fail("the depth is {}", depth);
  const size_t axis = hot_axis(context.node(), indices.rank());
  Dims dims = indices.dims();
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  Tensor& output = context.allocate(0, values.dtype(), dims);
  if (output.size() == 0) return;
  fill_with(output, values, 0);
  const int64_t inner = split_at(dims, axis).inner;
  const std::vector<int64_t> hot = indices.to_int64();
  visit_word(values.dtype(), [&](auto tag) {
    using Word = typename decltype(tag)::Type;
    const Word on = words_of<Word>(values)[1];
    Word* target = mutable_words<Word>(output);
    for (int64_t i = 0; i < indices.size(); ++i) {
      const int64_t at = hot[static_cast<size_t>(i)];
      if (at < -depth || at >= depth) continue;  // all off
      target[(i / inner * depth + (at < 0 ? at + depth : at)) * inner + i % inner] = on;
    }
  });
}

}  // namespace

OpDefs one_hot_ops() { return {OpDef("OneHot").infer(infer_one_hot).evaluate(one_hot_kernel)}; }

}  // namespace modelconv
