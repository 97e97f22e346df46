// While, If, Case and their kin: the functions that they call become the bodies of loops and branches.
#include <algorithm>

#include "formats/tensorflow/control_flow/graph_builder.h"

namespace modelconv::tensorflow {
namespace {

constexpr size_t kDeepestFunction = 100;

[[noreturn]] void refuse(const FlatNode& node, const std::string& reason) {
  throw UnsupportedOpError("reading TensorFlow control flow",
                           {{"tf." + std::string(node.op), {node.name}, reason}});
}

Bytes function_attr(const FlatNode& node, std::string_view name) {
  for (const auto& [attr_name, value] : node.attrs)
    if (attr_name == name) return value;
  throw MalformedModelError(
      fmt::format("the node '{}' does not say which function is its '{}'", node.name, name));
}

const FunctionDef& find_function(const BuildContext& context, const FlatNode& node,
                                 const FunctionCall& call) {
  const auto found = context.def.functions.find(call.name);
  ENSURE(found != context.def.functions.end(), MalformedModelError,
         "node '{}' calls the function '{}', which is not there", node.name, call.name);
  return found->second;
}

// Writing a variable is an effect that a graph of values cannot have; only the last write before reading would count.
void refuse_writes(const FlatNode& node, const FunctionDef& function) {
  for (const NodeDef& inner : function.nodes)
    if (inner.op.starts_with("Assign") || inner.op.starts_with("ResourceScatter"))
      refuse(node,
             fmt::format("its function '{}' changes a variable ({} '{}'); pass the value through the loop or "
                         "branch as a tensor instead",
                         function.name, inner.op, inner.name));
}

// A function's body, ready to be built in place.
class Body {
 public:
  Body(BuildContext& context, const FlatNode& node, const FunctionCall& call)
      : context_(context), function_(find_function(context, node, call)) {
    if (std::find(context.open.begin(), context.open.end(), &function_) != context.open.end())
      refuse(node, fmt::format("the function '{}' calls itself", function_.name));
    if (context.open.size() >= kDeepestFunction) refuse(node, "loops and conditions are nested too deep");
    refuse_writes(node, function_);
    FlattenOptions options;
    options.function = &function_;
    options.function_attrs = call.attrs;
    options.prefix = node.name + "/";
    flat_ = flatten(context.def, options);
    count_nodes(context, flat_.nodes.size());
  }

  size_t output_count() const { return flat_.outputs.size(); }

  // The argument that output `index` is, handed on as it is.
  std::optional<size_t> argument_of_output(size_t index) const {
    TensorRef ref = flat_.outputs[index];
    for (size_t hops = 0; hops < flat_.nodes.size(); ++hops) {
      const FlatNode& node = flat_.nodes[ref.node];
      if (node.op == "_Arg") return node.file_index + ref.port;
      if (node.op != "Identity" || node.inputs.empty()) return std::nullopt;
      ref = node.inputs[0];
    }
    return std::nullopt;
  }

  std::vector<Value*> build(Graph& graph, const std::vector<Value*>& arguments) const {
    GraphBuilder builder(context_, flat_, graph);
    for (size_t i = 0; i < flat_.nodes.size(); ++i) {
      const FlatNode& node = flat_.nodes[i];
      if (node.op != "_Arg") continue;
      ENSURE(node.file_index < arguments.size(), MalformedModelError,
             "the function '{}' has more arguments than the {} that it gets", function_.name,
             arguments.size());
      builder.set_outputs(
          i, {arguments.begin() + static_cast<std::ptrdiff_t>(node.file_index), arguments.end()});
    }
    context_.open.push_back(&function_);
    std::vector<Value*> results = builder.build();
    context_.open.pop_back();
    return results;
  }

