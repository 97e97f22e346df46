// Softmax, LogSoftmax, Hardmax: before opset 13 all axes from `axis` on are taken as one (default 1), since then one axis
// alone (default -1).
#include "formats/onnx/versions/table.h"
#include "ops/axes.h"

namespace modelconv::onnx {
namespace {

void raise_flattened(Step& step) {
  Value& x = step.required(0);
  const int64_t axis = step.int_or("axis", 1);
  const Shape& shape = x.shape();
  const bool is_last = axis == -1 || (shape.has_rank() && axis == static_cast<int64_t>(shape.rank()) - 1);
  if (is_last) return step.attrs().set("axis", int64_t{-1});
  Value& sizes = step.add("Shape", {&x});
  Value& matrix = step.add("Flatten", {&x}, {{"axis", axis}});
  Value& result = step.add(step.node().op().name().c_str(), {&matrix}, {{"axis", int64_t{-1}}});
  step.replace_output(0, step.add("Reshape", {&result, &sizes}));
  step.done();
}

// The axis alone is the last one: other axes are moved there.
void lower_one_axis(Step& step) {
  const size_t rank = step.rank_of(0);
  if (rank == 0) step.refuse("its input is a scalar");
  const auto last = static_cast<int64_t>(rank) - 1;
  const auto axis = static_cast<int64_t>(normalize_axis(step.int_or("axis", -1), rank));
  if (axis == last) return step.attrs().set("axis", last);
  std::vector<int64_t> swap(rank);
  for (size_t i = 0; i < rank; ++i) swap[i] = static_cast<int64_t>(i);
  std::swap(swap[static_cast<size_t>(axis)], swap.back());
  Value& moved = step.add("Transpose", {&step.required(0)}, {{"perm", swap}});
  Value& result = step.add(step.node().op(), {&moved}, {{"axis", last}});
  step.replace_output(0, step.add("Transpose", {&result}, {{"perm", swap}}));
  step.done();
}

}  // namespace

Boundaries softmax_boundaries() {
  Boundaries rows;
  for (const char* op : {"Softmax", "LogSoftmax", "Hardmax"}) {
    rows.push_back({op, 13, raise_flattened, lower_one_axis});
    rows.push_back({op, 11});
  }
  return rows;
}

}  // namespace modelconv::onnx
