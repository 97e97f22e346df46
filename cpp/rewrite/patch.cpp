#include "rewrite/patch.h"

#include "base/error.h"
#include "ir/provenance.h"
#include "ops/infer.h"

namespace modelconv {

Patch::Patch(Node& root) : root_(root), graph_(root.graph()) {}

Patch::~Patch() {
  if (committed_) return;
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) graph_.remove(**node);
  for (Value* constant : constants_) graph_.remove_constant(*constant);
}

Node& Patch::add_node(OpName op, std::vector<Value*> inputs, Attrs attrs, size_t outputs,
                      const std::string& name) {
  Node& node = graph_.add_node(op, std::move(inputs), std::move(attrs), std::vector<std::string>(outputs),
                               name.empty() ? root_.name() : name, &root_);
  node.origin = root_.origin.empty() ? root_.name() : root_.origin;
  for (Value* output : node.outputs()) output->source_name = kNoSource;
  nodes_.push_back(&node);
  infer_node(node);
  return node;
}

Value& Patch::add(OpName op, std::vector<Value*> inputs, Attrs attrs, const std::string& name) {
  return *add_node(op, std::move(inputs), std::move(attrs), 1, name).output();
}

Value& Patch::constant(Tensor tensor, const std::string& name) {
  constants_.push_back(&graph_.add_constant(std::move(tensor), name));
  return *constants_.back();
}

Value& Patch::ints(const std::vector<int64_t>& values) { return constant(Tensor::vector(values)); }

Value& Patch::int_scalar(int64_t value) { return constant(Tensor::scalar(value)); }

void Patch::set_attrs(Node& node, Attrs attrs) { new_attrs_.emplace_back(&node, std::move(attrs)); }

void Patch::replace(Value& old_value, Value& new_value) {
  replacements_.emplace_back(&old_value, &new_value);
}

namespace {

bool made_by(const std::vector<Node*>& nodes, const Value& value) {
  for (const Node* node : nodes)
    if (value.producer() == node) return true;
  return false;
}

// A value that takes the place of another one inherits what was known of it.
void inherit_facts(const Value& from, Value& to) {
  if (from.type.compatible_with(to.type)) to.type = to.type.merged_with(from.type);
  if (!to.elements) to.elements = from.elements;
  // A value of the source model keeps its own name; one that was made up takes that of what it stands for.
  if (has_no_source(to)) to.source_name = from.source_name.empty() ? from.name() : from.source_name;
}

}  // namespace

void Patch::commit() {
  committed_ = true;
  for (auto& [node, attrs] : new_attrs_) node->attrs = std::move(attrs);
  for (auto& [old_value, new_value] : replacements_) {
    if (!new_value->is_constant() && !new_value->is_input()) inherit_facts(*old_value, *new_value);
    graph_.replace_all_uses(*old_value, *new_value);
    // The name a user knows stays on the value that now carries the numbers.
    if (!made_by(nodes_, *new_value) || old_value->is_input()) continue;
    const std::string name = old_value->name();
    graph_.rename(*old_value, name + "_replaced");
    graph_.rename(*new_value, name);
  }
}

}  // namespace modelconv
