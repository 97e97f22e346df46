// Nodes that undo the one before them, or choose what is known beforehand.
#include <algorithm>
#include <cmath>

#include "ops/attributes.h"
#include "passes/eliminate/eliminate.h"
#include "passes/fold/evaluate.h"

namespace modelconv {
namespace {

const Node* producer_of(const Value* value, OpName op) {
  const Node* node = value ? value->producer() : nullptr;
  return node && node->op() == op ? node : nullptr;
}

// Not(Not(x)), Neg(Neg(x)): exact, for NaN and for the smallest integer too.
Outcome eliminate_double(Node& node, Patch& patch) {
  const Node* inner = producer_of(node.input(0), node.op());
  return inner ? replace_root(patch, *inner->input(0)) : no_match();
}

// x + (-y) is x - y, and x - (-y) is x + y: exact, for NaN, zeros of both signs and integers that wrap.
Outcome absorb_negation(Node& node, Patch& patch) {
  const bool is_sum = node.op() == OpName("Add");
  for (const size_t side : {size_t{1}, size_t{0}}) {
    const Node* negation = producer_of(node.input(side), "Neg");
    if (!negation || (side == 0 && !is_sum)) continue;
    if (!node.input(side)->has_one_use()) return refuse("'{}' has other uses", node.input(side)->name());
    return replace_root(patch, patch.add(is_sum ? "Sub" : "Add", {node.input(1 - side), negation->input(0)}));
  }
  return no_match();
}

// Not(a < b) is a >= b for integers; for floats NaN is neither.
Outcome negate_comparison(Node& node, Patch& patch) {
  static const std::pair<OpName, OpName> kOpposites[] = {{"Less", "GreaterOrEqual"},
                                                         {"GreaterOrEqual", "Less"},
                                                         {"Greater", "LessOrEqual"},
                                                         {"LessOrEqual", "Greater"}};
  const Node* inner = node.input(0)->producer();
  for (const auto& [op, opposite] : kOpposites) {
    if (!inner || inner->op() != op) continue;
    if (!is_integer(inner->input(0)->dtype())) return refuse("NaN is neither less nor greater");
    if (!node.input(0)->has_one_use()) return refuse("'{}' has other uses", node.input(0)->name());
    return replace_root(patch, patch.add(opposite, {inner->input(0), inner->input(1)}));
  }
  return no_match();
}

std::optional<bool> constant_truth(const Value& value) {
  if (!value.is_constant() || value.constant().size() == 0 || value.constant().size() > 65536)
    return std::nullopt;
  const std::vector<int64_t> elements = value.constant().to_int64();
  const bool first = elements[0] != 0;
  for (const int64_t element : elements)
    if ((element != 0) != first) return std::nullopt;
  return first;
}

Outcome simplify_where(Node& node, Patch& patch) {
  Value &condition = *node.input(0), &yes = *node.input(1), &no = *node.input(2);
  if (const auto truth = constant_truth(condition)) {
    Value& chosen = *truth ? yes : no;
    if (!chosen.shape().equals(node.output()->shape())) return refuse("'{}' is broadcast", chosen.name());
    return replace_root(patch, chosen);
  }
  if (&yes == &no && yes.shape().equals(node.output()->shape())) return replace_root(patch, yes);
  if (const Node* negation = producer_of(&condition, "Not"))
    return replace_root(patch, patch.add("Where", {negation->input(0), &no, &yes}));
  return no_match();
}

// ScatterND of every row in order replaces everything: the updates are the result.
Outcome eliminate_full_scatter(Node& node, Patch& patch) {
  if (string_attr(node, "reduction") != "none") return no_match();
  const Shape &data = node.input(0)->shape(), &updates = node.input(2)->shape(),
              &indices = node.input(1)->shape();
  if (!indices.has_rank() || indices.rank() != 2 || !indices[1].equals(1) || !data.has_rank() ||
      data.rank() == 0)
    return no_match();
  if (!data.equals(updates)) return refuse("the updates are not provably of the data's shape");
  if (node.input(1)->is_constant()) {
    const std::vector<int64_t> rows = node.input(1)->constant().to_int64();
    for (size_t i = 0; i < rows.size(); ++i)
      if (rows[i] != static_cast<int64_t>(i)) return refuse("row {} is not written at its place", i);
    return replace_root(patch, *node.input(2));  // as many rows as the updates have, which are all
  }
  const Node* column = node.input(1)->producer();
  const Node* range = column ? producer_of(column->input(0), "Range") : nullptr;
  if (!range || (column->op() != OpName("Unsqueeze") && column->op() != OpName("Reshape"))) return no_match();
  const auto is_number = [&](size_t index, int64_t wanted) {
    const Value* value = range->input(index);
    return value->is_constant() && value->constant().size() == 1 && value->constant().to_int64()[0] == wanted;
  };
  const Value& limit = *range->input(1);
  const bool ends_there = limit.elements && limit.elements->size() == 1 && (*limit.elements)[0] == data[0];
  if (!is_number(0, 0) || !is_number(2, 1) || !ends_there)
    return refuse("it does not provably write every row in order");
  return replace_root(patch, *node.input(2));
}

bool same_constant(const Value* a, const Value* b) {
  if (a == b) return true;
  return a && b && a->is_constant() && b->is_constant() && a->constant().identical_to(b->constant());
}

// DequantizeLinear makes (q - z) s, rounded once; dividing by s again comes within 2^-22 of an integer below 2^17 in
// magnitude, so that rounding gives back q itself. Wider integers and scales near the ends of the range are left alone.
Outcome eliminate_requantize(Node& node, Patch& patch) {
  const Node* dequantize = producer_of(node.input(0), "DequantizeLinear");
  if (!dequantize) return no_match();
  const Value &q = *dequantize->input(0), *scale = dequantize->input(1);
  if (q.dtype() != node.output()->dtype()) return refuse("it quantises to another dtype");
  if (!is_integer(q.dtype()) || bit_width(q.dtype()) > 16)
    return refuse("{} does not come back exactly", name_of(q.dtype()));
  if (!scale->is_constant() || scale->dtype() != DType::float32)
    return refuse("the scale is not constant float32");
  if (!same_constant(scale, node.input(1)) || !same_constant(dequantize->input(2), node.input(2)))
    return refuse("scale or zero point differ");
  if (node.input(0)->dtype() != DType::float32)
    return refuse("it computes in {}", name_of(node.input(0)->dtype()));
  for (const char* name : {"axis", "block_size"})
    if (scale->constant().size() > 1 && int_attr(node, name) != int_attr(*dequantize, name))
      return refuse("{} differs", name);
  for (const double number : scale->constant().to_double())
    if (!(number >= 1e-30 && number <= 1e30)) return refuse("the scale {} is extreme", number);
  return replace_root(patch, *dequantize->input(0));
}

// An element of a sequence that is put together of known parts.
Outcome sequence_at(Node& node, Patch& patch) {
  const Node* construct = producer_of(node.input(0), "SequenceConstruct");
  if (!construct) return no_match();
  const Value* position = node.input(1);
  if (!position->is_constant() || position->constant().size() != 1)
    return refuse("the position is not constant");
  const auto count = static_cast<int64_t>(construct->input_count());
  int64_t at = position->constant().to_int64()[0];
  if (at < 0) at += count;
  if (at < 0 || at >= count) return refuse("position {} is outside of {} elements", at, count);
  return replace_root(patch, *construct->input(static_cast<size_t>(at)));
}

Outcome concat_from_sequence(Node& node, Patch& patch) {
  const Node* construct = producer_of(node.input(0), "SequenceConstruct");
  if (!construct) return no_match();
  std::vector<Value*> parts(construct->inputs().begin(), construct->inputs().end());
  const int64_t axis = int_attr(node, "axis");
  if (int_attr(node, "new_axis") != 0)
    for (Value*& part : parts) part = &patch.add("Unsqueeze", {part, &patch.ints({axis})});
  return replace_root(patch, patch.add("Concat", std::move(parts), {{"axis", axis}}));
}

Outcome sequence_length(Node& node, Patch& patch) {
  const Node* construct = producer_of(node.input(0), "SequenceConstruct");
  if (!construct) return no_match();
  return replace_root(patch, patch.int_scalar(static_cast<int64_t>(construct->input_count())));
}

// The elements of SplitToSequence that are taken at constant positions are outputs of a Split.
Outcome split_to_outputs(Node& node, Patch& patch) {
  const Shape& shape = node.input(0)->shape();
  if (!shape.has_rank()) return refuse("the rank is not known");
  const auto axis = static_cast<int64_t>(normalize_axis(int_attr(node, "axis"), shape.rank()));
  const auto size = shape[static_cast<size_t>(axis)].known();
  const Value* given = node.input(1);
  if (!size || (given && !given->is_constant())) return refuse("the sizes of its parts are not known");
  const int64_t part = given ? (given->constant().rank() == 0 ? given->constant().to_int64()[0] : 0) : 1;
  std::vector<int64_t> sizes;
  if (given && given->constant().rank() == 1)
    sizes = given->constant().to_int64();
  else
    for (int64_t at = 0; part > 0 && at < *size && sizes.size() < 1024; at += part)
      sizes.push_back(std::min(part, *size - at));
  if (sizes.empty() || node.output()->is_graph_output()) return refuse("the sequence itself is wanted");
  for (const Use& use : node.output()->uses()) {
    const Value* position = use.node->op() == OpName("SequenceAt") ? use.node->input(1) : nullptr;
    if (&use.node->graph() != &node.graph() || !position || !position->is_constant() ||
        position->constant().size() != 1)
      return refuse("{} wants the sequence itself", use.node->describe());
  }
  Node& split = patch.add_node("Split", {node.input(0), &patch.ints(sizes)}, {{"axis", axis}}, sizes.size());
  const bool drops_axis = !given && int_attr(node, "keepdims") == 0;
  for (const Use& use : node.output()->uses()) {
    int64_t at = use.node->input(1)->constant().to_int64()[0];
    if (at < 0) at += static_cast<int64_t>(sizes.size());
    if (at < 0 || at >= static_cast<int64_t>(sizes.size()))
      return refuse("position {} is outside of the sequence", at);
    Value& piece = *split.output(static_cast<size_t>(at));
    patch.replace(*use.node->output(),
                  drops_axis ? patch.add("Squeeze", {&piece, &patch.ints({axis})}) : piece);
  }
  return Outcome::applied();
}

}  // namespace

Rules eliminate_undone_rules() {
  return {
      Rule("eliminate_double_negation")
          .describe("Not(Not(x)) and Neg(Neg(x)) are x")
          .on({"Not", "Neg"}, eliminate_double),
      Rule("absorb_negation")
          .describe("Add of Neg(y) is Sub, Sub of Neg(y) is Add")
          .on({"Add", "Sub"}, absorb_negation),
      Rule("negate_comparison")
          .describe("Not of a comparison of integers is the opposite comparison")
          .on({"Not"}, negate_comparison),
      Rule("simplify_where")
          .describe("Where by a constant condition, between equals, or by Not(c)")
          .on({"Where"}, simplify_where),
      Rule("eliminate_full_scatter")
          .describe("a ScatterND that writes every row in order gives its updates")
          .on({"ScatterND"}, eliminate_full_scatter),
      Rule("eliminate_requantize")
          .describe("QuantizeLinear after DequantizeLinear with the same parameters gives the integers back "
                    "(up to 16 bits)")
          .on({"QuantizeLinear"}, eliminate_requantize),
      Rule("sequence_at")
          .describe("an element of a SequenceConstruct is its operand")
          .on({"SequenceAt"}, sequence_at),
      Rule("concat_from_sequence")
          .describe("ConcatFromSequence of a SequenceConstruct is Concat")
          .on({"ConcatFromSequence"}, concat_from_sequence),
      Rule("sequence_length")
          .describe("the length of a SequenceConstruct is known")
          .on({"SequenceLength"}, sequence_length),
      Rule("split_to_outputs")
          .describe("a SplitToSequence whose elements are taken at constant positions is a Split")
          .on({"SplitToSequence"}, split_to_outputs),
  };
}

}  // namespace modelconv
