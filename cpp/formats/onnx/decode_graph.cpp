#include "formats/onnx/decode_graph.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "formats/onnx/check_node.h"
#include "formats/onnx/decode_attribute.h"
#include "formats/onnx/metadata_keys.h"
#include "formats/onnx/sort_nodes.h"
#include "formats/onnx/versions/versions.h"

namespace modelconv::onnx {
namespace {

std::string with_prefix(const FunctionCall* call, Text name) {
  return call ? call->prefix + std::string(name) : std::string(name);
}

void add_pairs(Metadata& metadata, const Pairs& pairs, Text prefix = "") {
  for (const auto& [key, value] : pairs) metadata[std::string(prefix) + valid_utf8(key)] = valid_utf8(value);
}

// A dimension of an input that has no name gets one of its own, so that results can be related to it.
Type name_dims(Type type, const std::string& name) {
  if (!type.is_tensor()) return type;
  for (size_t axis = 0; axis < type.shape.rank(); ++axis)
    if (type.shape[axis].is_unknown()) type.shape[axis] = Dim::symbol(fmt::format("?{}.{}", name, axis));
  return type;
}

class GraphDecoder {
 public:
  GraphDecoder(ModelContext& model, Graph& graph, Scope& scope, const FunctionCall* call)
      : model_(model), graph_(graph), scope_(scope), call_(call) {}

  void decode(const GraphMessage& message, bool is_main);
  void decode_nodes(const std::vector<NodeMessage>& nodes, const std::vector<ValueMessage>& value_infos);

 private:
  void decode_inputs(const GraphMessage& message, bool is_main);
  void decode_initializers(const GraphMessage& message);
  void decode_outputs(const GraphMessage& message);
  void decode_node(const NodeMessage& message);
  void build_node(const NodeMessage& message);
  void build_constant(const NodeMessage& message);
  void call_function(const NodeMessage& message, const FunctionMessage& function);
  std::vector<Value*> find_inputs(const NodeMessage& message) const;
  Attrs decode_attributes(const NodeMessage& message, const OpSchema* schema);
  const OpSchema* schema_of(const NodeMessage& message) const;
  std::string value_name(Text name) const;
  void define(Text name, Value& value);
  bool is_default_domain(Text domain) const { return domain.empty() || domain == "ai.onnx"; }

