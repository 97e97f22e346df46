#include "passes/recurrent/cell.h"

#include <algorithm>

#include "ops/attributes.h"

namespace modelconv {
namespace {

const Node* producer(const Value* value, const char* op) {
  const Node* node = behind_identities(value)->producer();
  return node && node->op() == OpName(op) ? node : nullptr;
}

bool is_one(const Value& value) {
  const Value& at = *behind_identities(&value);
  if (!at.is_constant() || at.dtype() != DType::float32 || at.constant().size() > 100'000) return false;
  const auto numbers = at.constant().to_double();
  return !numbers.empty() &&
         std::all_of(numbers.begin(), numbers.end(), [](double number) { return number == 1; });
}

std::optional<float> constant_scalar(const Value* value) {
  if (!value || !behind_identities(value)->is_constant()) return std::nullopt;
  const Tensor& tensor = behind_identities(value)->constant();
  if (tensor.size() != 1 || !is_float(tensor.dtype())) return std::nullopt;
  return static_cast<float>(tensor.to_double()[0]);
}

}  // namespace

bool is_iteration(const Value& value, const Graph& body) {
  const Value* at = behind_identities(&value);
  while (at->producer() && at->producer()->op() == OpName("Cast") && is_integer(at->dtype()))
    at = behind_identities(at->producer()->input(0));
  return at == body.inputs()[0];
}

bool is_same_number(const Value& a, const Value& b) {
  if (!a.elements || !b.elements || a.elements->size() != 1 || b.elements->size() != 1) return false;
  return (*a.elements)[0] == (*b.elements)[0];
}

bool Cell::has_default_activations() const {
  for (size_t i = 0; i < activations.size(); ++i) {
    const bool is_gate = op != OpName("RNN") && i == 0;
    if (activations[i].name != (is_gate ? "Sigmoid" : "Tanh")) return false;
  }
  return true;
}

CellFinder::CellFinder(const Node& loop, const Graph& body) : body_(body) {
  for (size_t variable = 0; 2 + variable < loop.input_count(); ++variable)
    if (const auto masked = next_of(variable)) forms_.take_as_leaf(*masked->fresh);
}

bool CellFinder::is_same_mask(const Value& mask, const Cell& cell) const {
  Masked masked;
  return cell.lengths && reads_lengths(mask, masked) && masked.lengths == cell.lengths &&
         masked.keeps_old == cell.mask_keeps_old;
}

// iteration >= lengths, or iteration < lengths, perhaps with further axes.
bool CellFinder::reads_lengths(const Value& mask, Masked& masked) const {
  const Value* at = behind_identities(&mask);
  for (;;) {
    const Node* node = at->producer();
    if (!node) return false;
    const OpName op = node->op();
    if (op == OpName("Unsqueeze") || op == OpName("Expand") || op == OpName("Reshape") ||
        op == OpName("Tile")) {
      at = behind_identities(node->input(0));
      continue;
    }
    const bool keeps_old = op == OpName("GreaterOrEqual");
    if (!keeps_old && op != OpName("Less")) return false;
    Value* lengths = const_cast<Value*>(behind_identities(node->input(1)));
    if (!is_iteration(*node->input(0), body_) || &lengths->graph() == &body_) return false;
    if (!lengths->shape().has_rank() || lengths->shape().rank() != 1) return false;
    masked.lengths = lengths;
    masked.mask = &mask;
    masked.keeps_old = keeps_old;
    return true;
  }
}

std::optional<CellFinder::Masked> CellFinder::next_of(size_t variable) const {
  Masked masked;
  masked.fresh = behind_identities(body_.outputs()[1 + variable].value);
  const Node* where = producer(masked.fresh, "Where");
  if (!where) return masked;
  if (!reads_lengths(*where->input(0), masked)) return std::nullopt;
  const Value* old = behind_identities(where->input(masked.keeps_old ? 1 : 2));
  masked.fresh = behind_identities(where->input(masked.keeps_old ? 2 : 1));
  if (old != state(variable)) return std::nullopt;
  return masked;
}

std::optional<CellFinder::Gate> CellFinder::gate_of(const Value& value) {
  // Several gates may be computed at once.
  const Value* at = behind_identities(&value);
  const auto taken = columns_of(*at);
  const Node* node = taken ? behind_identities(taken->whole)->producer() : at->producer();
  if (!node || node->input_count() == 0 || !node->input(0)) return std::nullopt;
  Gate gate;
  const std::string& op = node->op().name();
  if (op == "Sigmoid" || op == "Tanh" || op == "Relu" || op == "Softsign" || op == "Softplus") {
    gate.activation = {op, 0, 0, false, false};
  } else if (op == "HardSigmoid") {
    gate.activation = {op, node->attrs.get_or<float>("alpha", 0.2F), node->attrs.get_or<float>("beta", 0.5F),
                       true, true};
  } else if (op == "Elu" || op == "LeakyRelu") {
    gate.activation = {op, node->attrs.get_or<float>("alpha", op == "Elu" ? 1.0F : 0.01F), 0, true, false};
  } else if (op == "Clip" && constant_scalar(node->input(1)) == 0.0F &&
             constant_scalar(node->input(2)) == 1.0F) {
    gate.activation = {"HardSigmoid", 1, 0, true, true};
  } else {
    return std::nullopt;
  }
  gate.form = taken ? forms_.part(*node->input(0), taken->from, taken->count) : forms_.of(*node->input(0));
  return gate.form ? std::optional(gate) : std::nullopt;
}

std::optional<Cell> CellFinder::find(size_t variable, std::string& reason) {
  const auto masked = next_of(variable);
  if (!masked) return std::nullopt;
  const Shape& shape = state(variable)->shape();
  if (state(variable)->dtype() != DType::float32 || !shape.has_rank() || shape.rank() != 2 ||
      !shape[1].is_known() || shape[1].value() <= 0)
    return std::nullopt;
  for (const auto match : {&CellFinder::match_lstm, &CellFinder::match_gru, &CellFinder::match_rnn}) {
    Cell cell;
    cell.state = variable;
    cell.hidden = static_cast<size_t>(shape[1].value());
    cell.new_state = masked->fresh;
    cell.lengths = masked->lengths;
    cell.mask = masked->mask;
    cell.mask_keeps_old = masked->keeps_old;
    if ((this->*match)(*masked->fresh, cell, reason) && cell.input) return cell;
  }
  return std::nullopt;
}

std::optional<CellFinder::Parts> CellFinder::parts_of(const LinearForm& form, Cell& cell, const Value* hidden,
                                                      const Value* memory) const {
  Parts parts;
  if (form.width != cell.hidden) return std::nullopt;
  for (const auto& [leaf, matrix] : form.terms) {
    if (leaf == hidden) {
      parts.state = &matrix;
    } else if (memory && leaf == memory && matrix.is_diagonal) {
      parts.peephole = &matrix;
    } else if (!cell.input || cell.input == leaf) {
      cell.input = leaf;
      parts.input = &matrix;
    } else {
      return std::nullopt;
    }
  }
  return parts;
}

namespace {

// Transposed into rows [first, first + width) of a tensor [1, gates * width, size].
void store(const Matrix* matrix, size_t first, size_t size, size_t width, std::span<float> target) {
  if (!matrix) return;
  for (size_t row = 0; row < size; ++row)
    for (size_t column = 0; column < width; ++column) {
      const float element = matrix->is_diagonal ? (row == column ? matrix->elements[column] : 0.0F)
                                                : matrix->elements[row * width + column];
      target[(first + column) * size + row] = element;
    }
}

}  // namespace

bool CellFinder::assemble(Cell& cell, const std::vector<const LinearForm*>& forms,
                          const std::vector<Parts>& parts,
                          const std::vector<std::vector<float>>& recurrent_bias) const {
  if (!cell.input || !cell.input->shape().has_rank() || cell.input->shape().rank() != 2) return false;
  const Dim& last = cell.input->shape()[1];
  if (!last.is_known()) return false;
  const auto size = static_cast<size_t>(last.value());
  const size_t gates = forms.size(), hidden = cell.hidden;
  const auto dims = [](size_t a, size_t b) {
    return Dims{1, static_cast<int64_t>(a), static_cast<int64_t>(b)};
  };
  cell.weights = Tensor::allocate(DType::float32, dims(gates * hidden, size));
  cell.recurrence = Tensor::allocate(DType::float32, dims(gates * hidden, hidden));
  cell.bias = Tensor::allocate(DType::float32, {1, static_cast<int64_t>(2 * gates * hidden)});
  const auto weights = cell.weights.mutable_data<float>(), recurrence = cell.recurrence.mutable_data<float>();
  const auto bias = cell.bias.mutable_data<float>();
  std::fill(weights.begin(), weights.end(), 0.0F);
  std::fill(recurrence.begin(), recurrence.end(), 0.0F);
  std::fill(bias.begin(), bias.end(), 0.0F);
  for (size_t gate = 0; gate < gates; ++gate) {
    for (const auto& [matrix, rows] :
         {std::pair(parts[gate].input, size), std::pair(parts[gate].state, hidden)})
      if (matrix &&
          (matrix->columns != hidden || (matrix->is_diagonal ? rows != hidden : matrix->rows != rows)))
        return false;
    store(parts[gate].input, gate * hidden, size, hidden, weights);
    store(parts[gate].state, gate * hidden, hidden, hidden, recurrence);
    for (size_t i = 0; i < hidden; ++i) {
      bias[gate * hidden + i] = forms[gate]->bias[i];
      if (gate < recurrent_bias.size() && !recurrent_bias[gate].empty())
        bias[(gates + gate) * hidden + i] = recurrent_bias[gate][i];
    }
  }
  return true;
}

bool CellFinder::match_rnn(const Value& fresh, Cell& cell, std::string& reason) {
  const auto gate = gate_of(fresh);
  if (!gate) return false;
  const auto parts = parts_of(*gate->form, cell, state(cell.state), nullptr);
  if (!parts || !parts->state || !parts->input) {
    reason = "what goes into the cell's function is not linear in one input and the state";
    return false;
  }
  cell.op = "RNN";
  cell.activations = {gate->activation};
  return assemble(cell, {gate->form}, {*parts}, {});
}

// new state = update * state + (1 - update) * candidate
bool CellFinder::match_gru(const Value& fresh, Cell& cell, std::string& reason) {
  const Node* add = producer(&fresh, "Add");
  if (!add) return false;
  const Value* hidden = state(cell.state);
  for (const size_t side : {0, 1}) {
    const Node* keep = producer(add->input(side), "Mul");
    const Node* change = producer(add->input(1 - side), "Mul");
    if (!keep || !change) continue;
    const size_t at = behind_identities(keep->input(0)) == hidden ? 0 : 1;
    if (behind_identities(keep->input(at)) != hidden) continue;
    const Value* update = behind_identities(keep->input(1 - at));
    for (const size_t complement : {0, 1}) {
      const Node* rest = producer(change->input(complement), "Sub");
      if (!rest || !is_one(*rest->input(0)) || behind_identities(rest->input(1)) != update) continue;
      const auto z = gate_of(*update), n = gate_of(*change->input(1 - complement));
      if (!z || !n) continue;
      reason = "the gates of the GRU are not linear in one input and the state";
      const auto z_parts = parts_of(*z->form, cell, hidden, nullptr);
      if (!z_parts) return false;
      // The candidate's leaf that is no state and not the input: the reset gate times something.
      const Value* reset_leaf = nullptr;
      LinearForm candidate = *n->form;
      for (const auto& [leaf, matrix] : n->form->terms)
        if (leaf != cell.input && leaf != hidden && producer(leaf, "Mul")) reset_leaf = leaf;
      if (!reset_leaf) return false;
      const Node* product = producer(reset_leaf, "Mul");
      for (const size_t r_side : {0, 1}) {
        const auto r = gate_of(*product->input(r_side));
        const Value* other = behind_identities(product->input(1 - r_side));
        if (!r || !(r->activation == z->activation)) continue;
        const auto r_parts = parts_of(*r->form, cell, hidden, nullptr);
        if (!r_parts) continue;
        Matrix through = candidate.terms.at(reset_leaf);
        candidate.terms.erase(reset_leaf);
        std::vector<float> inner_bias;
        if (other != hidden) {
          // reset * (state x matrix + bias): the leaf itself must go into the sum as it is.
          const LinearForm* inner = forms_.of(*other);
          if (!inner || inner->terms.size() != 1 || inner->terms.begin()->first != hidden ||
              !through.is_diagonal ||
              std::any_of(through.elements.begin(), through.elements.end(), [](float x) { return x != 1; }))
            return false;
          through = inner->terms.begin()->second;
          inner_bias = inner->bias;
          cell.resets_after = true;
        }
        const auto n_parts = parts_of(candidate, cell, hidden, nullptr);
        if (!n_parts || n_parts->state) return false;
        Parts with_state = *n_parts;
        with_state.state = &through;
        cell.op = "GRU";
        cell.activations = {z->activation, n->activation};
        return assemble(cell, {z->form, r->form, &candidate}, {*z_parts, *r_parts, with_state},
                        {{}, {}, inner_bias});
      }
      return false;
    }
  }
  return false;
}

// new state = output * f(new memory), new memory = forget * memory + in * candidate
bool CellFinder::match_lstm(const Value& fresh, Cell& cell, std::string& reason) {
  const Node* product = producer(&fresh, "Mul");
  if (!product) return false;
  for (size_t memory = 0; memory + 2 < body_.inputs().size(); ++memory) {
    if (memory == cell.state) continue;
    const auto masked = next_of(memory);
    if (!masked || masked->lengths != cell.lengths) continue;
    const Node* add = producer(masked->fresh, "Add");
    if (!add) continue;
    const Value *old_memory = state(memory), *hidden = state(cell.state);
    for (const size_t side : {0, 1}) {
      const Node* squash = behind_identities(product->input(side))->producer();
      if (!squash || squash->input_count() == 0 || !squash->input(0) ||
          behind_identities(squash->input(0)) != masked->fresh)
        continue;
      const auto h = gate_of(*product->input(side));
      const auto o = gate_of(*product->input(1 - side));
      if (!h || !o) continue;
      for (const size_t forget_side : {0, 1}) {
        const Node* forget = producer(add->input(forget_side), "Mul");
        const Node* input = producer(add->input(1 - forget_side), "Mul");
        if (!forget || !input) continue;
        const size_t at = behind_identities(forget->input(0)) == old_memory ? 0 : 1;
        if (behind_identities(forget->input(at)) != old_memory) continue;
        const auto f = gate_of(*forget->input(1 - at));
        if (!f) continue;
        for (const size_t i_side : {0, 1}) {
          const auto i = gate_of(*input->input(i_side)), g = gate_of(*input->input(1 - i_side));
          if (!i || !g || !(i->activation == f->activation) || !(i->activation == o->activation)) continue;
          // Where all four functions are the same, either factor may be the gate: peepholes and order do not matter then.
          const auto i_parts = parts_of(*i->form, cell, hidden, old_memory),
                     o_parts = parts_of(*o->form, cell, hidden, masked->fresh);
          const auto f_parts = parts_of(*f->form, cell, hidden, old_memory),
                     g_parts = parts_of(*g->form, cell, hidden, nullptr);
          reason = "the gates of the LSTM are not linear in one input and the states";
          if (!i_parts || !o_parts || !f_parts || !g_parts) {
            cell.input = nullptr;
            continue;
          }
          cell.op = "LSTM";
          cell.memory = memory;
          cell.activations = {i->activation, g->activation, h->activation};
          if (!assemble(cell, {i->form, o->form, f->form, g->form}, {*i_parts, *o_parts, *f_parts, *g_parts},
                        {}))
            return false;
          if (i_parts->peephole || o_parts->peephole || f_parts->peephole) {
            cell.peepholes = Tensor::allocate(DType::float32, {1, static_cast<int64_t>(3 * cell.hidden)});
            const auto target = cell.peepholes.mutable_data<float>();
            std::fill(target.begin(), target.end(), 0.0F);
            size_t place = 0;
            for (const Matrix* matrix : {i_parts->peephole, o_parts->peephole, f_parts->peephole}) {
              if (matrix)
                std::copy(matrix->elements.begin(), matrix->elements.end(),
                          target.begin() + static_cast<std::ptrdiff_t>(place));
              place += cell.hidden;
            }
          }
          return true;
        }
      }
    }
  }
  return false;
}

}  // namespace modelconv
