#include "formats/tensorflow/encode/graph_encoder.h"

#include <unordered_set>

#include "formats/tensorflow/encode/attr_value.h"
#include "formats/tensorflow/encode/weights.h"
#include "formats/tensorflow/schema.h"

namespace modelconv::tensorflow {
namespace {

using protobuf::Writer;

Writer begin_node(const std::string& name, const std::string& op) {
  Writer writer;
  writer.add_string(field::node_def::name, name);
  writer.add_string(field::node_def::op, op);
  return writer;
}

void add_attr(Writer& node, std::string_view name, const Writer& value) {
  add_entry(node, field::node_def::attr, name, value);
}

bool is_inside(const Graph* graph, const Graph& outer) {
  for (; graph; graph = graph->parent())
    if (graph == &outer) return true;
  return false;
}

// What the graph takes from outside, in the order of its first use; small constants are written again inside.
class Captures {
 public:
  explicit Captures(const std::unordered_set<const Value*>& variables) : variables_(variables) {}
  void collect(const Graph& graph) { collect(graph, graph); }
  const std::vector<const Value*>& values() const { return values_; }

 private:
  void collect(const Graph& graph, const Graph& outermost) {
    for (const auto& node : graph.nodes()) {
      for (const Value* input : node->inputs())
        if (input) note(*input, outermost);
      for (const Graph* subgraph : node->subgraphs()) collect(*subgraph, outermost);
    }
    for (const GraphOutput& output : graph.outputs()) note(*output.value, outermost);
  }

  void note(const Value& value, const Graph& outermost) {
    if (is_inside(&value.graph(), outermost)) return;
    if (is_weight(value) && weight_bytes(value) <= kSmallConstant && !variables_.contains(&value)) return;
    if (seen_.insert(&value).second) values_.push_back(&value);
  }

