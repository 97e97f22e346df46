#include "formats/tensorflow/variables.h"

#include <algorithm>
#include <unordered_set>

#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/slice_spec.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

constexpr std::string_view kObjectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH";

// Through identities to where a tensor comes from.
TensorRef source_of(const FlatGraph& flat, TensorRef ref) {
  for (size_t steps = 0; steps < flat.nodes.size(); ++steps) {
    const FlatNode& node = flat.nodes[ref.node];
    if ((node.op != "Identity" && node.op != "IdentityN" && node.op != "Cast") ||
        ref.port >= node.inputs.size())
      break;
    ref = node.inputs[ref.port];
  }
  return ref;
}

std::vector<std::string> constant_strings(const FlatGraph& flat, TensorRef ref, const GraphDef& graph) {
  const FlatNode& node = flat.nodes[source_of(flat, ref).node];
  if (node.op != "Const") return {};
  RepeatBudget budget;
  for (const auto& [name, encoded] : node.attrs) {
    if (name != "value") continue;
    const Attribute attribute = decode_attr(encoded, graph.keep_alive, budget);
    const Tensor* tensor = std::get_if<Tensor>(&attribute);
    if (!tensor || tensor->dtype() != DType::string) return {};
    const auto strings = tensor->data<std::string>();
    return {strings.begin(), strings.end()};
  }
  return {};
}

std::string_view string_attr(const FlatNode& node, std::string_view wanted) {
  for (const auto& [name, encoded] : node.attrs)
    if (name == wanted) return decode_string(encoded);
  return {};
}

// Without a note in the file of what restores the variables: assignments of what a restoring node gives.
std::vector<std::string> restoring_nodes(const GraphDef& graph) {
  std::unordered_set<std::string_view> restored;
  for (const NodeDef& node : graph.nodes)
    if (node.op == "RestoreV2" || node.op == "RestoreSlice" || node.op == "Restore")
      restored.insert(node.name);
  std::vector<std::string> names;
  for (const NodeDef& node : graph.nodes)
    if ((node.op == "Assign" || node.op == "AssignVariableOp") && node.inputs.size() > 1 &&
        restored.contains(node.inputs[1].substr(0, node.inputs[1].find(':'))))
      names.emplace_back(node.name);
  return names;
}

// The name comes from the file, not from the caller.
void require_restore_op(const GraphDef& graph, const std::string& name) {
  const std::string node_name = split_tensor_name(name).first;
  const bool is_there = std::any_of(graph.nodes.begin(), graph.nodes.end(),
                                    [&](const NodeDef& node) { return node.name == node_name; });
  ENSURE(is_there, MalformedModelError,
         "the file says that '{}' restores the variables, which the graph does not have", name);
}

}  // namespace

Variables::Variables(const GraphDef& graph, const std::string& restore_op, std::filesystem::path path)
    : path_(std::move(path)) {
  if (!restore_op.empty()) require_restore_op(graph, restore_op);
  FlattenOptions restoring;
  restoring.with_control = true;
  restoring.outputs = restore_op.empty() ? restoring_nodes(graph) : std::vector{restore_op};
  if (!restoring.outputs.empty()) trace_restoring(graph, restoring);
}

void Variables::trace_restoring(const GraphDef& graph, const FlattenOptions& restoring) {
  const FlatGraph flat = flatten(graph, restoring);
  struct Restored {
    std::vector<std::string> names, slices;  // per output
  };
  std::map<size_t, Restored> of_restore;  // by the restoring node, which serves thousands of variables
  for (const FlatNode& node : flat.nodes) {
    if ((node.op != "AssignVariableOp" && node.op != "Assign") || node.inputs.size() < 2) continue;
    const FlatNode& variable = flat.nodes[source_of(flat, node.inputs[0]).node];
    const TensorRef restored = source_of(flat, node.inputs[1]);
    const FlatNode& restore = flat.nodes[restored.node];
    const bool is_sliced = restore.op == "RestoreV2" || restore.op == "RestoreSlice";
    if ((!is_sliced && restore.op != "Restore") || restore.inputs.size() < (is_sliced ? 3 : 2)) continue;
    const auto [place, is_new] = of_restore.try_emplace(restored.node);
    auto& [names, slices] = place->second;
    if (is_new) {
      names = constant_strings(flat, restore.inputs[1], graph);
      if (is_sliced) slices = constant_strings(flat, restore.inputs[2], graph);
    }
    if (restored.port >= names.size()) continue;
    place_of_node_[variable.name] = {names[restored.port],
                                     restored.port < slices.size() ? slices[restored.port] : ""};
  }
}

// TrackableObjectGraph: nodes with attributes (full_name, checkpoint_key).
void Variables::read_object_graph() {
  if (!checkpoint_->has(kObjectGraph)) return;
  const Tensor graphs = checkpoint_->tensor(kObjectGraph);
  if (graphs.dtype() != DType::string) return;
  for (const std::string& encoded : graphs.data<std::string>()) {
    protobuf::Reader message({reinterpret_cast<const std::byte*>(encoded.data()), encoded.size()},
                             "TrackableObjectGraph");
    while (message.next()) {
      if (message.field() != field::object_graph::nodes) continue;
      protobuf::Reader node = message.as_message("nodes");
      while (node.next()) {
        if (node.field() != field::object_graph::node_attributes) continue;
        protobuf::Reader attribute = node.as_message("attributes");
        std::string full_name, key;
        while (attribute.next()) {
          if (attribute.field() == field::object_graph::attribute_full_name) full_name = attribute.as_name();
          if (attribute.field() == field::object_graph::attribute_checkpoint_key) key = attribute.as_name();
        }
        key_of_full_name_.emplace(full_name, key);
      }
    }
  }
}

Variables::Place Variables::place_of(const FlatNode& variable) {
  if (const auto found = place_of_node_.find(variable.name); found != place_of_node_.end())
    return found->second;
  const std::string shared_name(string_attr(variable, "shared_name"));
  for (const std::string& name : {shared_name, variable.name}) {
    if (name.empty()) continue;
    if (const auto found = key_of_full_name_.find(name); found != key_of_full_name_.end())
      return {found->second, ""};
    if (checkpoint_->has(name)) return {name, ""};
  }
  throw MalformedModelError(fmt::format("the checkpoint has no value for the variable '{}'", variable.name))
      .in(checkpoint_->describe());
}

Tensor Variables::find(const FlatNode& variable) {
  if (!checkpoint_) {
    checkpoint_ = open_checkpoint(path_);
    read_object_graph();
  }
  const Place place = place_of(variable);
  ENSURE(checkpoint_->has(place.key), MalformedModelError, "the {} has no tensor '{}' for the variable '{}'",
         checkpoint_->describe(), place.key, variable.name);
  return place.slice.empty() ? checkpoint_->tensor(place.key) : part_of(place);
}

Tensor Variables::part_of(const Place& place) {
  auto [whole, is_new] = wholes_.try_emplace(place.key);
  if (is_new) whole->second = checkpoint_->tensor(place.key);
  return take_slice(whole->second, place.slice);
}

}  // namespace modelconv::tensorflow
