#include "ir/graph.h"

#include <algorithm>

#include "base/error.h"

namespace modelconv {

const std::string Graph::kNoOutput = "\x01none";

// Names in use, counted over a graph and all its subgraphs, and for each stem the next suffix to try (so that making
// ten thousand names from one stem stays linear).
struct Graph::Names {
  std::unordered_map<std::string, size_t> taken;
  std::unordered_map<std::string, size_t> next_suffix;

  std::string claim(const std::string& wanted) {
    const std::string stem = wanted.empty() ? "value" : wanted;
    if (taken.try_emplace(stem, 1).second) return stem;
    for (size_t& suffix = next_suffix[stem];;) {
      std::string candidate = stem + "_" + std::to_string(++suffix);
      if (taken.try_emplace(candidate, 1).second) return candidate;
    }
  }
  void release(const std::string& name) { taken.erase(name); }
};

std::vector<Graph*> Node::subgraphs() const {
  std::vector<Graph*> graphs;
  for (const auto& [name, attribute] : attrs) {
    if (const auto* one = std::get_if<GraphPtr>(&attribute)) graphs.push_back(one->get());
    if (const auto* many = std::get_if<std::vector<GraphPtr>>(&attribute))
      for (const GraphPtr& graph : *many) graphs.push_back(graph.get());
  }
  return graphs;
}

Node* Node::next() const {
  const auto following = std::next(position_);
  return following == graph_->nodes().end() ? nullptr : following->get();
}

Node* Node::previous() const {
  return position_ == graph_->nodes().begin() ? nullptr : std::prev(position_)->get();
}

std::string Node::describe() const {
  if (!name_.empty()) return fmt::format("{} '{}'", op_.str(), name_);
  for (const Value* output : outputs_)
    if (output) return fmt::format("{} (output '{}')", op_.str(), output->name());
  return op_.str();
}

Graph::Graph(std::string graph_name, Graph* parent)
    : name(std::move(graph_name)),
      parent_(parent),
      names_(parent ? parent->names_ : std::make_shared<Names>()) {}

Graph::~Graph() {
  // The values of an enclosing graph outlive this one: they must not keep uses by nodes that are gone. Nodes go before
  // the values, because their subgraphs do the same to the values of this graph.
  for (const auto& node : nodes_)
    for (size_t i = 0; i < node->inputs_.size(); ++i) remove_use(*node, i);
  for (const GraphOutput& output : outputs_) --output.value->output_slots_;
  nodes_.clear();
  for (const auto* list : {&values_, &constants_})
    for (const auto& value : *list) names_->release(value->name_);
}

// --- building

Value& Graph::new_value(std::list<std::unique_ptr<Value>>& where, Value::Kind kind,
                        const std::string& wanted) {
  where.push_back(std::unique_ptr<Value>(new Value));
  Value& value = *where.back();
  value.position_ = std::prev(where.end());
  value.kind_ = kind;
  value.graph_ = this;
  value.name_ = names_->claim(wanted);
  return value;
}

void Graph::delete_value(std::list<std::unique_ptr<Value>>& where, Value& value) {
  names_->release(value.name_);
  where.erase(value.position_);
}

Value& Graph::add_input(const std::string& wanted, Type type) {
  Value& value = new_value(values_, Value::Kind::input, wanted);
  value.type = std::move(type);
  inputs_.push_back(&value);
  return value;
}

Value& Graph::add_constant(Tensor tensor, const std::string& wanted) {
  Value& value = new_value(constants_, Value::Kind::constant, wanted.empty() ? "const" : wanted);
  value.type = Type::tensor(tensor.dtype(), Shape::of(tensor.dims()));
  value.constant_ = std::move(tensor);
  return value;
}

Node& Graph::add_node(OpName op, std::vector<Value*> inputs, Attrs attrs,
                      const std::vector<std::string>& output_names, const std::string& node_name,
                      Node* before) {
  const auto place = before ? before->position_ : nodes_.end();
  const auto position = nodes_.insert(place, std::unique_ptr<Node>(new Node));
  Node& node = **position;
  node.position_ = position;
  node.graph_ = this;
  node.op_ = op;
  node.name_ = node_name;
  node.attrs = std::move(attrs);
  set_inputs(node, inputs);
  for (const std::string& wanted : output_names) append_output(node, wanted);
  return node;
}

void Graph::append_output(Node& node, const std::string& wanted) {
  if (wanted == kNoOutput) {
    node.outputs_.push_back(nullptr);
    return;
  }
  const std::string made_up = node.name_.empty() ? node.op_.name() + "_out" : node.name_ + "_out";
  Value& value = new_value(values_, Value::Kind::node_output, wanted.empty() ? made_up : wanted);
  value.producer_ = &node;
  value.output_index_ = node.outputs_.size();
  node.outputs_.push_back(&value);
}

void Graph::add_output(const std::string& output_name, Value& value, Type declared) {
  outputs_.push_back({output_name, &value, std::move(declared)});
  ++value.output_slots_;
}

// --- looking

std::vector<Node*> Graph::node_list() const {
  std::vector<Node*> list;
  list.reserve(nodes_.size());
  for (const auto& node : nodes_) list.push_back(node.get());
  return list;
}

Value* Graph::find_value(const std::string& wanted) const {
  for (const auto* list : {&values_, &constants_})
    for (const auto& value : *list)
      if (value->name_ == wanted) return value.get();
  return nullptr;
}

Node* Graph::find_node(const std::string& wanted) const {
  for (const auto& node : nodes_)
    if (node->name_ == wanted) return node.get();
  return nullptr;
}

bool Graph::can_see(const Value& value) const {
  for (const Graph* graph = this; graph; graph = graph->parent_)
    if (&value.graph() == graph) return true;
  return false;
}

// --- rewiring

void Graph::add_use(Node& node, size_t index) {
  Value* value = node.inputs_[index];
  if (!value) return;
  node.use_positions_[index] = value->uses_.size();
  value->uses_.push_back({&node, index});
}

// The last use takes the removed one's place, so that no list is searched or shifted.
void Graph::remove_use(Node& node, size_t index) {
  Value* value = node.inputs_[index];
  if (!value) return;
  const size_t position = node.use_positions_[index];
  const Use last = value->uses_.back();
  value->uses_[position] = last;
  last.node->use_positions_[last.index] = position;
  value->uses_.pop_back();
}

void Graph::set_input(Node& node, size_t index, Value* value) {
  ENSURE(index < node.inputs_.size(), InternalError, "{} has no input {}", node.describe(), index);
  remove_use(node, index);
  node.inputs_[index] = value;
  add_use(node, index);
}

void Graph::set_inputs(Node& node, const std::vector<Value*>& inputs) {
  for (size_t i = 0; i < node.inputs_.size(); ++i) remove_use(node, i);
  node.inputs_ = inputs;
  node.use_positions_.assign(inputs.size(), 0);
  for (size_t i = 0; i < inputs.size(); ++i) add_use(node, i);
}

void Graph::drop_output(Node& node, size_t index) {
  Value* value = node.output(index);
  if (!value) return;
  ENSURE(value->is_unused(), InternalError, "output '{}' of {} is used", value->name(), node.describe());
  delete_value(values_, *value);
  node.outputs_[index] = nullptr;
}

void Graph::set_output_value(size_t slot, Value& value) {
  --outputs_.at(slot).value->output_slots_;
  outputs_[slot].value = &value;
  ++value.output_slots_;
}

void Graph::remove_output(size_t slot) {
  --outputs_.at(slot).value->output_slots_;
  outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(slot));
}

