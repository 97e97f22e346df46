#include "formats/tensorflow/control_flow/graph_builder.h"

#include <algorithm>
#include <unordered_map>

#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

constexpr size_t kMostBuiltNodes =
    4'000'000;  // conditions of loops and shared branches are built more than once

// "rnn/while/while_context" -> "rnn/while"
std::string scope_of(const std::string& name) {
  const size_t slash = name.rfind('/');
  return slash == std::string::npos || slash == 0 ? name : name.substr(0, slash);
}

// Complex numbers are pairs in a last axis of their own: see ops/complex.cpp.
Tensor as_real(const Tensor& tensor) {
  if (!is_complex(tensor.dtype())) return tensor;
  Dims dims = tensor.dims();
  dims.push_back(2);
  const DType part = tensor.dtype() == DType::complex64 ? DType::float32 : DType::float64;
  return Tensor::view(part, dims, tensor.bytes(), std::make_shared<const Tensor>(tensor));
}

std::string output_name(const FlatNode& node, size_t port) {
  return port == 0 ? node.name : fmt::format("{}:{}", node.name, port);
}

}  // namespace

void count_nodes(BuildContext& context, size_t nodes) {
  context.nodes += nodes;
  ENSURE(context.nodes <= kMostBuiltNodes, MalformedModelError,
         "the functions of this graph call each other so often that there are more than {} nodes",
         kMostBuiltNodes);
}

std::vector<size_t> topological_order(const FlatGraph& flat) {
  enum class State : uint8_t { unseen, open, done };
  std::vector<State> state(flat.nodes.size(), State::unseen);
  std::vector<size_t> order;
  std::vector<std::pair<size_t, size_t>> stack;  // node, its next input
  for (size_t root = 0; root < flat.nodes.size(); ++root) {
    if (state[root] != State::unseen) continue;
    stack.emplace_back(root, 0);
    state[root] = State::open;
    while (!stack.empty()) {
      const size_t node = stack.back().first;
      const FlatNode& current = flat.nodes[node];
      const size_t at = stack.back().second++;
      if (at == current.inputs.size() + current.controls.size()) {
        state[node] = State::done;
        order.push_back(node);
        stack.pop_back();
        continue;
      }
      const size_t input = at < current.inputs.size() ? current.inputs[at].node
                                                      : current.controls[at - current.inputs.size()].node;
      if (closes_loop(flat.nodes[input], current)) continue;
      ENSURE(state[input] != State::open, MalformedModelError,
             "the nodes '{}' and '{}' need each other's results", flat.nodes[input].name, current.name);
      if (state[input] == State::unseen) {
        state[input] = State::open;
        stack.emplace_back(input, 0);
      }
    }
  }
  return order;
}

