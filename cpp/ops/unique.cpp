// Unique: the different elements of a tensor, or its different slices along an axis.
#include <algorithm>
#include <numeric>

#include "ops/all_ops.h"
#include "ops/move_elements.h"
#include "ops/total_order.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

void infer_unique(InferContext& context) {
  const Shape& input = context.input_shape(0);
  const auto axis = optional_int(context.node(), "axis");
  const size_t at = axis && input.has_rank() ? normalize_axis(*axis, input.rank()) : 0;
  const Dim count = context.data_dependent(0, at);
  Shape output{count};
  Dim length = input.element_count();
  if (axis) {
    output = input;
    length = input.has_rank() ? input[at] : Dim::unknown();
    if (input.has_rank()) output[at] = count;
  }
  context.set_output(0, context.input_dtype(0), output);
  for (const size_t i : {1, 3}) context.set_output(i, DType::int64, {count});
  context.set_output(2, DType::int64, {length});
}

// Rows that hold the same, by the numbers of their first occurrences, in the order of the output.
struct Grouping {
  std::vector<int64_t> firsts, counts;
  std::vector<int64_t> group_of_row;
};

template <class T>
Grouping group_rows(const T* rows, int64_t count, int64_t width, bool sorted) {
  const auto before = [&](int64_t a, int64_t b) {
    const T *left = rows + a * width, *right = rows + b * width;
    for (int64_t i = 0; i < width; ++i) {
      if (sorts_before(left[i], right[i])) return true;
      if (sorts_before(right[i], left[i])) return false;
    }
    return false;
  };
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), before);
  // Equal rows are neighbours now, the first occurrence in front.
  std::vector<std::vector<int64_t>> groups;
  for (const int64_t row : order) {
    if (groups.empty() || before(groups.back().front(), row)) groups.emplace_back();
    groups.back().push_back(row);
  }
  if (!sorted)
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a[0] < b[0]; });
  Grouping grouping;
  grouping.group_of_row.resize(order.size());
  for (const std::vector<int64_t>& group : groups) {
    for (const int64_t row : group)
      grouping.group_of_row[static_cast<size_t>(row)] = static_cast<int64_t>(grouping.firsts.size());
    grouping.firsts.push_back(group.front());
    grouping.counts.push_back(static_cast<int64_t>(group.size()));
  }
  return grouping;
}

// The slices along an axis as rows of a dense matrix.
Tensor as_rows(KernelContext& context, const Tensor& input, size_t axis) {
  Dims dims = input.dims(), strides = row_major_strides(dims);
  std::rotate(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis),
              dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1);
  std::rotate(strides.begin(), strides.begin() + static_cast<std::ptrdiff_t>(axis),
              strides.begin() + static_cast<std::ptrdiff_t>(axis) + 1);
  Tensor rows = Tensor::allocate(input.dtype(), dims);
  copy_box(context.threads(), input, rows, {dims, strides, row_major_strides(dims)});
  return rows;
}

void unique_kernel(KernelContext& context) {
  const auto axis = optional_int(context.node(), "axis");
  const Tensor input = axis ? context.input(0) : context.input(0).reshaped({context.input(0).size()});
  const size_t at = axis ? normalize_axis(*axis, input.rank()) : 0;
  const int64_t length = input.dims()[at], width = length > 0 ? input.size() / length : 0;
  const bool sorted = int_attr(context.node(), "sorted") != 0;
  const Tensor rows = as_rows(context, input, at);
  Grouping grouping;
  visit_types(
      context, input.dtype(),
      [&](auto element) {
        using T = decltype(element);
        grouping = group_rows(reinterpret_cast<const T*>(rows.bytes().data()), length, width, sorted);
      },
      FloatTypes(), WideIntegers(), NarrowIntegers(),
      TypeList<std::string, std::complex<float>, std::complex<double>>());
  Dims dims = input.dims();
  dims[at] = static_cast<int64_t>(grouping.firsts.size());
  Tensor& output = context.allocate(0, input.dtype(), dims);
  std::vector<std::vector<int64_t>> maps;
  for (const int64_t dim : dims) {
    maps.emplace_back(static_cast<size_t>(dim));
    std::iota(maps.back().begin(), maps.back().end(), int64_t{0});
  }
  maps[at] = grouping.firsts;
  copy_mapped(context.threads(), input, maps, output);
  if (context.wants_output(1)) context.set_output(1, Tensor::vector(grouping.firsts));
  if (context.wants_output(2)) context.set_output(2, Tensor::vector(grouping.group_of_row));
  if (context.wants_output(3)) context.set_output(3, Tensor::vector(grouping.counts));
}

}  // namespace

OpDefs unique_ops() { return {OpDef("Unique").infer(infer_unique).evaluate(unique_kernel).widen_half()}; }

}  // namespace modelconv
