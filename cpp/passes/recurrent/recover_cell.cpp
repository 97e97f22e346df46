// One recurrent cell of a Loop becomes RNN, GRU or LSTM.
#include <algorithm>

#include "ops/attributes.h"
#include "ops/infer.h"
#include "passes/control/inline_body.h"
#include "passes/recurrent/cell.h"
#include "passes/recurrent/recurrent.h"
#include "rewrite/driver.h"

namespace modelconv {
namespace {

constexpr size_t kFirst = 2;  // variables of a body begin behind iteration and condition

// What to take out of the loop: the rows that it reads, one per iteration, and where they come from.
Value* rows_of(const Value& leaf, const Graph& body) {
  const Node* gather = behind_identities(&leaf)->producer();
  if (!gather || gather->op() != OpName("Gather") || gather->attrs.get_or<int64_t>("axis", 0) != 0)
    return nullptr;
  Value* data = gather->input(0);
  if (&data->graph() == &body || !data->shape().has_rank() || data->shape().rank() != 3) return nullptr;
  return is_iteration(*gather->input(1), body) ? data : nullptr;
}

Value& unsqueeze(Patch& patch, Value& value, int64_t axis) {
  return patch.add("Unsqueeze", {&value, &patch.ints({axis})});
}

Value& squeeze(Patch& patch, Value& value, int64_t axis) {
  return patch.add("Squeeze", {&value, &patch.ints({axis})});
}

// The rows that the loop reads: all, or the first `trips`.
Value& rows_for_trips(Patch& patch, Value& rows, Value& trips) {
  const auto known = trips.is_constant() ? std::optional(Dim(trips.constant().to_int64()[0]))
                     : trips.elements && trips.elements->size() == 1 ? std::optional((*trips.elements)[0])
                                                                     : std::nullopt;
  if (known && *known == rows.shape()[0]) return rows;
  Value& end = patch.add("Reshape", {&trips, &patch.ints({1})});
  return patch.add("Slice", {&rows, &patch.ints({0}), &end, &patch.ints({0})});
}

struct Recurrent {
  Node* node;
  Value* outputs;  // [trips, batch, hidden]
};

Recurrent add_operator(Patch& patch, const Node& loop, const Cell& cell, Value& rows) {
  const auto hidden = static_cast<int64_t>(cell.hidden);
  const bool is_lstm = cell.op == OpName("LSTM");
  std::vector<Value*> inputs = {&rows_for_trips(patch, rows, *loop.input(0)), &patch.constant(cell.weights),
                                &patch.constant(cell.recurrence), &patch.constant(cell.bias)};
  Value* lengths = nullptr;
  if (cell.lengths)
    lengths = &patch.add("Cast", {cell.lengths}, {{"to", static_cast<int64_t>(DType::int32)}});
  inputs.push_back(lengths);
  inputs.push_back(&unsqueeze(patch, *loop.input(kFirst + cell.state), 0));
  if (is_lstm) inputs.push_back(&unsqueeze(patch, *loop.input(kFirst + *cell.memory), 0));
  if (cell.peepholes.defined()) inputs.push_back(&patch.constant(cell.peepholes));
  Attrs attrs = {{"hidden_size", hidden}};
  if (cell.op == OpName("GRU")) attrs.set("linear_before_reset", int64_t{cell.resets_after});
  if (!cell.has_default_activations()) {
    std::vector<std::string> names;
    std::vector<float> alpha, beta;
    for (const Activation& activation : cell.activations) {
      names.push_back(activation.name);
      if (activation.has_alpha) alpha.push_back(activation.alpha);
      if (activation.has_beta) beta.push_back(activation.beta);
    }
    attrs.set("activations", std::move(names));
    if (!alpha.empty()) attrs.set("activation_alpha", std::move(alpha));
    if (!beta.empty()) attrs.set("activation_beta", std::move(beta));
  }
  Node& node = patch.add_node(cell.op, std::move(inputs), std::move(attrs), is_lstm ? 3 : 2, loop.name());
  return {&node, &squeeze(patch, *node.output(0), 1)};
}

// What a scan output or a final value of the loop is, once the cell stands outside; null when only a loop can say it.
class Remainder {
 public:
  Remainder(const CellFinder& finder, const Cell& cell) : finder_(finder), cell_(cell) {}

  bool is_output_row(const Value& value) const {
    const Value* at = behind_identities(&value);
    if (at == cell_.new_state) return true;
    // Zero behind the end of the sequence, which is what the operator gives there.
    const Node* where = at->producer();
    if (!where || where->op() != OpName("Where") || !finder_.is_same_mask(*where->input(0), cell_))
      return false;
    const Value* fill = behind_identities(where->input(cell_.mask_keeps_old ? 1 : 2));
    const Value* kept = behind_identities(where->input(cell_.mask_keeps_old ? 2 : 1));
    return kept == cell_.new_state && is_zero(*fill);
  }

