#include "formats/tensorflow/build_graph.h"

#include <algorithm>
#include <set>

#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

// GraphDef versions up to this one could not tell "scalar" from "unknown shape" in a Placeholder
// (tensorflow/core/ops/array_ops.cc, Placeholder).
constexpr int64_t kLastWithoutScalarPlaceholders = 21;

bool is_placeholder(std::string_view op) { return op == "Placeholder" || op == "PlaceholderV2"; }

// The edge that closes a loop of TensorFlow 1.
bool closes_loop(const FlatNode& from, const FlatNode& to) {
  return (to.op == "Merge" || to.op == "RefMerge") &&
         (from.op == "NextIteration" || from.op == "RefNextIteration");
}

// Producers before consumers; edges that close loops are left out.
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
      if (stack.back().second == current.inputs.size()) {
        state[node] = State::done;
        order.push_back(node);
        stack.pop_back();
        continue;
      }
      const size_t input = current.inputs[stack.back().second++].node;
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

class Builder {
 public:
  Builder(const GraphDef& def, const std::vector<GraphInput>& inputs, const FindVariable& find_variable,
          FlatGraph flat)
      : def_(def),
        inputs_(inputs),
        find_variable_(find_variable),
        flat_(std::move(flat)),
        values_(flat_.nodes.size()) {}

  std::unique_ptr<Graph> build(const std::vector<GraphOutputName>& outputs) {
    count_ports();
    add_inputs();
    for (const size_t index : topological_order(flat_)) {
      if (!values_[index].empty()) continue;  // an input
      try {
        add(index);
      } catch (Error& error) {
        error.in(fmt::format("node '{}' ({})", flat_.nodes[index].name, flat_.nodes[index].op));
        throw;
      }
    }
    for (size_t i = 0; i < outputs.size(); ++i)
      graph_->add_output(outputs[i].name, value_of(flat_.outputs[i]));
    return std::move(graph_);
  }