  const std::unordered_set<const Value*>& variables_;
  std::vector<const Value*> values_;
  std::unordered_set<const Value*> seen_;
};

Writer encode_argument(const std::string& name, int64_t type) {
  Writer writer;
  writer.add_string(field::arg_def::name, name);
  writer.add_int(field::arg_def::type, type);
  return writer;
}

}  // namespace

Writer encode_constant(const std::string& name, const Tensor& tensor) {
  Writer node = begin_node(name, "Const"), value;
  value.add_message(field::attr_value::tensor, encode_tensor(tensor));
  add_attr(node, "dtype", encode_attr(AttrKind::type, Type::tensor(tensor.dtype())));
  add_attr(node, "value", value);
  return node;
}

Writer encode_simple_node(const std::string& name, const std::string& op,
                          const std::vector<std::string>& inputs, const char* type_name, int64_t type) {
  Writer node = begin_node(name, op);
  for (const std::string& input : inputs) node.add_string(field::node_def::input, input);
  add_attr(node, type_name, encode_type_attr(type));
  return node;
}

std::string GraphEncoder::reference(const Value& value, Scope& scope) {
  const auto known = scope.references.find(&value);
  if (known != scope.references.end()) return known->second;
  ENSURE(is_weight(value), InternalError, "'{}' is used before it is made", value.name());
  std::string result;
  if (const auto variable = variables_.find(&value); variable != variables_.end()) {
    const std::string name = scope.names.take(variable->second->name);
    scope.emit(encode_simple_node(name, "ReadVariableOp", {variable->second->argument}, "dtype",
                                  type_number_of(value)));
    result = name + ":value:0";
  } else {
    const auto chosen = scope.chosen_names.find(&value);
    const std::string name =
        chosen != scope.chosen_names.end() ? chosen->second : scope.names.take(value.name());
    scope.emit(encode_constant(name, read_weight(value)));
    result = scope.is_function ? name + ":output:0" : name;
  }
  scope.references.emplace(&value, result);
  return result;
}

void GraphEncoder::encode_nodes(const Graph& graph, Scope& scope) {
  for (const auto& node : graph.nodes())
    if (!node->output() || !is_weight(*node->output())) encode_node(*node, scope);
}

void GraphEncoder::encode_node(const Node& node, Scope& scope) {
  const Value* first = nullptr;
  for (const Value* output : node.outputs())
    if (!first) first = output;
  const auto chosen = scope.chosen_names.find(first);
  const std::string& wanted = node.output_count() > 1 && !node.name().empty() ? node.name() : first->name();
  const std::string name = chosen != scope.chosen_names.end() ? chosen->second : scope.names.take(wanted);
  if (!node.subgraphs().empty()) {
    scope.emit(encode_control_flow(node, scope, name));
    return note_outputs(node, name, scope);
  }
  Writer writer = begin_node(name, node.op().name());
  for (const Value* input : node.inputs())
    writer.add_string(field::node_def::input, reference(*input, scope));
  const TypeAttrs derived = type_attrs_of(node);
  for (const AttrSpec& spec : signature_of(node.op()).attrs) {
    const auto types = derived.types.find(spec.name);
    const auto count = derived.counts.find(spec.name);
    if (types != derived.types.end())
      add_attr(writer, spec.name,
               spec.kind == AttrKind::types ? encode_types_attr(types->second)
                                            : encode_type_attr(types->second.at(0)));
    else if (count != derived.counts.end())
      add_attr(writer, spec.name, encode_int_attr(count->second));
    else if (const Attribute* attribute = node.attrs.find(spec.name))
      add_attr(writer, spec.name, encode_attr(spec.kind, *attribute));
  }
  scope.emit(writer);
  note_outputs(node, name, scope);
}

void GraphEncoder::note_outputs(const Node& node, const std::string& name, Scope& scope) {
  const TypeAttrs derived = type_attrs_of(node);
  for (size_t i = 0; i < node.output_count(); ++i) {
    if (!node.output(i)) continue;
    std::string reference = i == 0 ? name : fmt::format("{}:{}", name, i);
    if (scope.is_function)
      reference = fmt::format("{}:{}:{}", name, derived.arguments[i]->name, derived.places[i]);
    scope.references.emplace(node.output(i), std::move(reference));
  }
}

// Functions see nothing of what is around them: what their graphs use from outside becomes arguments, which a loop hands
// on from iteration to iteration.
Writer GraphEncoder::encode_control_flow(const Node& node, Scope& scope, const std::string& name) {
  const bool is_loop = node.attrs.has("body");
  Captures captures(variable_values_);
  for (const Graph* subgraph : node.subgraphs()) captures.collect(*subgraph);
  Writer writer = begin_node(name, node.op().name());
  for (const Value* input : node.inputs())
    writer.add_string(field::node_def::input, reference(*input, scope));
  TypeAttrs derived = type_attrs_of(node);
  const char* inputs_attr = is_loop ? "T" : "Tin";
  std::vector<Type> shapes;
  if (const auto* given = node.attrs.get<std::vector<Type>>("output_shapes")) shapes = *given;
  for (const Value* value : captures.values()) {
    writer.add_string(field::node_def::input, reference(*value, scope));
    derived.types[inputs_attr].push_back(type_number_of(*value));
    if (is_loop) shapes.push_back(value->type);
  }
  for (const auto& [attr, types] : derived.types)
    add_attr(writer, attr, attr == "Tcond" ? encode_type_attr(types.at(0)) : encode_types_attr(types));
  for (const auto& [attr, value] : node.attrs) {
    const GraphPtr* graph = std::get_if<GraphPtr>(&value);
    if (!graph) continue;
    FunctionShape shape;
    shape.name = function_name(fmt::format("{}_{}", name, attr));
    for (const Value* input : (*graph)->inputs()) shape.arguments.values.push_back(input);
    for (const Value* value_outside : captures.values()) shape.arguments.values.push_back(value_outside);
    if (attr == "body") shape.passed_on = captures.values();
    add_function(**graph, shape);
    add_attr(writer, attr, encode_function_attr(shape.name));
  }
  add_attr(writer, "output_shapes", encode_attr(AttrKind::shapes, shapes));
  add_attr(writer, "_lower_using_switch_merge", encode_bool_attr(true));
  return writer;
}

void GraphEncoder::add_function(const Graph& graph, const FunctionShape& shape) {
  Writer function, signature;
  std::vector<Writer> returns;
  std::vector<Writer> nodes;
  Scope scope;
  scope.emit = [&](const Writer& node) { nodes.push_back(node); };
  scope.is_function = true;
  signature.add_string(field::op_def::name, shape.name);
  size_t number = 0;
  const auto argument_name = [&] {
    const std::string name =
        number < shape.argument_names.size() ? shape.argument_names[number] : fmt::format("arg{}", number);
    ++number;
    return scope.names.take(name);
  };
  for (const Value* value : shape.arguments.values) {
    const std::string name = argument_name();
    scope.references.emplace(value, name);
    signature.add_message(field::op_def::input_arg, encode_argument(name, type_number_of(*value)));
  }
  std::unordered_map<const Value*, const Variable*> outer_variables;
  std::swap(outer_variables, variables_);
  for (const Variable& variable : shape.arguments.variables) {
    variables_.emplace(variable.value, &variable);
    variable_values_.insert(variable.value);
    signature.add_message(field::op_def::input_arg,
                          encode_argument(scope.names.take(variable.argument), kResource));
  }
  encode_nodes(graph, scope);
  number = 0;
  const auto add_result = [&](const Value& value) {
    const std::string name =
        number < shape.result_names.size() ? shape.result_names[number] : fmt::format("out{}", number);
    ++number;
    signature.add_message(field::op_def::output_arg, encode_argument(name, type_number_of(value)));
    Writer entry;
    entry.add_string(field::map_entry::key, name);
    entry.add_string(field::map_entry::value, reference(value, scope));
    returns.push_back(std::move(entry));
  };
  for (const GraphOutput& output : graph.outputs()) add_result(*output.value);
  for (const Value* value : shape.passed_on) add_result(*value);
  std::swap(outer_variables, variables_);

  function.add_message(field::function_def::signature, signature);
  for (const Writer& node : nodes) function.add_message(field::function_def::node_def, node);
  for (const Writer& entry : returns) function.add_message(field::function_def::ret, entry);
  functions_.push_back(std::move(function));
}

Writer GraphEncoder::library() const {
  Writer writer;
  for (const Writer& function : functions_) writer.add_message(field::function_library::function, function);
  return writer;
}

}  // namespace modelconv::tensorflow
