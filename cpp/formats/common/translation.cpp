// What a rule sees of the node that it translates.
#include "formats/common/index_input.h"
#include "formats/common/mapping.h"

namespace modelconv {

Value& Translation::required(size_t index) const {
  Value* value = node_.input(index);
  ENSURE(value, MalformedModelError, "{} has no input number {}", node_.describe(), index);
  return *value;
}

const Tensor& Translation::constant(size_t index, std::string_view what) const {
  const Value& value = required(index);
  if (!value.is_constant()) refuse("{} ('{}') is not a constant", what, value.name());
  return value.constant();
}

std::optional<std::vector<int64_t>> Translation::known_ints(size_t index) const {
  return modelconv::known_ints(required(index));
}

std::vector<int64_t> Translation::constant_ints(size_t index, std::string_view what) const {
  const auto numbers = known_ints(index);
  if (!numbers) refuse("{} ('{}') is not a constant", what, required(index).name());
  return *numbers;
}

size_t Translation::rank_of(const Value& value) const {
  if (!value.shape().has_rank()) refuse("the rank of '{}' is not known", value.name());
  return value.shape().rank();
}

Node& Translation::add_node(OpName op, std::vector<Value*> inputs, Attrs attrs, size_t outputs) {
  const std::string& base = node_.name().empty() ? op.name() : node_.name();
  const std::vector<std::string> names(outputs, fmt::format("{}/{}", base, op.name()));
  Node& node = graph().add_node(op, std::move(inputs), std::move(attrs), names,
                                names.empty() ? base : names[0], &node_);
  node.origin = node_.origin.empty() ? node_.name() : node_.origin;
  added_.push_back(&node);
  infer_(node);
  return node;
}

Value& Translation::add(OpName op, std::vector<Value*> inputs, Attrs attrs) {
  return *add_node(op, std::move(inputs), std::move(attrs), 1).output();
}

Value& Translation::constant(Tensor tensor) {
  return graph().add_constant(std::move(tensor), node_.name().empty() ? "" : node_.name() + "/const");
}

Value& Translation::ints(const std::vector<int64_t>& values) { return constant(Tensor::vector(values)); }

Value& Translation::scalar(DType dtype, double value) { return constant(Tensor::filled(dtype, {}, value)); }

Value& Translation::scalar_like(const Value& like, double value) {
  if (like.dtype() == DType::undefined) refuse("the element type of '{}' is not known", like.name());
  return scalar(like.dtype(), value);
}

Value& Translation::transpose(Value& x, const std::vector<int64_t>& perm) {
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i)) return add("Transpose", {&x}, {{"perm", perm}});
  return x;
}

Value& Translation::cast(Value& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return add("Cast", {&x}, {{"to", static_cast<int64_t>(dtype)}});
}

Value& Translation::shape_of(Value& x) {
  if (x.is_constant()) return ints(x.constant().dims());
  return add("Shape", {&x});
}

void Translation::set_output(size_t index, Value& value) {
  Value* old = node_.output(index);
  if (old) outputs_.emplace_back(old, &value);
}

void translate_name(Translation& t) {
  const auto inputs = t.node().inputs();
  Node& added = t.add_node(t.target(), {inputs.begin(), inputs.end()}, {}, t.node().output_count());
  for (size_t i = 0; i < added.output_count(); ++i) t.set_output(i, *added.output(i));
}

}  // namespace modelconv
