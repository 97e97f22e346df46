// Lists that loops and branches change.
#include <algorithm>

#include "formats/tensorflow/control_flow/tensor_lists.h"

namespace modelconv::tensorflow {
namespace {

constexpr size_t kFirstVariable = 2;  // of a body's inputs: behind iteration and condition

const Node* producer(const Value& value, std::initializer_list<const char*> ops) {
  const Node* node = without_identities(const_cast<Value&>(value)).producer();
  if (!node) return nullptr;
  for (const char* op : ops)
    if (node->op() == OpName("tf", op)) return node;
  return nullptr;
}

bool same_attribute(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<int64_t>(&a)) return *x == std::get<int64_t>(b);
  if (const auto* x = std::get_if<std::vector<int64_t>>(&a)) return *x == std::get<std::vector<int64_t>>(b);
  if (const auto* x = std::get_if<std::string>(&a)) return *x == std::get<std::string>(b);
  if (const auto* x = std::get_if<float>(&a)) return *x == std::get<float>(b);
  if (const auto* x = std::get_if<Type>(&a)) return x->str() == std::get<Type>(b).str();
  return false;
}

bool same_attributes(const Attrs& a, const Attrs& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, value] : a) {
    const Attribute* other = b.find(name);
    if (!other || !same_attribute(value, *other)) return false;
  }
  return true;
}

// Number of the variable that `value` is at the beginning of an iteration.
std::optional<size_t> variable_of(const Graph& body, const Value& value) {
  const Value& source = without_identities(const_cast<Value&>(value));
  for (size_t i = kFirstVariable; i < body.inputs().size(); ++i)
    if (body.inputs()[i] == &source) return i - kFirstVariable;
  return std::nullopt;
}

// min(limit, max(1, limit)) is limit: so TensorFlow's dynamic_rnn writes it.
bool is_limit(const Value& value, const Value& limit) {
  if (same_value(value, limit)) return true;
  const Node* least = producer(value, {"Minimum"});
  for (const size_t i : {0, 1}) {
    if (!least || !same_value(*least->input(i), limit)) continue;
    const Node* most = producer(*least->input(1 - i), {"Maximum"});
    if (!most) return same_value(*least->input(1 - i), limit);
    for (const size_t j : {0, 1})
      if (same_value(*most->input(j), limit) && is_int(most->input(1 - j), 1)) return true;
  }
  return false;
}

}  // namespace

bool same_value(const Value& first, const Value& second, int depth) {
  const Value& a = without_identities(const_cast<Value&>(first));
  const Value& b = without_identities(const_cast<Value&>(second));
  if (&a == &b) return true;
  if (a.is_constant() && b.is_constant()) return a.constant().identical_to(b.constant());
  const Node *x = a.producer(), *y = b.producer();
  if (!x || !y || depth == 0 || x->op() != y->op() || a.output_index() != b.output_index()) return false;
  if (x->op().name().starts_with("Random") || x->input_count() != y->input_count() || x->input_count() == 0)
    return false;
  if (!same_attributes(x->attrs, y->attrs)) return false;
  for (size_t i = 0; i < x->input_count(); ++i)
    if (!x->input(i) || !y->input(i) || !same_value(*x->input(i), *y->input(i), depth - 1)) return false;
  return true;
}

bool counts_from_zero(const Node& loop, const Graph& body, const Value& value) {
  const auto variable = variable_of(body, value);
  if (!variable || !is_int(loop.input(1 + *variable), 0)) return false;
  const Node* next = producer(*body.outputs()[1 + *variable].value, {"Add", "AddV2"});
  for (const size_t i : {0, 1})
    if (next && variable_of(body, *next->input(i)) == variable && is_int(next->input(1 - i), 1)) return true;
  return false;
}

bool runs_until(const Node& loop, const Graph& body, const Value& limit) {
  std::vector<const Value*> terms = {body.outputs()[0].value};
  for (size_t i = 0; i < terms.size() && i < 100; ++i) {
    if (const Node* both = producer(*terms[i], {"LogicalAnd"})) {
      terms.push_back(both->input(0));
      terms.push_back(both->input(1));
      continue;
    }
    const Node* less = producer(*terms[i], {"Less"});
    if (!less || !is_limit(*less->input(1), limit)) return false;
    const Value& counter = without_identities(*less->input(0));
    bool counts = false;
    for (size_t k = 0; 1 + k < body.outputs().size() && kFirstVariable + k < body.inputs().size(); ++k)
      counts = counts || (&without_identities(*body.outputs()[1 + k].value) == &counter &&
                          counts_from_zero(loop, body, *body.inputs()[kFirstVariable + k]));
    if (!counts) return false;
  }
  return true;
}

struct ListLowering::LoopPlan {
  enum class Kind : uint8_t { plain, scanned, joined, carried };
  struct Variable {
    Kind kind = Kind::plain;
    ListState before;
    enum class Place : uint8_t {
      end,
      counted,
      only
    } place = Place::end;  // of a scanned list: where it is written
  };
  std::vector<Variable> variables;
};

