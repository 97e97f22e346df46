// Einsum (12) as Transpose, MatMul, Mul and ReduceSum, one operand after the other.
#include <algorithm>

#include "formats/onnx/versions/table.h"
#include "ops/einsum_equation.h"

namespace modelconv::onnx {
namespace {

using Labels = std::vector<Label>;
using Ints = std::vector<int64_t>;

struct Operand {
  Value* value;
  Labels labels;  // of its axes
};

bool contains(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

int64_t place_of(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) - labels.begin();
}

Labels joined(std::initializer_list<Labels> parts) {
  Labels all;
  for (const Labels& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Value& transposed(Step& step, const Operand& operand, const Labels& order) {
  if (order == operand.labels) return *operand.value;
  Ints perm;
  for (const Label label : order) perm.push_back(place_of(operand.labels, label));
  return step.add("Transpose", {operand.value}, {{"perm", perm}});
}

// Sums over the axes that nobody else asks for.
Operand reduced(Step& step, Operand operand, const Labels& wanted) {
  Ints axes;
  Labels left;
  for (size_t i = 0; i < operand.labels.size(); ++i) {
    if (contains(wanted, operand.labels[i]))
      left.push_back(operand.labels[i]);
    else
      axes.push_back(static_cast<int64_t>(i));
  }
  if (axes.empty()) return operand;
  Attrs attrs{{"keepdims", int64_t{0}}};
  return {&step.add("ReduceSum", {operand.value, &step.ints(axes)}, std::move(attrs)), left};
}

// One dimension at run time, as a vector of one element.
Value& size_of(Step& step, Value& value, int64_t axis) {
  const Shape& shape = value.shape();
  const Dim dim =
      shape.has_rank() && static_cast<size_t>(axis) < shape.rank() ? shape[static_cast<size_t>(axis)] : Dim();
  if (dim.is_known()) return step.ints({dim.value()});
  return step.add("Shape", {&value}, {{"start", axis}, {"end", axis + 1}});
}

// `value` with its axes [first, first + count) as one.
Value& merged(Step& step, Value& value, size_t first, size_t count) {
  if (count == 1) return value;
  if (!value.shape().has_rank()) step.refuse("the rank of '{}' is not known", value.name());
  const size_t rank = value.shape().rank();
  if (count == 0) return step.add("Unsqueeze", {&value, &step.ints({static_cast<int64_t>(first)})});
  std::vector<Value*> sizes;
  for (size_t axis = 0; axis < first; ++axis)
    sizes.push_back(&size_of(step, value, static_cast<int64_t>(axis)));
  sizes.push_back(&step.ints({-1}));
  for (size_t axis = first + count; axis < rank; ++axis)
    sizes.push_back(&size_of(step, value, static_cast<int64_t>(axis)));
  Value& shape = sizes.size() == 1 ? *sizes[0] : step.add("Concat", sizes, {{"axis", int64_t{0}}});
  return step.add("Reshape", {&value, &shape});
}

// Nothing is summed: axes that an operand lacks become 1.
Operand multiplied(Step& step, const Operand& a, const Operand& b, const Labels& all) {
  const auto spread = [&](const Operand& operand) -> Value* {
    Labels order;
    Ints missing;
    for (size_t i = 0; i < all.size(); ++i) {
      if (contains(operand.labels, all[i]))
        order.push_back(all[i]);
      else
        missing.push_back(static_cast<int64_t>(i));
    }
    Value& value = transposed(step, operand, order);
    return missing.empty() ? &value : &step.add("Unsqueeze", {&value, &step.ints(missing)});
  };
  return {&step.add("Mul", {spread(a), spread(b)}), all};
}

// Sums over the labels that both have and nobody needs later.
Operand contracted(Step& step, const Operand& a, const Operand& b, const Labels& needed) {
  Labels shared, summed, left, right;
  for (const Label label : a.labels) {
    if (!contains(b.labels, label))
      left.push_back(label);
    else
      // Axes of an ellipsis broadcast, which a product of matrices does not along the axis it sums over.
      (contains(needed, label) || label >= kEllipsis ? shared : summed).push_back(label);
  }
  for (const Label label : b.labels)
    if (!contains(a.labels, label)) right.push_back(label);
  if (summed.empty()) return multiplied(step, a, b, joined({shared, left, right}));
  Value& a_moved = transposed(step, a, joined({shared, left, summed}));
  Value& b_moved = transposed(step, b, joined({shared, summed, right}));
  const size_t batch = shared.size();
  Value& rows = merged(step, merged(step, a_moved, batch + left.size(), summed.size()), batch, left.size());
  Value& columns =
      merged(step, merged(step, b_moved, batch + summed.size(), right.size()), batch, summed.size());
  Value& product = step.add("MatMul", {&rows, &columns});
  if (left.size() == 1 && right.size() == 1) return {&product, joined({shared, left, right})};
  std::vector<Value*> sizes;
  for (size_t i = 0; i < batch; ++i) sizes.push_back(&size_of(step, product, static_cast<int64_t>(i)));
  for (size_t i = 0; i < left.size(); ++i)
    sizes.push_back(&size_of(step, a_moved, static_cast<int64_t>(batch + i)));
  for (size_t i = 0; i < right.size(); ++i)
    sizes.push_back(&size_of(step, b_moved, static_cast<int64_t>(batch + summed.size() + i)));
  Value& shape = sizes.empty() ? step.ints({}) : step.add("Concat", sizes, {{"axis", int64_t{0}}});
  return {&step.add("Reshape", {&product, &shape}), joined({shared, left, right})};
}

void lower_einsum(Step& step) {
  const EinsumEquation equation = parse_einsum(step.node());
  if (equation.terms.size() != step.node().input_count())
    step.refuse("it has {} terms for {} operands", equation.terms.size(), step.node().input_count());
  std::vector<Operand> operands;
  size_t ellipsis = 0;
  for (size_t i = 0; i < equation.terms.size(); ++i) {
    const size_t rank = step.rank_of(i);
    Labels labels = labels_of(step.node(), equation.terms[i], rank);
    for (size_t k = 0; k < labels.size(); ++k) {
      if (place_of(labels, labels[k]) != static_cast<int64_t>(k)) step.refuse("it takes a diagonal");
      if (labels[k] >= kEllipsis)
        ellipsis = std::max(ellipsis, static_cast<size_t>(labels[k] - kEllipsis) + 1);
    }
    operands.push_back({&step.required(i), std::move(labels)});
  }
  const Labels result = labels_of_result(equation, ellipsis);
  const auto needed_after = [&](size_t first) {
    Labels needed = result;
    for (size_t i = first; i < operands.size(); ++i) needed = joined({needed, operands[i].labels});
    return needed;
  };
  Operand all = operands[0];
  for (size_t i = 1; i < operands.size(); ++i) {
    all = reduced(step, all, needed_after(i));
    const Operand next = reduced(step, operands[i], joined({needed_after(i + 1), all.labels}));
    all = contracted(step, all, next, needed_after(i + 1));
  }
  all = reduced(step, all, result);
  if (all.labels.size() != result.size()) step.refuse("its result repeats a label or has one of its own");
  Value& value = transposed(step, all, result);
  // The result of an equation that does nothing is the operand itself, which keeps its name.
  step.replace_output(0, value.producer() ? value : step.add("Identity", {&value}));
  step.done();
}

}  // namespace

Boundaries einsum_boundaries() { return {{"Einsum", 12, nullptr, lower_einsum}, {"Einsum", 28}}; }

}  // namespace modelconv::onnx
