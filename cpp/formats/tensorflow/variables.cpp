#include "formats/tensorflow/variables.h"

#include "formats/tensorflow/schema.h"
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

}  // namespace

Variables::Variables(const GraphDef& graph, const std::string& restore_op, std::filesystem::path folder)
    : folder_(std::move(folder)) {
  if (!restore_op.empty()) trace_restoring(graph, restore_op);
}

void Variables::trace_restoring(const GraphDef& graph, const std::string& restore_op) {
  FlattenOptions options;
  options.outputs = {restore_op};
  options.with_control = true;
  const FlatGraph flat = flatten(graph, options);
  std::map<size_t, std::vector<std::string>> names_of_restore;
  for (const FlatNode& node : flat.nodes) {
    if ((node.op != "AssignVariableOp" && node.op != "Assign") || node.inputs.size() < 2) continue;
    const FlatNode& variable = flat.nodes[source_of(flat, node.inputs[0]).node];
    const TensorRef restored = source_of(flat, node.inputs[1]);
    const FlatNode& restore = flat.nodes[restored.node];
    if (restore.op != "RestoreV2" || restore.inputs.size() < 3) continue;
    auto [names, is_new] = names_of_restore.try_emplace(restored.node);
    if (is_new) names->second = constant_strings(flat, restore.inputs[1], graph);
    const auto slices = constant_strings(flat, restore.inputs[2], graph);
    const bool is_whole = restored.port >= slices.size() || slices[restored.port].empty();
    if (restored.port < names->second.size() && is_whole)
      key_of_node_[variable.name] = names->second[restored.port];
  }
}

// TrackableObjectGraph: nodes with attributes (full_name, checkpoint_key).
void Variables::read_object_graph() {
  if (!bundle_->has(kObjectGraph)) return;
  for (const std::string_view encoded : bundle_->strings(kObjectGraph)) {
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

std::string Variables::key_of(const FlatNode& variable) {
  if (const auto found = key_of_node_.find(variable.name); found != key_of_node_.end()) return found->second;
  const std::string shared_name(string_attr(variable, "shared_name"));
  for (const std::string& name : {shared_name, variable.name}) {
    if (name.empty()) continue;
    if (const auto found = key_of_full_name_.find(name); found != key_of_full_name_.end())
      return found->second;
    if (bundle_->has(name)) return name;
  }
  throw MalformedModelError(fmt::format("the checkpoint has no value for the variable '{}'", variable.name))
      .in(fmt::format("checkpoint '{}'", bundle_->prefix().string()));
}

Tensor Variables::find(const FlatNode& variable) {
  if (!bundle_) {
    bundle_ = std::make_unique<TensorBundle>(TensorBundle::open(folder_));
    read_object_graph();
  }
  const std::string key = key_of(variable);
  ENSURE(bundle_->has(key), MalformedModelError,
         "the checkpoint '{}' has no tensor '{}' for the variable '{}'", bundle_->prefix().string(), key,
         variable.name);
  const TensorBundle::Tensor stored = bundle_->tensor(key);
  const DType dtype = dtype_from_number(stored.dtype);
  if (dtype == DType::string) {
    const auto strings = bundle_->strings(key);
    const auto count = static_cast<size_t>(element_count(stored.dims));
    ENSURE(count == strings.size(), MalformedModelError, "the variable '{}' has {} strings for {} elements",
           variable.name, strings.size(), count);
    Tensor tensor = Tensor::allocate(dtype, stored.dims);
    auto target = tensor.mutable_data<std::string>();
    for (size_t i = 0; i < strings.size(); ++i) target[i] = strings[i];
    return tensor;
  }
  ENSURE(dtype != DType::undefined, MalformedModelError, "the variable '{}' has the element type number {}",
         variable.name, stored.dtype);
  return Tensor::view(dtype, stored.dims, stored.bytes, stored.keep_alive);
}

}  // namespace modelconv::tensorflow
