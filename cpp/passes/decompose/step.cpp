#include "passes/decompose/step.h"

#include "base/error.h"
#include "ops/infer.h"

namespace modelconv::decompose {

Value& Step::required(size_t index) const {
  Value* value = input(index);
  ENSURE(value, MalformedModelError, "{} lacks its input {}", node_.describe(), index);
  return *value;
}

void Step::set_input(size_t index, Value* value) {
  std::vector<Value*> inputs(node_.inputs().begin(), node_.inputs().end());
  if (inputs.size() <= index) inputs.resize(index + 1, nullptr);
  inputs[index] = value;
  while (!inputs.empty() && !inputs.back()) inputs.pop_back();
  graph().set_inputs(node_, inputs);
}

void Step::remove_inputs_from(size_t index) {
  std::vector<Value*> inputs(node_.inputs().begin(), node_.inputs().end());
  if (inputs.size() > index) inputs.resize(index);
  graph().set_inputs(node_, inputs);
}

std::vector<int64_t> Step::constant_ints(size_t index, std::string_view what) const {
  const Value& value = required(index);
  if (value.is_constant() && is_integer(value.constant().dtype())) return value.constant().to_int64();
  std::vector<int64_t> known;  // what is computed from known shapes is as good as constant
  if (!value.is_constant() && value.elements)
    for (const Dim& element : *value.elements)
      if (element.is_known()) known.push_back(element.value());
  if (value.is_constant() || !value.elements || known.size() != value.elements->size())
    refuse("its {} must be constant integers there", what);
  return known;
}

std::vector<double> Step::constant_numbers(size_t index, std::string_view what) const {
  const Value& value = required(index);
  if (!value.is_constant() || !(is_integer(value.dtype()) || is_float(value.dtype())))
    refuse("its {} must be constant there", what);
  return value.constant().to_double();
}

size_t Step::rank_of(size_t index) const {
  const Value& value = required(index);
  if (!value.shape().has_rank()) refuse("the rank of its input {} is not known", index);
  return value.shape().rank();
}

Node& Step::add_node(OpName op, std::vector<Value*> inputs, Attrs new_attrs, size_t outputs) {
  Node& added = graph().add_node(op, std::move(inputs), std::move(new_attrs),
                                 std::vector<std::string>(outputs), node_.name(), &node_);
  added.origin = node_.origin.empty() ? node_.name() : node_.origin;
  infer_node(added);
  return added;
}

Value& Step::add(OpName op, std::vector<Value*> inputs, Attrs new_attrs) {
  return *add_node(op, std::move(inputs), std::move(new_attrs), 1).output();
}

Value& Step::scalar(const Value& like, double value) {
  if (like.dtype() == DType::undefined) refuse("the element type of '{}' is not known", like.name());
  return constant(Tensor::filled(like.dtype(), {}, value));
}

Value& Step::cast(Value& value, DType dtype) {
  if (value.dtype() == dtype) return value;
  return add("Cast", {&value}, {{"to", static_cast<int64_t>(dtype)}});
}

void Step::wrap_output(size_t index, OpName op, std::vector<Value*> inputs, Attrs new_attrs) {
  Value* output = node_.output(index);
  if (!output) return;
  Node& added =
      graph().add_node(op, std::move(inputs), std::move(new_attrs), {""}, node_.name(), node_.next());
  std::vector<Value*> all{output};
  all.insert(all.end(), added.inputs().begin(), added.inputs().end());
  Value& result = *added.output();
  result.type = output->type;
  result.source_name = output->source_name;
  graph().replace_all_uses(*output, result);
  graph().set_inputs(added, all);
  const std::string name = output->name();
  graph().rename(*output, name + "_raw");
  graph().rename(result, name);
  output->type = Type();
  behind_.push_back(&added);
}

void Step::replace_output(size_t index, Value& value) {
  Value* old_value = node_.output(index);
  if (!old_value) return;
  if (value.type.kind == Type::Kind::unknown) value.type = old_value->type;
  graph().replace_all_uses(*old_value, value);
  if (value.kind() != Value::Kind::node_output || &value.graph() != &graph()) return;
  const std::string name = old_value->name();
  graph().rename(*old_value, name + "_replaced");
  graph().rename(value, name);
}

void count_axes_from_front(const Step& step, std::vector<int64_t>& axes, size_t rank) {
  for (int64_t& axis : axes) {
    if (axis < 0) axis += static_cast<int64_t>(rank);
    if (axis < 0 || axis > static_cast<int64_t>(rank)) step.refuse("axis {} is outside rank {}", axis, rank);
  }
}

}  // namespace modelconv::decompose