 private:
  // Numbers of outputs are not in the file: as many as someone uses.
  void count_ports() {
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

  void add_inputs() {
    std::vector<const FlatNode*> cut_nodes(inputs_.size());
    std::vector<size_t> placeholders;
    for (size_t i = 0; i < flat_.nodes.size(); ++i) {
      if (flat_.nodes[i].cut)
        cut_nodes[*flat_.nodes[i].cut] = &flat_.nodes[i];
      else if (is_placeholder(flat_.nodes[i].op))
        placeholders.push_back(i);
    }
    for (size_t i = 0; i < inputs_.size(); ++i) {
      Value& input = add_input(inputs_[i].name, cut_type(i, cut_nodes[i]));
      if (cut_nodes[i]) values_[static_cast<size_t>(cut_nodes[i] - flat_.nodes.data())] = {&input};
    }
    std::stable_sort(placeholders.begin(), placeholders.end(), [&](size_t a, size_t b) {
      return flat_.nodes[a].file_index < flat_.nodes[b].file_index;
    });
    for (const size_t index : placeholders)
      values_[index] = {&add_input(flat_.nodes[index].name, placeholder_type(flat_.nodes[index]))};
  }

  Value& add_input(const std::string& name, Type type) {
    type.shape = name_unknown_dims(type.shape, name);
    return graph_->add_input(name, std::move(type));
  }

  Type cut_type(size_t index, const FlatNode* node) {
    if (inputs_[index].type) return *inputs_[index].type;
    // A cut that no output needs: the node is looked up in the file alone.
    FlatNode unused;
    if (!node) {
      const auto [name, port] = split_tensor_name(inputs_[index].tensor);
      for (const NodeDef& candidate : def_.nodes)
        if (candidate.name == name) unused = {name, candidate.op, candidate.attrs, {}, 0, {}, port};
      node = &unused;
    }
    if (is_placeholder(node->op)) return placeholder_type(*node);
    return Type::tensor(output_dtype(*node, node->cut_port), declared_shape(*node, node->cut_port));
  }

  Type placeholder_type(const FlatNode& node) {
    const Type dtype = type_attr(node, "dtype"), shape = type_attr(node, "shape");
    Type type = Type::tensor(dtype.dtype, shape.is_tensor() ? shape.shape : Shape::unranked());
    if (type.shape.has_rank() && type.shape.rank() == 0 && def_.producer <= kLastWithoutScalarPlaceholders)
      type.shape = Shape::unranked();
    if (!type.shape.has_rank()) type.shape = declared_shape(node, 0);
    return type;
  }

  Type type_attr(const FlatNode& node, std::string_view name) {
    for (const auto& [attr_name, encoded] : node.attrs) {
      if (attr_name != name) continue;
      const Attribute attribute = decode_attr(encoded, def_.keep_alive, budget_);
      if (const Type* type = std::get_if<Type>(&attribute)) return *type;
    }
    return {};
  }

  // What TensorFlow noted about a node's output when it wrote the file.
  Shape declared_shape(const FlatNode& node, size_t port) {
    for (const auto& [name, encoded] : node.attrs) {
      if (name != "_output_shapes") continue;
      const Attribute attribute = decode_attr(encoded, def_.keep_alive, budget_);
      const auto* shapes = std::get_if<std::vector<Type>>(&attribute);
      if (shapes && port < shapes->size()) return (*shapes)[port].shape;
    }
    return Shape::unranked();
  }

  // Only for tensors at which the graph is cut: others get their types from shape inference.
  DType output_dtype(const FlatNode& node, size_t port) {
    static const std::set<std::string_view> kBoolean = {
        "Equal",      "NotEqual",  "Less",       "LessEqual", "Greater", "GreaterEqual",
        "LogicalAnd", "LogicalOr", "LogicalNot", "All",       "Any"};
    if (kBoolean.contains(node.op)) return DType::boolean;
    if (node.op == "DecodeWav") return port == 0 ? DType::float32 : DType::int32;
    for (const char* name : {"DstT", "dtype", "out_type", "output_type", "T", "Tparams"})
      if (const Type type = type_attr(node, name); type.dtype != DType::undefined) return type.dtype;
    return DType::float32;  // Mfcc, AudioSpectrogram and others of one type have no attribute for it
  }

  Value& value_of(const TensorRef& ref) {
    Value* value = ref.port < values_[ref.node].size() ? values_[ref.node][ref.port] : nullptr;
    ENSURE(value, MalformedModelError, "output {} of the node '{}' is used, it does not exist", ref.port,
           flat_.nodes[ref.node].name);
    return *value;
  }

  void add(size_t index) {
    const FlatNode& node = flat_.nodes[index];
    if (node.op == "Const") return add_constant(index, constant_of(node));
    if (is_variable(node.op) && find_variable_)
      if (const std::optional<Tensor> tensor = find_variable_(node)) return add_constant(index, *tensor);
    std::vector<Value*> inputs;
    for (const TensorRef& input : node.inputs)
      inputs.push_back(closes_loop(flat_.nodes[input.node], node) ? nullptr : &value_of(input));
    std::vector<std::string> names;
    for (size_t port = 0; port < ports_[index]; ++port)
      names.push_back(port == 0 ? node.name : fmt::format("{}:{}", node.name, port));
    Node& added =
        graph_->add_node(OpName("tf", node.op), std::move(inputs), decode_attrs(node), names, node.name);
    for (Value* output : added.outputs()) {
      output->source_name = fmt::format("{}:{}", node.name, output->output_index());
      values_[index].push_back(output);
    }
  }

  void add_constant(size_t index, const Tensor& tensor) {
    values_[index] = {&graph_->add_constant(tensor, flat_.nodes[index].name)};
  }

  Tensor constant_of(const FlatNode& node) {
    for (const auto& [name, encoded] : node.attrs) {
      if (name != "value") continue;
      const Attribute attribute = decode_attr(encoded, def_.keep_alive, budget_);
      if (const Tensor* tensor = std::get_if<Tensor>(&attribute)) return *tensor;
    }
    throw MalformedModelError("the constant has no value");
  }

  Attrs decode_attrs(const FlatNode& node) {
    Attrs attrs;
    for (const auto& [name, encoded] : node.attrs)
      if (!name.starts_with('_')) attrs.set(name, decode_attr(encoded, def_.keep_alive, budget_));
    return attrs;
  }

  const GraphDef& def_;
  const std::vector<GraphInput>& inputs_;
  const FindVariable& find_variable_;
  const FlatGraph flat_;
  RepeatBudget budget_;
  std::unique_ptr<Graph> graph_ = std::make_unique<Graph>();
  std::vector<size_t> ports_;
  std::vector<std::vector<Value*>> values_;  // per flat node and port
};

}  // namespace

bool is_variable(std::string_view op) {
  return op == "VarHandleOp" || op == "VariableV2" || op == "Variable" || op == "AutoReloadVariable";
}

std::unique_ptr<Graph> build_graph(const GraphDef& def, const std::vector<GraphInput>& inputs,
                                   const std::vector<GraphOutputName>& outputs,
                                   const FindVariable& find_variable) {
  FlattenOptions options;
  for (const GraphInput& input : inputs) options.cuts.push_back(input.tensor);
  for (const GraphOutputName& output : outputs) options.outputs.push_back(output.tensor);
  return Builder(def, inputs, find_variable, flatten(def, options)).build(outputs);
}

}  // namespace modelconv::tensorflow