namespace {

size_t list_input(const Node& write) { return write.op() == OpName("tf.TensorArrayWriteV3") ? 3 : 0; }

// The one operator that changes a list variable in an iteration: it takes the variable, nothing else looks at it.
Node* only_write(const Graph& body, size_t variable) {
  const Value* inside = body.inputs()[kFirstVariable + variable];
  Value& next = without_identities(*body.outputs()[1 + variable].value);
  Node* write = next.producer();
  if (!write || &write->graph() != &body || !next.has_one_use()) return nullptr;
  if (write->op() != OpName("tf.TensorArrayWriteV3") && write->op() != OpName("tf.TensorListSetItem") &&
      write->op() != OpName("tf.TensorListPushBack"))
    return nullptr;
  const Value* at = write->input(list_input(*write));
  for (;; at = at->producer()->input(0)) {
    if (!at || !at->has_one_use()) return nullptr;
    if (at == inside) return write;
    if (!at->producer() || at->producer()->op() != OpName("tf.Identity")) return nullptr;
  }
}

// All that happens to the list later is that its elements are joined.
bool is_only_concatenated(const Value& list) {
  if (list.is_graph_output()) return false;
  return std::all_of(list.uses().begin(), list.uses().end(), [](const Use& use) {
    const std::string& op = use.node->op().name();
    if (op == "Identity") return is_only_concatenated(*use.node->output());
    const bool joins = op == "TensorArrayConcatV3" || op == "TensorListConcat" || op == "TensorListConcatV2";
    return joins && (!use.node->output(1) || use.node->output(1)->is_unused());
  });
}

// [?, 4]: elements may differ in their first size.
bool has_open_length(const Shape& shape) {
  if (!shape.has_rank() || shape.rank() == 0 || !shape[0].is_unknown()) return false;
  for (size_t i = 1; i < shape.rank(); ++i)
    if (!shape[i].is_known()) return false;
  return true;
}

}  // namespace

void ListLowering::plan_variable(Node& node, Graph& body, size_t variable, LoopPlan& plan) {
  const ListState* before = find_state(node.input(1 + variable));
  if (!before) return;
  LoopPlan::Variable& planned = plan.variables[variable];
  planned.before = *before;
  planned.kind = LoopPlan::Kind::carried;
  Value& inside = *body.inputs()[kFirstVariable + variable];
  if (Node* write = only_write(body, variable)) {
    using Place = LoopPlan::Variable::Place;
    const bool pushes = write->op() == OpName("tf.TensorListPushBack");
    planned.before.grows = planned.before.grows || resizes(*write);
    const Value& index = *write->input(1);
    const bool only =
        !pushes && before->length && is_int(before->length, 1) && !planned.before.grows && is_int(&index, 0);
    if (pushes || (!before->data && (only || counts_from_zero(node, body, index)))) {
      planned.place = pushes ? Place::end : only ? Place::only : Place::counted;
      const bool joins = !before->data && !only && node.output(variable) &&
                         has_open_length(before->known_shape) && is_only_concatenated(*node.output(variable));
      planned.kind = joins ? LoopPlan::Kind::joined : LoopPlan::Kind::scanned;
      // What handed the list on goes, from the end of the iteration back to its beginning.
      Value* list = body.outputs()[1 + variable].value;
      body.set_output_value(1 + variable, *write->input(pushes ? 1 : 2));
      while (list != &inside) {
        Node& gone = *list->producer();
        list = gone.input(&gone == write ? list_input(gone) : 0);
        body.remove(gone);
      }
      return;
    }
  }
  ListState within = planned.before;
  within.data = &inside;
  if (within.grows) within.length = nullptr;
  states_[&inside] = std::move(within);
}

void ListLowering::lower_loop(Node& node) {
  const GraphPtr body = *node.attrs.get<GraphPtr>("body");
  LoopPlan plan;
  plan.variables.resize(node.input_count() - 1);
  for (size_t i = 0; i < plan.variables.size(); ++i) plan_variable(node, *body, i, plan);
  run(*body);
  const bool has_lists = std::any_of(plan.variables.begin(), plan.variables.end(), [](const auto& variable) {
    return variable.kind != LoopPlan::Kind::plain;
  });
  if (has_lists && missing_.empty()) rebuild_loop(node, *body, plan);
}

