// Operators of StableHLO that multiply, reduce, sort, gather and scatter. Those that call a subgraph are known where it is
// one operator.
#include <algorithm>

#include "formats/common/subgraph.h"
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/windows.h"

namespace modelconv::tflite {
namespace {

// What combines two tensors the way the subgraph combines its two inputs; "" when it only gives the second one.
std::string combination(const Translation& t, std::string_view name) {
  const GraphPtr graph = subgraph_of(t, name);
  const Graph& body = *graph;
  if (body.inputs().size() != 2 || body.outputs().size() != 1)
    t.refuse("its subgraph is no function of two tensors");
  if (body.node_count() == 0 && body.outputs()[0].value == body.inputs()[1]) return "";
  if (body.node_count() != 1) t.refuse("its subgraph is more than one operator");
  std::string op = body.nodes().front()->op().name();
  if (op.starts_with("STABLEHLO_")) op = op.substr(10);
  const bool is_truth = body.inputs()[0]->dtype() == DType::boolean;
  if (op == "ADD") return is_truth ? "Or" : "Add";
  if (op == "MULTIPLY" || op == "MUL") return is_truth ? "And" : "Mul";
  if (op == "MAXIMUM") return is_truth ? "Or" : "Max";
  if (op == "MINIMUM") return is_truth ? "And" : "Min";
  if (op == "AND" || op == "LOGICAL_AND") return "And";
  if (op == "OR" || op == "LOGICAL_OR") return "Or";
  t.refuse("its subgraph is the operator {}", op);
}

// Inputs: x, initial value.
void raise_reduce(Translation& t) {
  if (t.input_count() != 2) t.refuse("it reduces {} tensors at once", t.input_count() / 2);
  const std::string combine = combination(t, "body");
  const auto axes = ints_of(t, "dimensions");
  const Term x = input(t, 0), initial = input(t, 1);
  if (axes.empty() || combine.empty()) t.refuse("it reduces nothing");
  if (combine == "And" || combine == "Or") {
    const Term reduced = reduce(combine == "And" ? "ReduceMin" : "ReduceMax", cast(x, DType::uint8), axes);
    return set_output(t, 0, compute(combine, {cast(reduced, DType::boolean), initial}));
  }
  const OpName op = combine == "Add"   ? "ReduceSum"
                    : combine == "Mul" ? "ReduceProd"
                    : combine == "Max" ? "ReduceMax"
                                       : "ReduceMin";
  set_output(t, 0, compute(combine, {reduce(op, x, axes), initial}));
}

std::vector<int64_t> or_ones(std::vector<int64_t> values, size_t rank) {
  if (values.empty()) values.assign(rank, 1);
  return values;
}

// [[before, after], ...] of an attribute to all befores, then all afters.
std::vector<int64_t> pads_of(const Translation& t, size_t rank) {
  const auto pairs = ints_of(t, "padding");
  std::vector<int64_t> pads(2 * rank);
  ENSURE(pairs.empty() || pairs.size() == 2 * rank, MalformedModelError, "its padding has {} entries",
         pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) pads[(i % 2) * rank + i / 2] = pairs[i];
  return pads;
}

// Inputs: x, initial value.
void raise_reduce_window(Translation& t) {
  if (t.input_count() != 2) t.refuse("it reduces {} tensors at once", t.input_count() / 2);
  const std::string combine = combination(t, "body");
  if (combine.empty()) t.refuse("it reduces nothing");
  const Term initial = reshape(input(t, 1), std::vector<int64_t>{});
  const size_t rank = t.rank(0);
  const Term spread = dilated(input(t, 0), or_ones(ints_of(t, "base_dilations"), rank), initial);
  const Term padded = compute("Pad", {spread, numbers(t, pads_of(t, rank)), initial});
  const Windows windows = {ints_of(t, "window_dimensions"), or_ones(ints_of(t, "window_strides"), rank),
                           or_ones(ints_of(t, "window_dilations"), rank)};
  ENSURE(windows.sizes.size() == rank && windows.strides.size() == rank && windows.dilations.size() == rank,
         MalformedModelError, "its windows do not have the rank of its input");
  set_output(t, 0, reduce_windows(padded, initial, windows, combine));
}

// An Einsum: the batch, then what is left of each side.
void raise_dot_general(Translation& t) {
  const auto batch_x = ints_of(t, "lhs_batching_dimensions"), batch_y = ints_of(t, "rhs_batching_dimensions");
  const auto sum_x = ints_of(t, "lhs_contracting_dimensions"),
             sum_y = ints_of(t, "rhs_contracting_dimensions");
  const size_t rank_x = t.rank(0), rank_y = t.rank(1);
  ENSURE(batch_x.size() == batch_y.size() && sum_x.size() == sum_y.size() && rank_x + rank_y <= 26,
         MalformedModelError, "its dimensions do not fit");
  std::string x(rank_x, ' '), y(rank_y, ' '), result;
  char letter = 'a';
  const auto name = [&](const std::vector<int64_t>& left, const std::vector<int64_t>& right, bool in_result) {
    for (size_t i = 0; i < left.size(); ++i, ++letter) {
      x[normalize_axis(left[i], rank_x)] = y[normalize_axis(right[i], rank_y)] = letter;
      if (in_result) result += letter;
    }
  };
  name(batch_x, batch_y, true);
  name(sum_x, sum_y, false);
  for (std::string* side : {&x, &y})
    for (char& place : *side)
      if (place == ' ') result += place = letter++;
  set_output(
      t, 0,
      compute("Einsum", {input(t, 0), input(t, 1)}, {{"equation", fmt::format("{},{}->{}", x, y, result)}}));
}

// Axes in the order batch, channels, space.
Term ordered(const Term& x, int64_t first, int64_t second, const std::vector<int64_t>& space) {
  std::vector<int64_t> perm = {first, second};
  perm.insert(perm.end(), space.begin(), space.end());
  if (perm.size() != x.rank())
    x.translation().refuse("its dimension numbers do not fit a tensor of rank {}", x.rank());
  return transpose(x, perm);
}

void raise_convolution(Translation& t) {
  const auto space = ints_of(t, "input_spatial_dimensions");
  const size_t rank = space.size();
  if (int_of(t, "batch_group_count") > 1) t.refuse("it groups the batch");
  for (const int64_t reversed : ints_of(t, "window_reversal"))
    if (reversed != 0) t.refuse("its window is reversed");
  Term x =
      ordered(input(t, 0), int_of(t, "input_batch_dimension"), int_of(t, "input_feature_dimension"), space);
  const Term kernel =
      ordered(input(t, 1), int_of(t, "kernel_output_feature_dimension"),
              int_of(t, "kernel_input_feature_dimension"), ints_of(t, "kernel_spatial_dimensions"));
  auto gaps = or_ones(ints_of(t, "lhs_dilation"), rank);
  gaps.insert(gaps.begin(), {1, 1});
  x = dilated(x, gaps, number(t, x.dtype(), 0));
  const auto pads = pads_of(t, rank);
  if (std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad < 0; }))
    t.refuse("its padding is negative");
  const Attrs attrs = {{"strides", or_ones(ints_of(t, "window_strides"), rank)},
                       {"dilations", or_ones(ints_of(t, "rhs_dilation"), rank)},
                       {"pads", pads},
                       {"group", std::max<int64_t>(int_of(t, "feature_group_count"), 1)}};
  const Term y = compute("Conv", {x, kernel}, attrs);
  std::vector<int64_t> perm(rank + 2, -1);
  perm[normalize_axis(int_of(t, "output_batch_dimension"), rank + 2)] = 0;
  perm[normalize_axis(int_of(t, "output_feature_dimension"), rank + 2)] = 1;
  const auto output_space = ints_of(t, "output_spatial_dimensions");
  for (size_t i = 0; i < output_space.size(); ++i)
    perm[normalize_axis(output_space[i], rank + 2)] = static_cast<int64_t>(i) + 2;
  if (std::count(perm.begin(), perm.end(), -1) > 0) t.refuse("its dimension numbers do not fit");
  set_output(t, 0, transpose(y, perm));
}

