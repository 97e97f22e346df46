// What is known of lists, and the nodes that are made of it.
#include "base/error.h"
#include "formats/tensorflow/control_flow/tensor_lists.h"

namespace modelconv::tensorflow {

bool is_int(const Value* value, int64_t wanted) {
  if (!value) return false;
  const Value& source = without_identities(const_cast<Value&>(*value));
  return source.is_constant() && is_integer(source.constant().dtype()) && source.constant().size() == 1 &&
         source.constant().to_int64()[0] == wanted;
}

// --- building

Value& ListLowering::At::add(std::string_view op, std::vector<Value*> inputs, Attrs attrs) const {
  return *node.graph()
              .add_node(OpName("tf", op), std::move(inputs), std::move(attrs),
                        {fmt::format("{}/{}", node.name(), op)}, node.name(), &node)
              .output();
}

Value& ListLowering::At::ints(std::vector<int32_t> values) const {
  return node.graph().add_constant(Tensor::of<int32_t>({static_cast<int64_t>(values.size())}, values),
                                   node.name() + "/const");
}

Value& ListLowering::At::scalar(int32_t value) const {
  return node.graph().add_constant(Tensor::scalar(value), node.name() + "/const");
}

Value& ListLowering::At::size_of(Value& tensor, int32_t axis) const {
  return add("GatherV2", {&add("Shape", {&tensor}), &scalar(axis), &scalar(0)});
}

Value& ListLowering::At::element_shape_of(Value& tensor) const {
  return add("Slice", {&add("Shape", {&tensor}), &ints({1}), &ints({-1})});
}

Value& ListLowering::At::as_vector(Value& value) const { return add("Reshape", {&value, &ints({1})}); }

Value& ListLowering::At::stack_one(Value& element) const { return add("ExpandDims", {&element, &scalar(0)}); }

// --- states

ListState* ListLowering::find_state(const Value* value) {
  const auto found = states_.find(value);
  return found == states_.end() ? nullptr : &found->second;
}

ListState& ListLowering::state_of(Node& node, size_t input) {
  ListState* state = node.input(input) ? find_state(node.input(input)) : nullptr;
  if (!state) throw Refusal{"where its list comes from is not known"};
  return *state;
}

Value& ListLowering::zeros(const At& at, Value& length, const ListState& state) {
  Value* element_shape = state.element_shape;
  if (const auto dims = state.known_shape.static_dims()) {
    std::vector<int32_t> sizes;
    for (const int64_t size : *dims) sizes.push_back(static_cast<int32_t>(size));
    element_shape = &at.ints(sizes);
  } else if (!element_shape || element_shape->is_constant()) {
    throw Refusal{
        "it uses elements that nothing was written to, and their shape is not known; give the list an "
        "element_shape "
        "without unknown sizes"};
  }
  if (state.dtype == DType::undefined || state.dtype == DType::string)
    throw Refusal{"elements of this type have no zero"};
  Value& dims = at.add(
      "ConcatV2", {&at.as_vector(length),
                   &at.add("Cast", {element_shape}, {{"DstT", Type::tensor(DType::int32)}}), &at.scalar(0)});
  Value& zero = at.node.graph().add_constant(Tensor::filled(state.dtype, {}, 0), at.node.name() + "/zero");
  return at.add("Fill", {&dims, &zero});
}

Value& ListLowering::data_of(const At& at, ListState& state) {
  if (state.is_joined) throw Refusal{"elements of different sizes can only be concatenated"};
  if (state.data) return *state.data;
  if (!state.length) throw Refusal{"how long the list is is not known"};
  return zeros(at, *state.length, state);
}

Value& ListLowering::data_of(Node& node, size_t input) { return data_of(At{node}, state_of(node, input)); }

Value& ListLowering::length_of(const At& at, ListState& state) {
  if (state.length) return *state.length;
  return at.size_of(data_of(at, state), 0);
}

void ListLowering::give(Node& node, size_t output, ListState state) {
  if (node.output(output)) states_[node.output(output)] = std::move(state);
}

void ListLowering::replace(Node& node, size_t output, Value& value) {
  Value* old = node.output(output);
  if (!old || old->is_unused()) return;
  // The new value takes the old one's name where it is new itself.
  const std::string name = old->name(), source_name = old->source_name;
  node.graph().replace_all_uses(*old, value);
  if (value.producer() && value.source_name.empty() && value.producer()->name() == node.name()) {
    node.graph().rename(*old, name + "/list");
    value.graph().rename(value, name);
    value.source_name = source_name;
  }
}

// Range(0, length, 1): all elements in order.
bool ListLowering::covers_all(const Value& indices, const ListState& state) {
  const Node* range = without_identities(const_cast<Value&>(indices)).producer();
  if (!range || range->op() != OpName("tf.Range") || range->input_count() != 3) return false;
  if (!is_int(range->input(0), 0) || !is_int(range->input(2), 1)) return false;
  const Value& limit = without_identities(*range->input(1));
  if (state.length && same_value(limit, *state.length)) return true;
  const Node* gather = limit.producer();  // as size_of() makes it
  return gather && gather->op() == OpName("tf.GatherV2") && is_int(gather->input(1), 0) &&
         gather->input(0)->producer() && gather->input(0)->producer()->op() == OpName("tf.Shape") &&
         gather->input(0)->producer()->input(0) == state.data;
}

}  // namespace modelconv::tensorflow
