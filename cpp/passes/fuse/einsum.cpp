// Einsum that says what simpler operators say.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "ops/axes.h"
#include "ops/einsum_equation.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

using Labels = std::vector<Label>;

bool contains(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

bool repeats(const Labels& labels) {
  return std::set<Label>(labels.begin(), labels.end()).size() != labels.size();
}

// The permutation that brings `from` into the order of `to`, which has the same labels.
Permutation order(const Labels& from, const Labels& to) {
  Permutation p;
  for (const Label label : to)
    p.push_back(static_cast<size_t>(std::find(from.begin(), from.end(), label) - from.begin()));
  return p;
}

Value& transposed(Patch& patch, Value& value, const Permutation& p) {
  return is_identity(p) ? value : patch.add("Transpose", {&value}, {{"perm", to_attribute(p)}});
}

struct Equation {
  std::vector<Labels> operands;
  Labels result;
};

std::optional<Equation> read_equation(const Node& node) {
  const EinsumEquation text = parse_einsum(node);
  Equation equation;
  for (size_t i = 0; i < text.terms.size(); ++i) {
    if (text.terms[i].find('.') != std::string::npos || i >= node.input_count()) return std::nullopt;
    if (!node.input(i)->shape().has_rank()) return std::nullopt;
    equation.operands.push_back(labels_of(node, text.terms[i], node.input(i)->shape().rank()));
    if (repeats(equation.operands.back())) return std::nullopt;
  }
  equation.result = labels_of_result(text, 0);
  if (repeats(equation.result)) return std::nullopt;
  return equation;
}

// One operand: its axes in another order, summed over those that the result does not name.
Outcome rewrite_one(Node& node, Patch& patch, const Equation& equation) {
  const Labels& labels = equation.operands[0];
  std::vector<int64_t> summed;
  Labels left;
  for (size_t axis = 0; axis < labels.size(); ++axis) {
    if (contains(equation.result, labels[axis]))
      left.push_back(labels[axis]);
    else
      summed.push_back(static_cast<int64_t>(axis));
  }
  if (left.size() != equation.result.size()) return refuse("the result has axes of its own");
  Value& x = *node.input(0);
  if (!summed.empty() && !is_identity(order(left, equation.result))) return refuse("it sums and moves axes");
  Value& sum =
      summed.empty() ? x : patch.add("ReduceSum", {&x, &patch.ints(summed)}, {{"keepdims", int64_t{0}}});
  return replace_root(patch, transposed(patch, sum, order(left, equation.result)));
}

// Two operands: batch axes in both and in the result, one axis that is summed, one axis of each operand alone.
Outcome rewrite_two(Node& node, Patch& patch, const Equation& equation, bool may_transpose) {
  const Labels &a = equation.operands[0], &b = equation.operands[1], &result = equation.result;
  Labels batch, summed, rows, columns;
  for (const Label label : result)
    (contains(a, label) ? contains(b, label) ? batch : rows : columns).push_back(label);
  for (const Label label : a)
    if (contains(b, label) && !contains(result, label)) summed.push_back(label);
  if (rows.size() != 1 || columns.size() != 1 || summed.size() != 1)
    return refuse("it is no product of one axis with one axis over one axis");
  if (a.size() != batch.size() + 2 || b.size() != batch.size() + 2)
    return refuse("an axis of one operand is summed");
  const auto size_of = [&](size_t operand, Label label) {
    const Labels& labels = equation.operands[operand];
    return node.input(operand)
        ->shape()[static_cast<size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin())];
  };
  // An axis of size 1 broadcasts in Einsum, and only batch axes do in MatMul.
  if (!(size_of(0, summed[0]) == size_of(1, summed[0])))
    return refuse("the summed axes are not provably of one size");
  Labels left = batch, right = batch, product = batch;
  left.insert(left.end(), {rows[0], summed[0]});
  right.insert(right.end(), {summed[0], columns[0]});
  product.insert(product.end(), {rows[0], columns[0]});
  const Permutation p = order(a, left), q = order(b, right), r = order(product, result);
  const auto costs = [&](size_t operand, const Permutation& moved) {
    return !is_identity(moved) && !(node.input(operand) && node.input(operand)->is_constant());
  };
  if (!may_transpose && (costs(0, p) || costs(1, q) || !is_identity(r)))
    return refuse("the operands would have to be transposed; decompose-einsum does that");
  Value& result_value =
      patch.add("MatMul", {&transposed(patch, *node.input(0), p), &transposed(patch, *node.input(1), q)});
  return replace_root(patch, transposed(patch, result_value, r));
}

Outcome rewrite_einsum(Node& node, Patch& patch, bool may_transpose) {
  const DType dtype = node.output()->dtype();
  if (!is_float(dtype) && !is_integer(dtype)) return refuse("MatMul does not take {}", name_of(dtype));
  const auto equation = read_equation(node);
  if (!equation) return refuse("it takes diagonals, has an ellipsis, or ranks are not known");
  if (equation->operands.size() == 1) return rewrite_one(node, patch, *equation);
  if (equation->operands.size() == 2) {
    if (dtype == DType::int8 || dtype == DType::int16 || dtype == DType::uint8 || dtype == DType::uint16)
      return refuse("MatMul does not take {}", name_of(dtype));
    return rewrite_two(node, patch, *equation, may_transpose);
  }
  return refuse("it has {} operands", equation->operands.size());
}

}  // namespace

Rules simple_einsum_rules() {
  return {Rule("simplify_einsum")
              .describe("an Einsum that is one Transpose, ReduceSum or MatMul becomes that")
              .on({"Einsum"}, [](Node& node, Patch& patch) { return rewrite_einsum(node, patch, false); })};
}

Rules decompose_einsum_rules() {
  return {Rule("decompose_einsum")
              .describe("an Einsum of two operands becomes Transposes and a MatMul")
              .on({"Einsum"}, [](Node& node, Patch& patch) { return rewrite_einsum(node, patch, true); })};
}

}  // namespace modelconv