  ModelContext& model_;
  Graph& graph_;
  Scope& scope_;
  const FunctionCall* call_;
  std::unordered_map<Text, const ValueMessage*> infos_;  // what the file says of values
};

void GraphDecoder::decode(const GraphMessage& message, bool is_main) {
  graph_.name = message.name;
  graph_.doc = valid_utf8(message.doc);
  add_pairs(graph_.metadata, message.metadata);
  for (const auto* list : {&message.inputs, &message.outputs})
    for (const ValueMessage& info : *list) infos_.try_emplace(info.name, &info);
  decode_inputs(message, is_main);
  decode_initializers(message);
  decode_nodes(message.nodes, message.value_infos);
  decode_outputs(message);
  for (const AnnotationMessage& annotation : message.annotations)
    if (Value* value = annotation.tensor.empty() ? nullptr : scope_.find(annotation.tensor))
      add_pairs(value->metadata, annotation.parameters, kQuantizationKey);
}

// An input that is also an initialiser is a constant: before IR version 4 all initialisers had to be inputs, and since
// then it is a default that hardly any caller overrides and that every optimisation would have to leave alone.
void GraphDecoder::decode_inputs(const GraphMessage& message, bool is_main) {
  std::unordered_map<Text, bool> initialised;
  for (const TensorMessage& tensor : message.initializers) initialised[tensor.name] = true;
  for (const SparseTensorMessage& tensor : message.sparse_initializers)
    initialised[tensor.values.name] = true;
  for (const ValueMessage& input : message.inputs) {
    ENSURE(!input.name.empty(), MalformedModelError, "an input of graph '{}' has no name", message.name);
    if (initialised.contains(input.name)) {
      ENSURE(is_main, MalformedModelError, "input '{}' of subgraph '{}' is also an initialiser", input.name,
             message.name);
      continue;
    }
    const std::string name = with_prefix(call_, input.name);
    define(input.name, graph_.add_input(name, is_main ? name_dims(input.type.type, name) : input.type.type));
  }
}

void GraphDecoder::decode_initializers(const GraphMessage& message) {
  const auto add = [&](const TensorMessage& named, Tensor tensor) {
    ENSURE(!named.name.empty(), MalformedModelError, "an initialiser of graph '{}' has no name",
           message.name);
    Value& value = graph_.add_constant(std::move(tensor), with_prefix(call_, named.name));
    add_pairs(value.metadata, named.metadata);
    if (!named.doc.empty()) value.metadata[std::string(kDocKey)] = valid_utf8(named.doc);
    define(named.name, value);
  };
  for (const TensorMessage& tensor : message.initializers) add(tensor, model_.tensors.decode(tensor));
  for (const SparseTensorMessage& tensor : message.sparse_initializers)
    add(tensor.values, model_.tensors.decode(tensor));
}

void GraphDecoder::decode_nodes(const std::vector<NodeMessage>& nodes,
                                const std::vector<ValueMessage>& value_infos) {
  for (const ValueMessage& info : value_infos) infos_.try_emplace(info.name, &info);
  for (const NodeMessage* node : sort_nodes(nodes)) {
    try {
      decode_node(*node);
    } catch (Error& error) {
      error.in(describe(*node));
      throw;
    }
  }
}

void GraphDecoder::decode_outputs(const GraphMessage& message) {
  for (const ValueMessage& output : message.outputs) {
    ENSURE(!output.name.empty(), MalformedModelError, "an output of graph '{}' has no name", message.name);
    Value* value = scope_.find(output.name);
    ENSURE(value, MalformedModelError, "output '{}' of graph '{}' is an input left out", output.name,
           message.name);
    graph_.add_output(std::string(output.name), *value, output.type.type);
  }
}

void GraphDecoder::decode_node(const NodeMessage& message) {
  if (const FunctionMessage* function = model_.functions.find(message))
    call_function(message, *function);
  else if (message.op_type == "Constant" && is_default_domain(message.domain))
    build_constant(message);
  else
    build_node(message);
}

// Optional inputs left out at the end are no inputs.
std::vector<Value*> GraphDecoder::find_inputs(const NodeMessage& message) const {
  std::vector<Value*> inputs;
  for (const Text name : message.inputs) inputs.push_back(name.empty() ? nullptr : scope_.find(name));
  while (!inputs.empty() && !inputs.back()) inputs.pop_back();
  return inputs;
}

// Null for operators that the onnx package does not know, and for those that it has taken away.
const OpSchema* GraphDecoder::schema_of(const NodeMessage& message) const {
  const std::string domain(is_default_domain(message.domain) ? "" : message.domain);
  const auto opset = domain.empty()
                         ? find_opset(model_.message, call_)
                         : find_opset(model_.message, call_, domain).value_or(newest_opset(domain));
  const OpSchema* schema = find_schema(OpName(domain, message.op_type), opset);
  return schema && schema->deprecated ? nullptr : schema;
}

Attrs GraphDecoder::decode_attributes(const NodeMessage& message, const OpSchema* schema) {
  Attrs attrs;
  for (const AttributeMessage& attribute : message.attributes) {
    const std::optional<Argument> argument = resolve_attribute(attribute, scope_, call_);
    ENSURE(!attrs.has(attribute.name), MalformedModelError, "attribute '{}' is there twice", attribute.name);
    if (!argument) continue;
    if (schema) check_attribute(attribute.name, *argument->attribute, *schema);
    attrs.set(attribute.name, decode_attribute(model_, *argument, graph_));
  }
  return attrs;
}

// In a function, a formal output has the name that the caller gives it.
std::string GraphDecoder::value_name(Text name) const {
  if (!call_) return std::string(name);
  const auto output = call_->outputs.find(name);
  return output == call_->outputs.end() ? with_prefix(call_, name) : output->second;
}

void GraphDecoder::define(Text name, Value& value) {
  scope_.define(name, &value);
  if (value.name() != name && !call_) value.source_name = name;
  const auto info = infos_.find(name);
  if (info == infos_.end()) return;
  const ValueMessage& message = *info->second;
  if (value.kind() == Value::Kind::node_output) value.type = message.type.type;
  add_pairs(value.metadata, message.metadata);
  value.metadata.insert(message.type.denotation.begin(), message.type.denotation.end());
  if (!message.doc.empty()) value.metadata[std::string(kDocKey)] = valid_utf8(message.doc);
}

void GraphDecoder::build_node(const NodeMessage& message) {
  const bool is_default = is_default_domain(message.domain);
  const std::string domain =
      is_default ? dialect_of(find_opset(model_.message, call_)) : std::string(message.domain);
  std::vector<std::string> names;
  for (const Text output : message.outputs)
    names.push_back(output.empty() ? Graph::kNoOutput : value_name(output));
  // Attributes first: their subgraphs may use what the inputs name, and a failure leaves no half-built node.
  const OpSchema* schema = schema_of(message);
  if (schema) check_parameters(message, *schema);
  Attrs attrs = decode_attributes(message, schema);
  Node& node = graph_.add_node(OpName(domain, message.op_type), find_inputs(message), std::move(attrs), names,
                               with_prefix(call_, message.name));
  node.doc = valid_utf8(message.doc);
  add_pairs(node.metadata, message.metadata);
  for (size_t i = 0; i < message.outputs.size(); ++i)
    if (!message.outputs[i].empty()) define(message.outputs[i], *node.output(i));
}

// A Constant node is no node here but a constant value.
void GraphDecoder::build_constant(const NodeMessage& message) {
  ENSURE(message.outputs.size() == 1 && !message.outputs[0].empty() && message.inputs.empty(),
         MalformedModelError, "a Constant has no inputs and one output; this one has {} and {}",
         message.inputs.size(), message.outputs.size());
  const Attrs attrs = decode_attributes(message, nullptr);
  const auto names = {"value",      "sparse_value", "value_int",    "value_float",
                      "value_ints", "value_floats", "value_string", "value_strings"};
  const auto present =
      std::count_if(names.begin(), names.end(), [&](const char* name) { return attrs.has(name); });
  ENSURE(present == 1, MalformedModelError, "a Constant has one value attribute, this one has {}", present);
  Tensor tensor;
  if (const auto* value = attrs.get<Tensor>("value")) tensor = *value;
  if (const auto* value = attrs.get<Tensor>("sparse_value")) tensor = *value;
  if (const auto* value = attrs.get<int64_t>("value_int")) tensor = Tensor::scalar(*value);
  if (const auto* value = attrs.get<float>("value_float")) tensor = Tensor::scalar(*value);
  if (const auto* value = attrs.get<std::string>("value_string")) tensor = Tensor::scalar(*value);
  if (const auto* values = attrs.get<std::vector<int64_t>>("value_ints")) tensor = Tensor::vector(*values);
  if (const auto* values = attrs.get<std::vector<float>>("value_floats")) tensor = Tensor::vector(*values);
  if (const auto* values = attrs.get<std::vector<std::string>>("value_strings"))
    tensor = Tensor::vector(*values);
  define(message.outputs[0], graph_.add_constant(std::move(tensor), value_name(message.outputs[0])));
}

void GraphDecoder::call_function(const NodeMessage& message, const FunctionMessage& function) {
  FunctionCall call = begin_call(message, function, scope_, call_);
  model_.inlined_nodes += function.nodes.size();
  ENSURE(model_.inlined_nodes <= kMostInlinedNodes, MalformedModelError,
         "the calls of local functions make more than {} nodes", kMostInlinedNodes);
  for (size_t i = 0; i < message.outputs.size(); ++i)
    if (!message.outputs[i].empty())
      call.outputs.emplace(function.outputs[i], value_name(message.outputs[i]));
  Scope body(nullptr);
  for (size_t i = 0; i < function.inputs.size(); ++i) {
    const bool given = i < message.inputs.size() && !message.inputs[i].empty();
    body.define(function.inputs[i], given ? scope_.find(message.inputs[i]) : nullptr);
  }
  GraphDecoder(model_, graph_, body, &call).decode_nodes(function.nodes, function.value_infos);
  for (size_t i = 0; i < message.outputs.size(); ++i) {
    if (message.outputs[i].empty()) continue;
    Value* value = body.find(function.outputs[i]);
    ENSURE(value, MalformedModelError, "output '{}' of function '{}' is an input left out",
           function.outputs[i], function.name);
    define(message.outputs[i], *value);
  }
}

}  // namespace

void decode_graph(ModelContext& model, const GraphMessage& message, Graph& graph, const Scope* outer,
                  const FunctionCall* call) {
  Scope scope(outer);
  GraphDecoder(model, graph, scope, call).decode(message, outer == nullptr);
}

}  // namespace modelconv::onnx