// The comparator compares the first two of its inputs: ascending or descending by the first tensor.
void raise_sort(Translation& t) {
  const GraphPtr graph = subgraph_of(t, "comparator");
  const Graph& comparator = *graph;
  const Node* compare = comparator.node_count() == 1 ? comparator.nodes().front().get() : nullptr;
  if (!compare || compare->op() != OpName("tflite.STABLEHLO_COMPARE") ||
      compare->input(0) != comparator.inputs()[0] || compare->input(1) != comparator.inputs()[1])
    t.refuse("it does not sort by its first tensor alone");
  const auto* direction = compare->attrs.get<std::string>("comparison_direction");
  const bool ascending = direction && (*direction == "LT" || *direction == "LE");
  if (!ascending && !(direction && (*direction == "GT" || *direction == "GE")))
    t.refuse("it compares for equality");
  const Term keys = input(t, 0);
  const auto axis = static_cast<int64_t>(normalize_axis(int_of(t, "dimension"), keys.rank()));
  const Node& top = t.add_node("TopK", {&keys.value(), &size_of(keys, axis).value()},
                               {{"axis", axis}, {"largest", int64_t{!ascending}}, {"sorted", int64_t{1}}}, 2);
  t.set_output(0, *top.output(0));
  for (size_t i = 1; i < t.input_count(); ++i)
    set_output(t, i, compute("GatherElements", {input(t, i), {t, *top.output(1)}}, {{"axis", axis}}));
}

