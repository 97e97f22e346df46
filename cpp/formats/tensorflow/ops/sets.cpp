// Sets: the last axis of a tensor holds the elements of one set, the axes before it say which. Results are sparse tensors.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term as_rows(const Term& x) {
  const Term size = size_of(x, -1);
  return cast(reshape(x, concat({numbers(x.translation(), {-1}), size}, 0)), DType::int64);
}

Term ascending(const Term& rows) {
  Node& sorted = rows.translation().add_node("TopK", {&rows.value(), &size_of(rows, 1).value()},
                                             {{"largest", int64_t{0}}, {"sorted", int64_t{1}}}, 2);
  return {rows.translation(), *sorted.output(0)};
}

// Whether an element of sorted rows is the first of its value.
Term is_first(const Term& sorted) {
  const Term begin = slice(sorted, 1, 0, 1);
  const Term changes = negated(equal(slice(sorted, 1, 1, kEnd), slice(sorted, 1, 0, -1)));
  return concat({equal(begin, begin), changes}, 1);
}

Term is_in(const Term& rows, const Term& others) {
  const Term same = cast(equal(unsqueeze(rows, {2}), unsqueeze(others, {1})), DType::int64);
  return negated(equal(reduce("ReduceSum", same, {2}), 0.0));
}

// Coordinates of the rows that `row` [n] counts through, in the leading axes of `x`: columns [n, 1].
std::vector<Term> coordinates(const Term& row, const Term& x) {
  std::vector<Term> columns;
  Term rest = row;
  for (auto axis = static_cast<int64_t>(x.rank()) - 2; axis >= 0; --axis) {
    const Term size = size_of(x, axis);
    columns.insert(columns.begin(), unsqueeze(axis == 0 ? rest : modulo(rest, size), {1}));
    rest = rest / size;
  }
  return columns;
}

// tensorflow/core/kernels/set_kernels.cc: values ascend within a set, and places count from 0.
void raise_set_operation(Translation& t) {
  const std::string operation = string_of(t, "set_operation", "");
  const Term first = input(t, 0), second = input(t, 1);
  if (first.dtype() == DType::string) t.refuse("ONNX does not order strings");
  if (first.rank() < 2)
    t.refuse("its sets have {} dimensions, where TensorFlow asks for two or more", first.rank());
  Term source = as_rows(first), other = as_rows(second);
  if (operation == "b-a") std::swap(source, other);
  const bool is_union = operation == "union", is_difference = operation == "a-b" || operation == "b-a";
  if (!is_union && !is_difference && operation != "intersection")
    t.refuse("its operation is '{}'", operation);
  if (is_union) source = concat({source, other}, 1);

  const Term sorted = ascending(source);
  Term keep = is_first(sorted);
  if (!is_union) keep = both(keep, is_difference ? negated(is_in(sorted, other)) : is_in(sorted, other));
  const Term found = transpose(compute("NonZero", {keep}), {1, 0});  // [n, 2]
  const Term counted = cumulative_sum(cast(keep, DType::int64), 1);
  std::vector<Term> columns = coordinates(squeeze(slice(found, 1, 0, 1), {1}), first);
  columns.push_back(unsqueeze(gather_nd(counted, found) - 1.0, {1}));
  set_output(t, 0, concat(columns, 1));
  set_output(t, 1, cast(gather_nd(sorted, found), first.dtype()));
  const Term sizes = reshape(reduce("ReduceSum", cast(keep, DType::int64), {1}), {-1});
  const Term largest = reduce("ReduceMax", concat({sizes, numbers(t, {0})}, 0), {0}, true);
  set_output(t, 2, concat({shape_part(first, 0, -1), largest}, 0));
}

}  // namespace

OpMappings set_ops() {
  return {
      {"tf.DenseToDenseSetOperation", "TopK", raise_set_operation, nullptr, "sets of integers"},
  };
}

}  // namespace modelconv::tensorflow