 private:
  static bool is_zero(const Value& value) {
    const Value* at = &value;
    while (at->producer() &&
           (at->producer()->op() == OpName("Expand") || at->producer()->op() == OpName("ConstantOfShape"))) {
      if (at->producer()->op() == OpName("ConstantOfShape")) {
        const Tensor* fill = at->producer()->attrs.get<Tensor>("value");
        return !fill || fill->to_double()[0] == 0;
      }
      at = at->producer()->input(0);
    }
    if (!at->is_constant() || !is_float(at->dtype()) || at->constant().size() > 100'000) return false;
    const auto numbers = at->constant().to_double();
    return std::all_of(numbers.begin(), numbers.end(), [](double number) { return number == 0; });
  }

  const CellFinder& finder_;
  const Cell& cell_;
};

bool is_wanted(const Value* output) { return output && !output->is_unused(); }

Outcome take_out(Node& loop, Patch& patch, Graph& body, const CellFinder& finder, const Cell& cell,
                 Value& rows) {
  const size_t variables = loop.input_count() - kFirst;
  std::vector<bool> is_state(variables);
  is_state[cell.state] = true;
  if (cell.memory) is_state[*cell.memory] = true;
  // The body without the cell, which reads the cell's outputs instead: is the cell's state still needed?
  std::unordered_map<const Value*, Value*> copies;
  const GraphPtr rest = copy_body(patch, body, &copies);
  const Recurrent recurrent = add_operator(patch, loop, cell, rows);
  Node* front = rest->nodes().front().get();
  Node& row = rest->add_node("Gather", {recurrent.outputs, rest->inputs()[0]}, {{"axis", int64_t{0}}}, {""},
                             loop.name(), front);
  infer_node(row);
  rest->replace_all_uses(*copies.at(cell.new_state), *row.output());
  const Remainder remainder(finder, cell);
  std::vector<size_t> kept_variables, kept_scans;
  for (size_t i = 0; i < variables; ++i)
    if (!is_state[i]) kept_variables.push_back(i);
  for (size_t i = variables; i < loop.output_count(); ++i) {
    if (!is_wanted(loop.output(i))) continue;
    if (remainder.is_output_row(*body.outputs()[1 + i].value))
      patch.replace(*loop.output(i), *recurrent.outputs);
    else
      kept_scans.push_back(i);
  }
  const bool is_needed =
      !kept_scans.empty() || std::any_of(kept_variables.begin(), kept_variables.end(),
                                         [&](size_t i) { return is_wanted(loop.output(i)); });
  if (is_wanted(loop.output(cell.state)))
    patch.replace(*loop.output(cell.state), squeeze(patch, *recurrent.node->output(1), 0));
  if (cell.memory && is_wanted(loop.output(*cell.memory)))
    patch.replace(*loop.output(*cell.memory), squeeze(patch, *recurrent.node->output(2), 0));
  if (!is_needed) return Outcome::applied();

  for (size_t i = loop.output_count(); i-- > 0;)
    if (i < variables ? is_state[i] : std::find(kept_scans.begin(), kept_scans.end(), i) == kept_scans.end())
      rest->remove_output(1 + i);
  remove_unused(*rest);
  for (size_t i = 0; i < variables; ++i) {
    if (!is_state[i]) continue;
    Value& state = *copies.at(body.inputs()[kFirst + i]);
    if (!state.is_unused()) return refuse("the state '{}' is used outside of the cell, too", state.name());
    rest->remove_input(state);
  }
  std::vector<Value*> inputs = {loop.input(0), loop.input(1)};
  for (const size_t i : kept_variables) inputs.push_back(loop.input(kFirst + i));
  std::vector<size_t> kept = kept_variables;
  kept.insert(kept.end(), kept_scans.begin(), kept_scans.end());
  Attrs attrs = loop.attrs;
  attrs.set("body", rest);
  Node& smaller = patch.add_node("Loop", std::move(inputs), std::move(attrs), kept.size(), loop.name());
  for (size_t slot = 0; slot < kept.size(); ++slot)
    if (loop.output(kept[slot])) patch.replace(*loop.output(kept[slot]), *smaller.output(slot));
  return Outcome::applied();
}

bool is_true(const Value* value) {
  return !value ||
         (value->is_constant() && value->constant().size() == 1 && value->constant().to_int64()[0] != 0);
}

Outcome recover_cell(Node& loop, Patch& patch) {
  Graph& body = graph_attr(loop, "body");
  if (loop.input_count() < kFirst || body.inputs().size() != loop.input_count() ||
      body.outputs().size() != loop.output_count() + 1)
    return no_match();
  const Value* goes_on = behind_identities(body.outputs()[0].value);
  if (!loop.input(0) || !is_true(loop.input(1)) || (goes_on != body.inputs()[1] && !is_true(goes_on)))
    return no_match();
  CellFinder finder(loop, body);
  std::string reason = "its body has no recurrent cell";
  for (size_t variable = 0; variable < loop.input_count() - kFirst; ++variable) {
    const auto cell = finder.find(variable, reason);
    if (!cell) continue;
    if (Value* rows = rows_of(*cell->input, body)) return take_out(loop, patch, body, finder, *cell, *rows);
    reason =
        fmt::format("the cell's input '{}' is not one row of a tensor per iteration", cell->input->name());
  }
  return refuse("{}", reason);
}

}  // namespace

Rule recover_recurrent_cell_rule() {
  return Rule("recover_recurrent_cell")
      .describe("the cell of an RNN, GRU or LSTM that the body of a Loop spells out becomes that operator")
      .on({"Loop"}, recover_cell);
}

}  // namespace modelconv
