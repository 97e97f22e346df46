#include "formats/tensorflow/control_flow/tensor_lists.h"

#include <algorithm>

#include "base/error.h"

namespace modelconv::tensorflow {
namespace {

bool is_list_operator(std::string_view op) {
  return op.starts_with("TensorList") || op.starts_with("TensorArray");
}

bool is_array(const Node& node) { return node.op().name().starts_with("TensorArray"); }

Shape shape_attr(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attrs.find(name);
  const Type* type = attribute ? std::get_if<Type>(attribute) : nullptr;
  return type && type->is_tensor() ? type->shape : Shape::unranked();
}

DType dtype_attr(const Node& node, std::string_view name) {
  const Attribute* attribute = node.attrs.find(name);
  const Type* type = attribute ? std::get_if<Type>(attribute) : nullptr;
  return type ? type->dtype : DType::undefined;
}

// A constant vector of sizes; -1: unknown. A scalar -1 says that the rank is unknown.
Shape shape_of_constant(const Value* value) {
  if (!value || !value->is_constant() || !is_integer(value->constant().dtype()) ||
      value->constant().rank() != 1)
    return Shape::unranked();
  std::vector<Dim> dims;
  for (const int64_t size : value->constant().to_int64()) dims.push_back(size < 0 ? Dim() : Dim(size));
  return dims;
}

}  // namespace

void lower_tensor_lists(Graph& graph) {
  bool has_lists = false;
  for_each_node(graph, [&](const Node& node) {
    const std::string op = node.op().name();
    has_lists = has_lists || is_list_operator(op) || op == "EmptyTensorList";
  });
  if (!has_lists) return;
  ListLowering lowering;
  lowering.run(graph);
  lowering.finish();
}

bool resizes(const Node& write) {
  const auto* flag = write.attrs.get<int64_t>("resize_if_input_index_out_of_bounds");
  return flag && *flag != 0;
}

Value& without_identities(Value& value) {
  Value* at = &value;
  while (at->producer() && at->producer()->op() == OpName("tf.Identity") && at->producer()->input(0))
    at = at->producer()->input(0);
  return *at;
}

// --- operators

const std::unordered_map<std::string, ListLowering::Handler>& ListLowering::handlers() {
  using L = ListLowering;
  static const std::unordered_map<std::string, Handler> table = {
      {"EmptyTensorList", &L::lower_empty},
      {"TensorListReserve", &L::lower_reserve},
      {"TensorListFromTensor", &L::lower_from_tensor},
      {"TensorListGetItem", &L::lower_read},
      {"TensorListSetItem", &L::lower_write},
      {"TensorListPushBack", &L::lower_push},
      {"TensorListPopBack", &L::lower_pop},
      {"TensorListStack", &L::lower_stack},
      {"TensorListGather", &L::lower_gather},
      {"TensorListScatter", &L::lower_scatter},
      {"TensorListScatterV2", &L::lower_scatter},
      {"TensorListScatterIntoExistingList", &L::lower_scatter},
      {"TensorListConcat", &L::lower_concat},
      {"TensorListConcatV2", &L::lower_concat},
      {"TensorListSplit", &L::lower_split},
      {"TensorListLength", &L::lower_length},
      {"TensorListResize", &L::lower_resize},
      {"TensorListElementShape", &L::lower_element_shape},
      {"TensorArrayV3", &L::lower_tensor_array},
      {"TensorArrayReadV3", &L::lower_read},
      {"TensorArrayWriteV3", &L::lower_write},
      {"TensorArrayGatherV3", &L::lower_gather},
      {"TensorArrayScatterV3", &L::lower_scatter},
      {"TensorArrayConcatV3", &L::lower_concat},
      {"TensorArraySplitV3", &L::lower_split},
      {"TensorArraySizeV3", &L::lower_length},
      {"Identity", &L::lower_identity},
      {"Loop", &L::lower_loop},
      {"If", &L::lower_if},
  };
  return table;
}

void ListLowering::run(Graph& graph) {
  for (Node* node : graph.node_list()) {
    if (node->op().domain() != "tf") continue;
    const auto handler = handlers().find(node->op().name());
    try {
      if (handler != handlers().end())
        (this->*handler->second)(*node);
      else
        lower_other(*node);
    } catch (const Refusal& refusal) {
      missing_[{node->op().str(), refusal.reason}].push_back(node->name());
    }
  }
}

void ListLowering::finish() {
  std::vector<MissingOp> ops;
  for (const auto& [what, nodes] : missing_) ops.push_back({what.first, nodes, what.second});
  if (!ops.empty()) throw UnsupportedOpError("reading TensorFlow's lists of tensors", std::move(ops));
  for (auto node = replaced_.rbegin(); node != replaced_.rend(); ++node) (*node)->graph().remove(**node);
}

void ListLowering::lower_other(Node& node) {
  if (is_list_operator(node.op().name())) throw Refusal{"this operator on lists is not read"};
  for (const Value* input : node.inputs())
    if (input && find_state(input)) throw Refusal{"it uses a list of tensors"};
}

void ListLowering::lower_identity(Node& node) {
  const ListState* state = find_state(node.input(0));
  if (!state) return;
  give(node, 0, ListState(*state));
  replaced_.push_back(&node);
}

void ListLowering::lower_reserve(Node& node) {
  ListState state;
  state.element_shape = node.input(0);
  state.known_shape = shape_of_constant(node.input(0));
  state.length = node.input(1);
  state.dtype = dtype_attr(node, "element_dtype");
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_empty(Node& node) {
  ListState state;
  state.element_shape = node.input(0);
  state.known_shape = shape_of_constant(node.input(0));
  state.length = &At{node}.scalar(0);
  state.dtype = dtype_attr(node, "element_dtype");
  state.grows = true;
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_from_tensor(Node& node) {
  ListState state;
  state.data = node.input(0);
  state.element_shape = node.input(1);
  state.known_shape = shape_of_constant(node.input(1));
  state.dtype = dtype_attr(node, "element_dtype");
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_tensor_array(Node& node) {
  ListState state;
  state.known_shape = shape_attr(node, "element_shape");
  state.length = node.input(0);
  state.dtype = dtype_attr(node, "dtype");
  const auto* dynamic = node.attrs.get<int64_t>("dynamic_size");
  state.grows = dynamic && *dynamic != 0;
  give(node, 0, state);  // the handle: never changed
  give(node, 1, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_read(Node& node) {
  Value& data = data_of(node, is_array(node) ? 2 : 0);
  At at{node};
  replace(node, 0, at.add("GatherV2", {&data, node.input(1), &at.scalar(0)}));
  replaced_.push_back(&node);
}

void ListLowering::lower_write(Node& node) {
  At at{node};
  ListState state = state_of(node, is_array(node) ? 3 : 0);
  state.grows = state.grows || resizes(node);
  Value& element = *node.input(2);
  const bool appends = state.grows && state.length && same_value(*node.input(1), *state.length);
  if (appends || (!state.data && is_int(state.length, 1) && is_int(node.input(1), 0))) {
    Value& one = at.stack_one(element);
    state.data = state.data ? &at.add("ConcatV2", {state.data, &one, &at.scalar(0)}) : &one;
    if (appends) state.length = nullptr;
  } else {
    if (state.grows) throw Refusal{"it may make the list longer, at a place that is not known to be its end"};
    Value& index = at.add("Reshape", {node.input(1), &at.ints({1, 1})});
    if (!state.data && !state.known_shape.is_static()) {  // the element says what shape the others have
      state.element_shape = &at.add("Shape", {&element});
    }
    Value& data = data_of(at, state);
    state.data = &at.add("TensorScatterUpdate", {&data, &index, &at.stack_one(element)});
  }
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_push(Node& node) {
  At at{node};
  ListState state = state_of(node, 0);
  Value& one = at.stack_one(*node.input(1));
  if (!state.data && !is_int(state.length, 0)) state.data = &data_of(at, state);
  state.data = state.data ? &at.add("ConcatV2", {state.data, &one, &at.scalar(0)}) : &one;
  state.length = nullptr;
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_pop(Node& node) {
  At at{node};
  ListState state = state_of(node, 0);
  Value& data = data_of(at, state);
  Value& last = at.add("Sub", {&length_of(at, state), &at.scalar(1)});
  replace(node, 1, at.add("GatherV2", {&data, &last, &at.scalar(0)}));
  state.data =
      &at.add("GatherV2", {&data, &at.add("Range", {&at.scalar(0), &last, &at.scalar(1)}), &at.scalar(0)});
  state.length = nullptr;
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_stack(Node& node) {
  replace(node, 0, data_of(node, 0));
  replaced_.push_back(&node);
}

void ListLowering::lower_gather(Node& node) {
  At at{node};
  ListState& state = state_of(node, is_array(node) ? 2 : 0);
  Value& data = data_of(at, state);
  if (covers_all(*node.input(1), state))
    replace(node, 0, data);
  else
    replace(node, 0, at.add("GatherV2", {&data, node.input(1), &at.scalar(0)}));
  replaced_.push_back(&node);
}

// TensorArrayScatterV3(handle, indices, value, flow), TensorListScatter(tensor, indices, element_shape[, size]),
// TensorListScatterIntoExistingList(handle, tensor, indices).
void ListLowering::lower_scatter(Node& node) {
  At at{node};
  const std::string op = node.op().name();
  const bool existing = op == "TensorListScatterIntoExistingList";
  Value& indices = *node.input(existing ? 2 : 1);
  Value& value = *node.input(is_array(node) ? 2 : existing ? 1 : 0);
  ListState state;
  if (is_array(node))
    state = state_of(node, 3);
  else if (existing)
    state = state_of(node, 0);
  else {
    state.dtype = dtype_attr(node, "element_dtype");
    state.element_shape = node.input(2);
    state.known_shape = shape_of_constant(node.input(2));
    if (op == "TensorListScatterV2" && !is_int(node.input(3), -1)) state.length = node.input(3);
  }
  const bool all = covers_all(indices, state) ||
                   (!state.data && (!state.length || same_value(at.size_of(value, 0), *state.length)));
  const Node* range = without_identities(indices).producer();
  const bool from_zero =
      range && range->op() == OpName("tf.Range") && is_int(range->input(0), 0) && is_int(range->input(2), 1);
  if (all || (!state.data && from_zero && (is_array(node) || !state.length))) {
    state.data = &value;
  } else {
    if (!state.data && !state.known_shape.is_static()) state.element_shape = &at.element_shape_of(value);
    Value& data = data_of(at, state);
    state.data =
        &at.add("TensorScatterUpdate", {&data, &at.add("ExpandDims", {&indices, &at.scalar(1)}), &value});
  }
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_concat(Node& node) {
  At at{node};
  ListState& state = state_of(node, is_array(node) ? 1 : 0);
  if (state.is_joined) {
    replace(node, 0, *state.data);
    replaced_.push_back(&node);
    return;
  }
  Value& data = data_of(at, state);
  Value& tail = at.add("Slice", {&at.add("Shape", {&data}), &at.ints({2}), &at.ints({-1})});
  replace(node, 0, at.add("Reshape", {&data, &at.add("ConcatV2", {&at.ints({-1}), &tail, &at.scalar(0)})}));
  if (node.output(1) && !node.output(1)->is_unused()) {
    Value& count =
        at.add("Cast", {&at.as_vector(at.size_of(data, 0))}, {{"DstT", Type::tensor(DType::int32)}});
    replace(node, 1,
            at.add("Cast", {&at.add("Fill", {&count, &at.size_of(data, 1)})},
                   {{"DstT", Type::tensor(DType::int64)}}));
  }
  replaced_.push_back(&node);
}

// TensorArraySplitV3(handle, value, lengths, flow), TensorListSplit(tensor, element_shape, lengths): equal parts.
void ListLowering::lower_split(Node& node) {
  At at{node};
  Value& value = *node.input(is_array(node) ? 1 : 0);
  Value* source = &without_identities(*node.input(2));
  if (source->producer() && source->producer()->op() == OpName("tf.Cast"))
    source = &without_identities(*source->producer()->input(0));
  const Value& lengths = *source;
  if (!lengths.is_constant()) throw Refusal{"the lengths of the parts are not constant"};
  const std::vector<int64_t> sizes = lengths.constant().to_int64();
  if (sizes.empty() ||
      std::any_of(sizes.begin(), sizes.end(), [&](int64_t size) { return size != sizes[0]; }))
    throw Refusal{"the parts have different lengths"};
  ListState state;
  if (is_array(node)) state = state_of(node, 3);
  Value& tail = at.element_shape_of(value);
  Value& front = at.ints({static_cast<int32_t>(sizes.size()), static_cast<int32_t>(sizes[0])});
  state.data = &at.add("Reshape", {&value, &at.add("ConcatV2", {&front, &tail, &at.scalar(0)})});
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_length(Node& node) {
  ListState& state = state_of(node, is_array(node) ? 1 : 0);
  replace(node, 0, length_of(At{node}, state));
  replaced_.push_back(&node);
}

void ListLowering::lower_resize(Node& node) {
  At at{node};
  ListState state = state_of(node, 0);
  Value& size = *node.input(1);
  if (state.data) {
    Value& kept = at.add("Minimum", {&size, &length_of(at, state)});
    Value& added = at.add("Sub", {&size, &kept});
    ListState shaped = state;
    if (!shaped.known_shape.is_static()) shaped.element_shape = &at.element_shape_of(*state.data);
    Value& head = at.add(
        "GatherV2", {state.data, &at.add("Range", {&at.scalar(0), &kept, &at.scalar(1)}), &at.scalar(0)});
    state.data = &at.add("ConcatV2", {&head, &zeros(at, added, shaped), &at.scalar(0)});
  }
  state.length = &size;
  give(node, 0, std::move(state));
  replaced_.push_back(&node);
}

void ListLowering::lower_element_shape(Node& node) {
  At at{node};
  ListState& state = state_of(node, 0);
  Value& shape = state.data ? at.element_shape_of(*state.data) : *state.element_shape;
  replace(node, 0, at.add("Cast", {&shape}, {{"DstT", Type::tensor(dtype_attr(node, "shape_type"))}}));
  replaced_.push_back(&node);
}

}  // namespace modelconv::tensorflow