 private:
  BuildContext& context_;
  const FunctionDef& function_;
  FlatGraph flat_;
};

std::vector<std::string> output_names(const FlatNode& node, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(i == 0 ? node.name : fmt::format("{}:{}", node.name, i));
  return names;
}

std::vector<Value*> add_while(BuildContext& context, Graph& graph, const FlatNode& node,
                              const std::vector<Value*>& inputs) {
  const Body body(context, node, decode_function_call(function_attr(node, "body")));
  const Body condition(context, node, decode_function_call(function_attr(node, "cond")));
  ENSURE(body.output_count() == inputs.size() && condition.output_count() == 1, MalformedModelError,
         "the loop '{}' has {} variables, its body gives {}", node.name, inputs.size(), body.output_count());
  // Variables that each iteration hands on are no variables: the body uses them from outside.
  std::vector<size_t> carried;
  std::vector<std::string> inside_names, outside_names;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (body.argument_of_output(i) == i) continue;
    carried.push_back(i);
    inside_names.push_back(fmt::format("{}/variable:{}", node.name, i));
    outside_names.push_back(output_names(node, i + 1).back());
  }
  const GraphPtr loop_body = start_body(graph, node.name, inside_names);
  std::vector<Value*> arguments = inputs, initial;
  for (size_t i = 0; i < carried.size(); ++i) {
    initial.push_back(inputs[carried[i]]);
    arguments[carried[i]] = loop_body->inputs()[2 + i];
  }
  const std::vector<Value*> results = body.build(*loop_body, arguments);
  for (const size_t i : carried) arguments[i] = results[i];
  loop_body->add_output(node.name + "/condition_next", *condition.build(*loop_body, arguments)[0]);
  for (size_t i = 0; i < carried.size(); ++i)
    loop_body->add_output(inside_names[i] + "_next", *results[carried[i]]);
  Value& first_condition = *condition.build(graph, inputs)[0];
  const Node& loop = add_loop_node(graph, node.name, first_condition, initial, loop_body, outside_names);
  std::vector<Value*> outputs = inputs;
  for (size_t i = 0; i < carried.size(); ++i) outputs[carried[i]] = loop.output(i);
  return outputs;
}

GraphPtr build_branch(const Body& body, Graph& graph, const char* name, const std::vector<Value*>& arguments,
                      const std::vector<std::string>& names) {
  const auto branch = std::make_shared<Graph>(name, &graph);
  const std::vector<Value*> results = body.build(*branch, arguments);
  for (size_t i = 0; i < results.size(); ++i) branch->add_output(names[i], *results[i]);
  return branch;
}

std::vector<Value*> add_if_node(Graph& graph, const FlatNode& node, Value& condition, GraphPtr then_branch,
                                GraphPtr else_branch, const std::vector<std::string>& names) {
  ENSURE(then_branch->outputs().size() == else_branch->outputs().size(), MalformedModelError,
         "the branches of '{}' give {} and {} tensors", node.name, then_branch->outputs().size(),
         else_branch->outputs().size());
  const Node& added = graph.add_node(
      "tf.If", {&condition},
      {{"then_branch", std::move(then_branch)}, {"else_branch", std::move(else_branch)}}, names, node.name);
  for (Value* output : added.outputs())
    output->source_name = fmt::format("{}:{}", node.name, output->output_index());
  return {added.outputs().begin(), added.outputs().end()};
}

std::vector<Value*> add_if(BuildContext& context, Graph& graph, const FlatNode& node,
                           const std::vector<Value*>& inputs) {
  ENSURE(!inputs.empty(), MalformedModelError, "the node '{}' has no condition", node.name);
  const std::vector<Value*> arguments(inputs.begin() + 1, inputs.end());
  const Body holds(context, node, decode_function_call(function_attr(node, "then_branch")));
  const Body fails(context, node, decode_function_call(function_attr(node, "else_branch")));
  const std::vector<std::string> names = output_names(node, holds.output_count());
  ENSURE(fails.output_count() == names.size(), MalformedModelError,
         "the branches of '{}' give {} and {} tensors", node.name, names.size(), fails.output_count());
  GraphPtr then_branch = build_branch(holds, graph, "then", arguments, names);
  GraphPtr else_branch = build_branch(fails, graph, "else", arguments, names);
  return add_if_node(graph, node, *inputs[0], std::move(then_branch), std::move(else_branch), names);
}

// The last branch is also that of every number outside of the list.
class CaseBuilder {
 public:
  CaseBuilder(const FlatNode& node, const std::vector<Body>& bodies, std::vector<Value*> inputs)
      : node_(node), bodies_(bodies), index_(*inputs.at(0)), arguments_(inputs.begin() + 1, inputs.end()) {
    names_ = output_names(node, bodies[0].output_count());
  }

  std::vector<Value*> build(Graph& graph, size_t number) const {
    if (number + 1 == bodies_.size()) return bodies_[number].build(graph, arguments_);
    Value& wanted = graph.add_constant(Tensor::scalar(static_cast<int32_t>(number)), node_.name + "/branch");
    Value& condition =
        *graph.add_node("tf.Equal", {&index_, &wanted}, {}, {node_.name + "/is_branch"}, node_.name).output();
    GraphPtr then_branch = build_branch(bodies_[number], graph, "then", arguments_, names_);
    const auto else_branch = std::make_shared<Graph>("else", &graph);
    const std::vector<Value*> others = build(*else_branch, number + 1);
    ENSURE(others.size() == names_.size(), MalformedModelError, "the branches of '{}' give {} and {} tensors",
           node_.name, names_.size(), others.size());
    for (size_t i = 0; i < others.size(); ++i) else_branch->add_output(names_[i], *others[i]);
    return add_if_node(graph, node_, condition, std::move(then_branch), else_branch, names_);
  }

 private:
  const FlatNode& node_;
  const std::vector<Body>& bodies_;
  Value& index_;
  const std::vector<Value*> arguments_;
  std::vector<std::string> names_;
};

std::vector<Value*> add_case(BuildContext& context, Graph& graph, const FlatNode& node,
                             const std::vector<Value*>& inputs) {
  std::vector<Body> bodies;
  for (const FunctionCall& call : decode_function_calls(function_attr(node, "branches")))
    bodies.emplace_back(context, node, call);
  ENSURE(!bodies.empty() && bodies.size() <= 1000 && !inputs.empty(), MalformedModelError,
         "the node '{}' chooses from {} branches", node.name, bodies.size());
  if (bodies.size() > kDeepestFunction)
    refuse(node,
           fmt::format("it has {} branches; more than {} are not read", bodies.size(), kDeepestFunction));
  return CaseBuilder(node, bodies, inputs).build(graph, 0);
}

}  // namespace

bool calls_branches(std::string_view op) {
  return op == "While" || op == "StatelessWhile" || op == "If" || op == "StatelessIf" || op == "Case" ||
         op == "StatelessCase";
}

std::vector<Value*> add_function_node(BuildContext& context, Graph& graph, const FlatNode& node,
                                      const std::vector<Value*>& inputs) {
  if (node.op.ends_with("While")) return add_while(context, graph, node, inputs);
  if (node.op.ends_with("If")) return add_if(context, graph, node, inputs);
  return add_case(context, graph, node, inputs);
}

}  // namespace modelconv::tensorflow