void ListLowering::rebuild_loop(Node& node, Graph& body, LoopPlan& plan) {
  using Kind = LoopPlan::Kind;
  const At at{node};
  std::vector<Value*> inputs = {node.input(0)}, gone_inputs;
  std::vector<size_t> kept, scanned;
  std::vector<bool> ends_there(plan.variables.size());  // a scanned list is full when the loop ends
  for (size_t i = 0; i < plan.variables.size(); ++i) {
    LoopPlan::Variable& variable = plan.variables[i];
    Value* initial = node.input(1 + i);
    Value& inside = *body.inputs()[kFirstVariable + i];
    if (variable.kind == Kind::scanned) {
      ends_there[i] = variable.before.length && runs_until(node, body, *variable.before.length);
      scanned.push_back(i);
      gone_inputs.push_back(&inside);
      continue;
    }
    if (variable.kind == Kind::joined) {
      ListState empty = variable.before;
      std::vector<Dim> dims = empty.known_shape.dims();
      dims.erase(dims.begin());
      empty.known_shape = dims;
      initial = &zeros(at, at.scalar(0), empty);
      Value& element = *body.outputs()[1 + i].value;
      Value& axis = body.add_constant(Tensor::scalar(int32_t{0}), node.name() + "/axis");
      Node& joined = body.add_node("tf.ConcatV2", {&inside, &element, &axis}, {}, {node.name() + "/joined"},
                                   node.name());
      body.set_output_value(1 + i, *joined.output());
    } else if (variable.kind == Kind::carried) {
      initial = &data_of(at, variable.before);
      ListState* after = find_state(body.outputs()[1 + i].value);
      if (!after || !after->data || after->is_joined)
        throw Refusal{"what a list becomes in a loop is not known"};
      body.set_output_value(1 + i, *after->data);
    }
    kept.push_back(i);
    inputs.push_back(initial);
  }
  std::vector<Value*> slices;
  for (const size_t i : scanned) slices.push_back(body.outputs()[1 + i].value);
  for (size_t i = scanned.size(); i-- > 0;) body.remove_output(1 + scanned[i]);
  for (size_t i = 0; i < scanned.size(); ++i)
    body.add_output(fmt::format("{}/element:{}", node.name(), i), *slices[i]);
  for (Value* input : gone_inputs) body.remove_input(*input);

  std::vector<size_t> order = kept;
  order.insert(order.end(), scanned.begin(), scanned.end());
  std::vector<std::string> names;
  for (const size_t i : order) {
    const std::string name = node.output(i)->name();
    node.graph().rename(*node.output(i), name + "/list");
    names.push_back(plan.variables[i].kind == Kind::plain ? name : name + "/elements");
  }
  const GraphPtr body_ptr = *node.attrs.get<GraphPtr>("body");
  node.attrs.remove("body");
  Node& loop =
      node.graph().add_node("tf.Loop", std::move(inputs), {{"body", body_ptr}}, names, node.name(), &node);
  for (size_t slot = 0; slot < order.size(); ++slot) {
    const size_t i = order[slot];
    Value& result = *loop.output(slot);
    LoopPlan::Variable& variable = plan.variables[i];
    if (variable.kind == Kind::plain) {
      result.source_name = node.output(i)->source_name;
      node.graph().replace_all_uses(*node.output(i), result);
      continue;
    }
    ListState after = variable.before;
    after.data = &result;
    if (variable.kind == Kind::carried && after.grows) after.length = nullptr;
    if (variable.kind == Kind::joined) after.is_joined = true;
    if (variable.kind == Kind::scanned) {
      using Place = LoopPlan::Variable::Place;
      const bool was_empty = !variable.before.data && is_int(variable.before.length, 0);
      if (variable.place == Place::end) {
        if (!was_empty)
          after.data = &at.add("ConcatV2", {&data_of(at, variable.before), &result, &at.scalar(0)});
        after.length = nullptr;
      } else if (variable.place == Place::only) {
        Value& last = at.add("Sub", {&at.as_vector(at.size_of(result, 0)), &at.scalar(1)});
        after.data = &at.add("GatherV2", {&result, &last, &at.scalar(0)});
      } else if (after.grows && was_empty) {
        after.length = nullptr;
      } else if (!ends_there[i]) {
        ListState shaped = variable.before;
        if (!shaped.known_shape.is_static()) shaped.element_shape = &at.element_shape_of(result);
        Value& rest =
            at.add("Maximum", {&at.add("Sub", {shaped.length, &at.size_of(result, 0)}), &at.scalar(0)});
        after.data = &at.add("ConcatV2", {&result, &zeros(at, rest, shaped), &at.scalar(0)});
        if (after.grows) after.length = nullptr;
      }
    }
    give(node, i, std::move(after));
  }
  replaced_.push_back(&node);
}

void ListLowering::lower_if(Node& node) {
  Graph* branches[2] = {node.attrs.get<GraphPtr>("then_branch")->get(),
                        node.attrs.get<GraphPtr>("else_branch")->get()};
  for (Graph* branch : branches) run(*branch);
  if (!missing_.empty()) return;
  for (size_t i = 0; i < node.output_count(); ++i) {
    ListState* states[2];
    for (const size_t side : {0, 1}) states[side] = find_state(branches[side]->outputs()[i].value);
    if (!states[0] && !states[1]) continue;
    if (!states[0] || !states[1]) throw Refusal{"only one branch gives a list of tensors"};
    for (const size_t side : {0, 1}) {
      if (!states[side]->data && states[side]->length && !node.graph().can_see(*states[side]->length))
        throw Refusal{"a list without elements is made in a branch"};
      branches[side]->set_output_value(i, data_of(At{node}, *states[side]));
    }
    ListState after = *states[0];
    after.data = node.output(i);
    after.length = nullptr;
    give(node, i, std::move(after));
  }
}

}  // namespace modelconv::tensorflow