// Slices of length 1 along the axes that are indexed, all of the others: GatherND of the tensor with the former in front.
void raise_gather(Translation& t) {
  const Term x = input(t, 0);
  const auto indexed = ints_of(t, "start_index_map"), collapsed = ints_of(t, "collapsed_slice_dims");
  const auto sizes = ints_of(t, "slice_sizes"), offsets = ints_of(t, "offset_dims");
  const auto dims = x.value().shape().static_dims();
  if (!dims || sizes.size() != dims->size()) t.refuse("the shape of its input is not known");
  std::vector<int64_t> perm = indexed;
  for (size_t axis = 0; axis < dims->size(); ++axis) {
    const auto at = static_cast<int64_t>(axis);
    const bool is_indexed = std::find(indexed.begin(), indexed.end(), at) != indexed.end();
    const bool is_collapsed = std::find(collapsed.begin(), collapsed.end(), at) != collapsed.end();
    if (is_indexed != is_collapsed || sizes[axis] != (is_indexed ? 1 : (*dims)[axis]))
      t.refuse("it gathers windows of the size {} from axis {}", sizes[axis], axis);
    if (!is_indexed) perm.push_back(at);
  }
  Term indices = index_input(t, 1);
  const int64_t vector = int_of(t, "index_vector_dim");
  const auto index_rank = static_cast<int64_t>(indices.rank());
  if (vector != index_rank - 1 && vector != index_rank) t.refuse("its indices lie along axis {}", vector);
  if (vector == index_rank) indices = unsqueeze(indices, {-1});
  std::vector<int64_t> last;
  for (const int64_t axis : indexed) last.push_back((*dims)[static_cast<size_t>(axis)] - 1);
  indices = minimum(maximum(indices, number(t, DType::int64, 0)), numbers(t, last));
  const Term y = gather_nd(transpose(x, perm), indices);
  std::vector<int64_t> back;  // offset_dims are those axes of the result that come from slices
  int64_t next_batch = 0, next_offset = static_cast<int64_t>(y.rank() - offsets.size());
  for (int64_t axis = 0; axis < static_cast<int64_t>(y.rank()); ++axis)
    back.push_back(std::find(offsets.begin(), offsets.end(), axis) != offsets.end() ? next_offset++
                                                                                    : next_batch++);
  set_output(t, 0, transpose(y, back));
}

// The same the other way round. Inputs: x, indices, updates.
void raise_scatter(Translation& t) {
  const std::string combine = combination(t, "update_computation");
  const std::string reduction = combine.empty()    ? "none"
                                : combine == "Add" ? "add"
                                : combine == "Mul" ? "mul"
                                : combine == "Max" ? "max"
                                                   : "min";
  if (combine == "And" || combine == "Or") t.refuse("it combines truth values");
  const Term x = input(t, 0), updates = input(t, 2);
  const auto indexed = ints_of(t, "scatter_dims_to_operand_dims"),
             inserted = ints_of(t, "inserted_window_dims");
  const auto window = ints_of(t, "update_window_dims");
  std::vector<int64_t> in_order = indexed;
  std::sort(in_order.begin(), in_order.end());
  if (in_order != inserted) t.refuse("it scatters windows along the axes that are indexed");
  std::vector<int64_t> perm = indexed, back(x.rank());
  for (size_t axis = 0; axis < x.rank(); ++axis)
    if (std::find(indexed.begin(), indexed.end(), static_cast<int64_t>(axis)) == indexed.end())
      perm.push_back(static_cast<int64_t>(axis));
  for (size_t i = 0; i < perm.size(); ++i) back[normalize_axis(perm[i], x.rank())] = static_cast<int64_t>(i);
  Term indices = index_input(t, 1);
  const int64_t vector = int_of(t, "index_vector_dim");
  const auto index_rank = static_cast<int64_t>(indices.rank());
  if (vector != index_rank - 1 && vector != index_rank) t.refuse("its indices lie along axis {}", vector);
  if (vector == index_rank) indices = unsqueeze(indices, {-1});
  std::vector<int64_t> batch_first;
  for (int64_t axis = 0; axis < static_cast<int64_t>(updates.rank()); ++axis)
    if (std::find(window.begin(), window.end(), axis) == window.end()) batch_first.push_back(axis);
  batch_first.insert(batch_first.end(), window.begin(), window.end());
  const Term y = scatter_nd(transpose(x, perm), indices, transpose(updates, batch_first), reduction);
  set_output(t, 0, transpose(y, back));
}

}  // namespace

OpMappings stablehlo_calls_ops() {
  const std::string body = "a subgraph of one operator";
  return {
      {"tflite.STABLEHLO_CONVOLUTION", "Conv", raise_convolution, nullptr,
       "batch_group_count 1, no window_reversal"},
      {"tflite.STABLEHLO_DOT_GENERAL", "Einsum", raise_dot_general, nullptr, ""},
      {"tflite.STABLEHLO_GATHER", "GatherND", raise_gather, nullptr, "whole slices, indices last"},
      {"tflite.STABLEHLO_REDUCE", "ReduceSum", raise_reduce, nullptr, body},
      {"tflite.STABLEHLO_REDUCE_WINDOW", "Slice", raise_reduce_window, nullptr, body},
      {"tflite.STABLEHLO_SCATTER", "ScatterND", raise_scatter, nullptr,
       body + "; whole slices, indices last"},
      {"tflite.STABLEHLO_SORT", "TopK", raise_sort, nullptr, "by the first tensor"},
  };
}

}  // namespace modelconv::tflite
