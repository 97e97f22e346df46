#include "formats/common/gather.h"

#include <algorithm>

#include "formats/common/index_input.h"

namespace modelconv {

// With batch dimensions, one index per result: GatherND, which is Gather along the axis behind them.
void raise_gather(Translation& t, int64_t axis, int64_t batch_dims) {
  Value &x = t.required(0), &indices = t.required(1);
  if (batch_dims < 0) batch_dims += static_cast<int64_t>(t.rank_of(indices));
  if (batch_dims == 0) return t.set_output(0, t.add("Gather", {&x, &indices}, {{"axis", axis}}));
  if (axis < 0) axis += static_cast<int64_t>(t.rank_of(x));
  if (axis < batch_dims) t.refuse("it gathers along axis {} with {} batch dimensions", axis, batch_dims);
  // The axis goes in front of those between it and the batch, and its place back into the result's axes.
  const auto rank = static_cast<int64_t>(t.rank_of(x)), index_rank = static_cast<int64_t>(t.rank_of(indices));
  std::vector<int64_t> perm, back;
  for (int64_t i = 0; i < rank; ++i) perm.push_back(i);
  std::rotate(perm.begin() + batch_dims, perm.begin() + axis, perm.begin() + axis + 1);
  for (int64_t i = 0; i < rank - 1 + index_rank - batch_dims; ++i) back.push_back(i);
  std::rotate(back.begin() + batch_dims, back.begin() + index_rank,
              back.begin() + index_rank + axis - batch_dims);
  Value& last = t.add("Unsqueeze", {&as_int64(t, indices), &t.ints({-1})});
  Value& found = t.add("GatherND", {&t.transpose(x, perm), &last}, {{"batch_dims", batch_dims}});
  t.set_output(0, t.transpose(found, back));
}

// ONNX counts negative indices from the end; in TensorFlow they pick nothing, as any index that is too large. ONNX's
// runtimes know the operator for few types of integers: all go through int64.
void raise_one_hot(Translation& t, int64_t axis) {
  Value &indices = as_int64(t, t.required(0)), &depth = as_int64(t, t.required(1));
  Value& negative = t.add("Less", {&indices, &t.scalar(DType::int64, 0)});
  Value& safe = t.add("Where", {&negative, &depth, &indices});
  const DType dtype = t.required(2).dtype();
  const bool widened = is_integer(dtype) || dtype == DType::boolean;
  const auto element = [&](size_t index) -> Value& {
    Value& value = widened ? t.cast(t.required(index), DType::int64) : t.required(index);
    return t.add("Unsqueeze", {&value, &t.ints({0})});
  };
  Value& values = t.add("Concat", {&element(3), &element(2)}, {{"axis", int64_t{0}}});
  Value& y = t.add("OneHot", {&safe, &depth, &values}, {{"axis", axis}});
  t.set_output(0, widened ? t.cast(y, dtype) : y);
}

}  // namespace modelconv