class GraphBuilder::Inside {
 public:
  explicit Inside(GraphBuilder& builder) : builder_(builder), outer_(builder.undo_) {
    builder.undo_ = &built_;
  }
  ~Inside() {
    for (const size_t node : built_) builder_.values_[node].clear();
    builder_.undo_ = outer_;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  GraphBuilder& builder_;
  std::vector<size_t>* outer_;
  std::vector<size_t> built_;
};

GraphBuilder::GraphBuilder(BuildContext& context, FlatGraph flat, Graph& graph)
    : context_(context),
      flat_(std::move(flat)),
      order_(topological_order(flat_)),
      regions_(flat_, order_),
      graph_(graph),
      values_(flat_.nodes.size()) {
  count_ports();
}

void GraphBuilder::set_outputs(size_t node, std::vector<Value*> values) { values_[node] = std::move(values); }

std::vector<Value*> GraphBuilder::build() {
  build_all(graph_, flat_.outputs);
  return values_of(flat_.outputs);
}

// Numbers of outputs are not in the file: as many as someone uses.
void GraphBuilder::count_ports() {
  ports_.assign(flat_.nodes.size(), 1);
  const auto count = [&](const TensorRef& ref) {
    ENSURE(ref.port < 100'000, MalformedModelError, "output {} of the node '{}' is used", ref.port,
           flat_.nodes[ref.node].name);
    ports_[ref.node] = std::max(ports_[ref.node], ref.port + 1);
  };
  for (const FlatNode& node : flat_.nodes)
    for (const TensorRef& input : node.inputs) count(input);
  for (const TensorRef& output : flat_.outputs) count(output);
}

// A loop is the item of its first Exit, a conditional that of its first Merge.
size_t GraphBuilder::item_of(const TensorRef& ref) const {
  const TensorRef at = regions_.resolve(ref);
  const FlatNode& node = flat_.nodes[at.node];
  if (is_op(node, "Exit"))
    for (const LoopVariable& variable : regions_.loop_of(at.node).variables)
      if (variable.exit) return *variable.exit;
  if (is_op(node, "Merge") && !regions_.is_loop_merge(at.node))
    return regions_.conditional_of(at.node).merges[0];
  return at.node;
}

std::vector<TensorRef> GraphBuilder::needs_of(size_t item) const {
  const FlatNode& node = flat_.nodes[item];
  if (is_op(node, "Exit")) return regions_.captured_by(regions_.loop_of(item));
  if (regions_.is_loop_merge(item) || regions_.is_loop_switch(item)) return {};
  if (is_op(node, "Merge")) return regions_.captured_by(regions_.conditional_of(item));
  if (contents_of(node)) return {node.inputs.begin() + 1, node.inputs.end()};
  return node.inputs;
}

bool GraphBuilder::is_built(size_t item) const { return !values_[item].empty(); }

// Depth first without recursion: graphs are deep. Recursion is only into subgraphs.
void GraphBuilder::build_all(Graph& graph, const std::vector<TensorRef>& wanted) {
  struct Step {
    size_t item;
    std::vector<TensorRef> needs;
    size_t next = 0;
  };
  std::unordered_map<size_t, bool> open;
  std::vector<Step> stack;
  const auto enter = [&](const TensorRef& ref) {
    const size_t item = item_of(ref);
    if (is_built(item)) return;
    const auto [state, is_new] = open.emplace(item, true);
    ENSURE(is_new, MalformedModelError, "the node '{}' needs its own result", flat_.nodes[item].name);
    stack.push_back({item, needs_of(item)});
  };
  for (const TensorRef& root : wanted) {
    enter(root);
    while (!stack.empty()) {
      Step& step = stack.back();
      if (step.next < step.needs.size()) {
        enter(step.needs[step.next++]);
        continue;
      }
      build_item(graph, step.item);
      stack.pop_back();
    }
  }
}

void GraphBuilder::build_item(Graph& graph, size_t item) {
  const FlatNode& node = flat_.nodes[item];
  count_nodes(context_, 1);
  try {
    if (regions_.is_loop_merge(item) || regions_.is_loop_switch(item))
      throw UnsupportedOpError(
          "reading TensorFlow control flow",
          {{"tf." + std::string(node.op), {node.name}, "it is used outside of its loop"}});
    if (is_op(node, "Exit"))
      add_loop(graph, regions_.loop_of(item));
    else if (is_op(node, "Merge") && !regions_.is_loop_merge(item))
      add_conditional(graph, regions_.conditional_of(item));
    else
      add(graph, item);
  } catch (Error& error) {
    error.in(fmt::format("node '{}' ({})", node.name, node.op));
    throw;
  }
}

void GraphBuilder::remember(size_t node, std::vector<Value*> values) {
  if (undo_) undo_->push_back(node);
  values_[node] = std::move(values);
}

Value& GraphBuilder::value_of(TensorRef ref) const {
  ref = regions_.resolve(ref);
  Value* value = ref.port < values_[ref.node].size() ? values_[ref.node][ref.port] : nullptr;
  ENSURE(value, MalformedModelError, "output {} of the node '{}' is used, it does not exist", ref.port,
         flat_.nodes[ref.node].name);
  return *value;
}

std::vector<Value*> GraphBuilder::values_of(const std::vector<TensorRef>& refs) const {
  std::vector<Value*> values;
  for (const TensorRef& ref : refs) values.push_back(&value_of(ref));
  return values;
}

void GraphBuilder::add(Graph& graph, size_t index) {
  const FlatNode& node = flat_.nodes[index];
  if (node.op == "Const") return add_constant(index, constant_of(node));
  if (is_variable(node.op) && context_.find_variable)
    if (const std::optional<Tensor> tensor = context_.find_variable(node))
      return add_constant(index, *tensor);
  if (calls_branches(node.op))
    return remember(index, add_function_node(context_, graph, node, values_of(node.inputs)));
  add_plain(graph, node, index);
}

// What is known of the table that a node looks something up in.
std::optional<TableContents> GraphBuilder::contents_of(const FlatNode& lookup) const {
  if (!context_.tables || lookup.inputs.empty()) return std::nullopt;
  if (!lookup.op.starts_with("LookupTableFind") && !lookup.op.starts_with("LookupTableSize"))
    return std::nullopt;
  TensorRef ref = lookup.inputs[0];
  for (size_t steps = 0; steps < flat_.nodes.size(); ++steps) {
    if (flat_.nodes[ref.node].op != "Identity" || flat_.nodes[ref.node].inputs.empty()) break;
    ref = flat_.nodes[ref.node].inputs[0];
  }
  return context_.tables->find(flat_.nodes[ref.node].name);
}

void GraphBuilder::add_plain(Graph& graph, const FlatNode& node, size_t index) {
  std::vector<Value*> inputs;
  if (const auto contents = contents_of(node)) {  // keys and values in the place of the table
    inputs = values_of({node.inputs.begin() + 1, node.inputs.end()});
    inputs.insert(inputs.begin(), &graph_.add_constant(contents->values, node.name + "/values"));
    inputs.insert(inputs.begin(), &graph_.add_constant(contents->keys, node.name + "/keys"));
  } else {
    inputs = values_of(node.inputs);
  }
  std::vector<std::string> names;
  for (size_t port = 0; port < ports_[index]; ++port) names.push_back(output_name(node, port));
  Node& added =
      graph.add_node(OpName("tf", node.op), std::move(inputs), decode_attrs(node), names, node.name);
  std::vector<Value*> values;
  for (Value* output : added.outputs()) {
    output->source_name = fmt::format("{}:{}", node.name, output->output_index());
    values.push_back(output);
  }
  remember(index, std::move(values));
}

// Constants are the same everywhere, so they stand in the outermost graph and are never forgotten.
void GraphBuilder::add_constant(size_t index, const Tensor& tensor) {
  values_[index] = {&graph_.add_constant(as_real(tensor), flat_.nodes[index].name)};
}

void GraphBuilder::set_variables(const Region& loop, const std::vector<Value*>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    const LoopVariable& variable = loop.variables[i];
    remember(variable.merge, {values[i]});
    if (variable.select) remember(*variable.select, {values[i], values[i]});
  }
}

