#include "ops/reduce_plan.h"

#include <algorithm>

namespace modelconv {
namespace {

struct Group {
  int64_t size, stride;
  bool reduced;
};

std::vector<Group> group_axes(const Dims& dims, const std::vector<bool>& reduced) {
  std::vector<Group> groups;  // from the last axis to the first
  int64_t stride = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    if (dims[i] != 1) {
      if (!groups.empty() && groups.back().reduced == reduced[i]) {
        groups.back().size *= dims[i];
      } else {
        groups.push_back({dims[i], stride, reduced[i]});
      }
    }
    stride *= dims[i];
  }
  return groups;
}

void add_reduced_groups(const std::vector<Group>& groups, ReducePlan& plan) {
  plan.reduced_offsets = {0};
  bool first = true;
  for (const Group& group : groups) {
    if (!group.reduced) continue;
    if (first) {
      plan.length = group.size;
      plan.step = group.stride;
      first = false;
      continue;
    }
    std::vector<int64_t> offsets;
    offsets.reserve(plan.reduced_offsets.size() * static_cast<size_t>(group.size));
    for (int64_t i = 0; i < group.size; ++i)
      for (int64_t offset : plan.reduced_offsets) offsets.push_back(i * group.stride + offset);
    plan.reduced_offsets = std::move(offsets);
  }
}

}  // namespace

int64_t ReducePlan::kept_offset(int64_t outer) const {
  int64_t offset = 0;
  for (size_t i = 0; i < kept_sizes.size(); ++i) {  // the fastest first
    offset += outer % kept_sizes[i] * kept_strides[i];
    outer /= kept_sizes[i];
  }
  return offset;
}

ReducePlan plan_reduction(const Dims& dims, const std::vector<bool>& reduced, bool keep_dims) {
  ReducePlan plan;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!reduced[i]) plan.output.push_back(dims[i]);
    if (reduced[i] && keep_dims) plan.output.push_back(1);
  }
  plan.outputs = element_count(plan.output);
  if (element_count(dims) == 0) {  // outputs of no elements
    plan.length = 0;
    return plan;
  }
  const std::vector<Group> groups = group_axes(dims, reduced);
  add_reduced_groups(groups, plan);
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].reduced) continue;
    if (i == 0) {
      plan.inner = groups[i].size;
    } else {
      plan.kept_sizes.push_back(groups[i].size);
      plan.kept_strides.push_back(groups[i].stride);
    }
  }
  return plan;
}

std::vector<bool> mark_axes(const std::vector<int64_t>& axes, size_t rank) {
  std::vector<bool> marked(rank, false);
  for (int64_t axis : axes) marked[normalize_axis(axis, rank)] = true;
  return marked;
}

Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keep_dims) {
  std::vector<Dim> dims;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (!reduced[i]) dims.push_back(shape[i]);
    if (reduced[i] && keep_dims) dims.emplace_back(1);
  }
  return dims;
}

AxisMove move_reduction(const Node& node, const Permutation& p, const std::vector<bool>& reduced,
                        bool keep_dims) {
  AxisMove move;
  move.inputs.resize(node.input_count());
  move.inputs[0] = p;
  move.attrs = node.attrs;
  Permutation output;
  if (keep_dims) {
    output = p;
  } else {
    // Where each kept axis stands among the outputs of the node as it was.
    std::vector<size_t> place(p.size(), 0);
    size_t next = 0;
    for (size_t i = 0; i < p.size(); ++i)
      if (!reduced[i]) place[i] = next++;
    for (size_t axis : p)
      if (!reduced[axis]) output.push_back(place[axis]);
  }
  move.outputs.assign(node.output_count(), output);
  return move;
}

}  // namespace modelconv