void Graph::rename_output(size_t slot, const std::string& output_name) {
  outputs_.at(slot).name = output_name;
}

void Graph::set_declared(size_t slot, Type declared) { outputs_.at(slot).declared = std::move(declared); }

namespace {

// Subgraphs whose output slots hold the value are found through the nodes after the value's producer, so only graphs
// that capture it are walked.
void replace_in_output_slots(Graph& graph, Value& old_value, Value& new_value) {
  for (size_t slot = 0; slot < graph.outputs().size(); ++slot)
    if (graph.outputs()[slot].value == &old_value) graph.set_output_value(slot, new_value);
  if (!old_value.is_graph_output()) return;
  for (const auto& node : graph.nodes())
    for (Graph* subgraph : node->subgraphs()) replace_in_output_slots(*subgraph, old_value, new_value);
}

}  // namespace

void Graph::replace_all_uses(Value& old_value, Value& new_value) {
  if (&old_value == &new_value) return;
  while (!old_value.uses_.empty()) {
    const Use use = old_value.uses_.back();
    set_input(*use.node, use.index, &new_value);
  }
  if (old_value.is_graph_output()) replace_in_output_slots(old_value.graph(), old_value, new_value);
}

void Graph::move_before(Node& node, Node& before) { nodes_.splice(before.position_, nodes_, node.position_); }

void Graph::set_constant(Value& value, Tensor tensor) {
  ENSURE(value.is_constant(), InternalError, "'{}' is not a constant", value.name());
  value.type = Type::tensor(tensor.dtype(), Shape::of(tensor.dims()));
  value.constant_ = std::move(tensor);
  value.elements.reset();
}

void Graph::rename(Value& value, const std::string& wanted) {
  if (value.name_ == wanted) return;
  names_->release(value.name_);
  value.name_ = names_->claim(wanted);
}

void Graph::remove(Node& node) {
  for (Value* output : node.outputs_) {
    if (!output) continue;
    ENSURE(output->is_unused(), InternalError, "{} cannot be removed: '{}' is used", node.describe(),
           output->name());
  }
  for (size_t i = 0; i < node.inputs_.size(); ++i) remove_use(node, i);
  for (Value* output : node.outputs_)
    if (output) delete_value(values_, *output);
  nodes_.erase(node.position_);
}

void Graph::remove_constant(Value& value) {
  ENSURE(value.is_constant() && value.is_unused(), InternalError, "constant '{}' is used", value.name());
  delete_value(constants_, value);
}

void Graph::remove_input(Value& value) {
  ENSURE(value.is_input() && value.is_unused(), InternalError, "input '{}' is used", value.name());
  std::erase(inputs_, &value);
  delete_value(values_, value);
}

void Graph::reorder_inputs(const std::vector<Value*>& inputs) {
  ENSURE(std::is_permutation(inputs.begin(), inputs.end(), inputs_.begin(), inputs_.end()), InternalError,
         "the new order of inputs of graph '{}' is not a permutation of the old one", name);
  inputs_ = inputs;
}

std::string Graph::unique_name(const std::string& wanted) {
  std::string claimed = names_->claim(wanted);
  names_->release(claimed);
  return claimed;
}

void for_each_node(Graph& graph, const std::function<void(Node&)>& visit) {
  for (Node* node : graph.node_list()) {
    visit(*node);
    for (Graph* subgraph : node->subgraphs()) for_each_node(*subgraph, visit);
  }
}

void for_each_node(const Graph& graph, const std::function<void(const Node&)>& visit) {
  for (const auto& node : graph.nodes()) {
    visit(*node);
    for (const Graph* subgraph : node->subgraphs()) for_each_node(*subgraph, visit);
  }
}

}  // namespace modelconv