void GraphBuilder::add_loop(Graph& graph, Region& loop) {
  if (!loop.condition)
    throw UnsupportedOpError("reading TensorFlow control flow",
                             {{"tf.Exit", {loop.name}, "the loop has no condition"}});
  const std::string name = scope_of(loop.name);
  std::vector<Value*> initial, carried, now;
  std::vector<std::string> inside_names, outside_names;
  std::vector<TensorRef> next;
  std::vector<bool> changes;
  for (const LoopVariable& variable : loop.variables) {
    initial.push_back(&value_of(variable.initial));
    changes.push_back(regions_.changes(variable));
    if (!changes.back()) continue;
    carried.push_back(initial.back());
    inside_names.push_back(flat_.nodes[variable.merge].name);
    outside_names.push_back(variable.exit ? flat_.nodes[*variable.exit].name : "");
    next.push_back(variable.next);
  }
  const GraphPtr body = start_body(graph, name, inside_names);
  const auto with_carried = [&](const std::vector<Value*>& values) {
    std::vector<Value*> all = initial;
    size_t at = 0;
    for (size_t i = 0; i < all.size(); ++i)
      if (changes[i]) all[i] = values[at++];
    return all;
  };
  std::vector<Value*> results;
  {
    Inside inside(*this);
    set_variables(loop, with_carried({body->inputs().begin() + 2, body->inputs().end()}));
    build_all(*body, next);
    results = values_of(next);
  }
  {
    Inside inside(*this);
    set_variables(loop, with_carried(results));
    build_all(*body, {*loop.condition});
    body->add_output(body->inputs()[1]->name() + "_next", value_of(*loop.condition));
  }
  for (size_t i = 0; i < results.size(); ++i) body->add_output(inside_names[i] + "_next", *results[i]);
  Value* condition = nullptr;
  {
    Inside inside(*this);
    set_variables(loop, initial);
    build_all(graph, {*loop.condition});
    condition = &value_of(*loop.condition);
  }
  const Node& node = add_loop_node(graph, name, *condition, carried, body, outside_names);
  for (size_t i = 0, at = 0; i < loop.variables.size(); ++i) {
    Value* result = changes[i] ? node.output(at++) : initial[i];
    for (const size_t exit : loop.variables[i].exits) remember(exit, {result});
  }
}

void GraphBuilder::add_conditional(Graph& graph, const Conditional& conditional) {
  Value& predicate = value_of(conditional.predicate);
  std::vector<std::string> names;
  for (const size_t merge : conditional.merges)
    for (size_t port = 0; port < ports_[merge]; ++port)
      names.push_back(output_name(flat_.nodes[merge], port));
  GraphPtr branches[2];
  for (const size_t side : {1, 0}) {
    branches[side] = std::make_shared<Graph>(side == 1 ? "then" : "else", &graph);
    Inside inside(*this);
    build_all(*branches[side], conditional.results[side]);
    size_t slot = 0;
    for (size_t i = 0; i < conditional.merges.size(); ++i) {
      const TensorRef& result = conditional.results[side][i];
      branches[side]->add_output(names[slot++], value_of(result));
      if (ports_[conditional.merges[i]] < 2) continue;
      const auto& inputs = flat_.nodes[conditional.merges[i]].inputs;
      const int32_t chosen = inputs[1].node == result.node && inputs[1].port == result.port ? 1 : 0;
      branches[side]->add_output(names[slot++], graph_.add_constant(Tensor::scalar(chosen), "value_index"));
    }
  }
  Node& node =
      graph.add_node("tf.If", {&predicate}, {{"then_branch", branches[1]}, {"else_branch", branches[0]}},
                     names, scope_of(flat_.nodes[conditional.merges[0]].name));
  for (size_t i = 0, slot = 0; i < conditional.merges.size(); ++i) {
    std::vector<Value*> values;
    for (size_t port = 0; port < ports_[conditional.merges[i]]; ++port) {
      values.push_back(node.output(slot++));
      values.back()->source_name = fmt::format("{}:{}", flat_.nodes[conditional.merges[i]].name, port);
    }
    remember(conditional.merges[i], std::move(values));
  }
}

Tensor GraphBuilder::constant_of(const FlatNode& node) {
  for (const auto& [name, encoded] : node.attrs) {
    if (name != "value") continue;
    const Attribute attribute = decode_attr(encoded, context_.def.keep_alive, context_.budget);
    if (const Tensor* tensor = std::get_if<Tensor>(&attribute)) return *tensor;
  }
  throw MalformedModelError("the constant has no value");
}

Attrs GraphBuilder::decode_attrs(const FlatNode& node) {
  Attrs attrs;
  for (const auto& [name, encoded] : node.attrs)
    if (!name.starts_with('_'))
      attrs.set(name, decode_attr(encoded, context_.def.keep_alive, context_.budget));
  return attrs;
}

GraphPtr start_body(Graph& graph, const std::string& name, const std::vector<std::string>& variables) {
  auto body = std::make_shared<Graph>(name, &graph);
  body->add_input(name + "/iteration", Type::tensor(DType::int64, Shape(std::vector<Dim>{})));
  body->add_input(name + "/condition", Type::tensor(DType::boolean, Shape(std::vector<Dim>{})));
  for (const std::string& variable : variables) body->add_input(variable, {});
  return body;
}

Node& add_loop_node(Graph& graph, const std::string& name, Value& condition,
                    const std::vector<Value*>& initial, GraphPtr body,
                    const std::vector<std::string>& names) {
  std::vector<Value*> inputs = {&condition};
  inputs.insert(inputs.end(), initial.begin(), initial.end());
  Node& node = graph.add_node("tf.Loop", std::move(inputs), {{"body", std::move(body)}}, names, name);
  for (Value* output : node.outputs())
    if (const std::string& given = names[output->output_index()]; !given.empty())
      output->source_name = given.find(':') == std::string::npos ? given + ":0" : given;
  return node;
}

}  // namespace modelconv::tensorflow
