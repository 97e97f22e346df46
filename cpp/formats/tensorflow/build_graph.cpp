#include "formats/tensorflow/build_graph.h"

#include <algorithm>
#include <set>

#include "formats/tensorflow/control_flow/graph_builder.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

// GraphDef versions up to this one could not tell "scalar" from "unknown shape" in a Placeholder
// (tensorflow/core/ops/array_ops.cc, Placeholder).
constexpr int64_t kLastWithoutScalarPlaceholders = 21;

bool is_placeholder(std::string_view op) { return op == "Placeholder" || op == "PlaceholderV2"; }

// Hands out a training pipeline's batches: its outputs are the model's inputs.
bool is_source(std::string_view op) {
  static const std::set<std::string_view> kSources = {
      "IteratorGetNext",  "IteratorGetNextSync", "QueueDequeue",     "QueueDequeueV2",
      "QueueDequeueMany", "QueueDequeueManyV2",  "QueueDequeueUpTo", "QueueDequeueUpToV2"};
  return kSources.contains(op);
}

// Complex numbers are pairs in a last axis of their own: see ops/complex.cpp.
Type as_real(Type type) {
  if (!is_complex(type.dtype)) return type;
  type.dtype = type.dtype == DType::complex64 ? DType::float32 : DType::float64;
  if (!type.shape.has_rank()) return type;
  std::vector<Dim> dims;
  for (size_t axis = 0; axis < type.shape.rank(); ++axis) dims.push_back(type.shape[axis]);
  dims.emplace_back(2);
  type.shape = Shape(std::move(dims));
  return type;
}

class Builder {
 public:
  Builder(const GraphDef& def, const std::vector<GraphInput>& inputs, const FindVariable& find_variable,
          const LookupTables* tables, FlatGraph flat)
      : def_(def),
        inputs_(inputs),
        context_{def, find_variable, {}, 0, {}, tables},
        builder_(context_, std::move(flat), *graph_),
        flat_(builder_.flat()) {}

  std::unique_ptr<Graph> build(const std::vector<GraphOutputName>& outputs) {
    add_inputs();
    const std::vector<Value*> values = builder_.build();
    for (size_t i = 0; i < outputs.size(); ++i) graph_->add_output(outputs[i].name, *values[i]);
    return std::move(graph_);
  }

 private:
  void add_inputs() {
    std::vector<const FlatNode*> cut_nodes(inputs_.size());
    std::vector<size_t> placeholders;  // and sources
    for (size_t i = 0; i < flat_.nodes.size(); ++i) {
      if (flat_.nodes[i].cut)
        cut_nodes[*flat_.nodes[i].cut] = &flat_.nodes[i];
      else if (is_placeholder(flat_.nodes[i].op) || is_source(flat_.nodes[i].op))
        placeholders.push_back(i);
    }
    for (size_t i = 0; i < inputs_.size(); ++i) {
      Value& input = add_input(inputs_[i].name, cut_type(i, cut_nodes[i]));
      if (cut_nodes[i])
        builder_.set_outputs(static_cast<size_t>(cut_nodes[i] - flat_.nodes.data()), {&input});
    }
    std::stable_sort(placeholders.begin(), placeholders.end(), [&](size_t a, size_t b) {
      return flat_.nodes[a].file_index < flat_.nodes[b].file_index;
    });
    for (const size_t index : placeholders)
      if (is_source(flat_.nodes[index].op))
        add_source(index);
      else
        builder_.set_outputs(index,
                             {&add_input(flat_.nodes[index].name, placeholder_type(flat_.nodes[index]))});
  }

  // One input per component, used or not, up to the last one used.
  void add_source(size_t index) {
    const FlatNode& node = flat_.nodes[index];
    const bool is_iterator = node.op.starts_with("Iterator");
    const auto dtypes = types_attr(node, is_iterator ? "output_types" : "component_types");
    const auto shapes = types_attr(node, is_iterator ? "output_shapes" : "shapes");
    std::vector<Value*> values;
    for (size_t port = 0; port < builder_.port_count(index); ++port) {
      ENSURE(port < dtypes.size(), MalformedModelError, "the node '{}' has no output {}", node.name, port);
      Type type = Type::tensor(dtypes[port].dtype,
                               port < shapes.size() ? shapes[port].shape : declared_shape(node, port));
      values.push_back(
          &add_input(port == 0 ? node.name : fmt::format("{}:{}", node.name, port), std::move(type)));
    }
    builder_.set_outputs(index, std::move(values));
  }

  std::vector<Type> types_attr(const FlatNode& node, std::string_view name) {
    for (const auto& [attr_name, encoded] : node.attrs) {
      if (attr_name != name) continue;
      const Attribute attribute = decode_attr(encoded, def_.keep_alive, budget_);
      if (const auto* types = std::get_if<std::vector<Type>>(&attribute)) return *types;
    }
    return {};
  }

  Value& add_input(const std::string& name, Type type) {
    type.shape = name_unknown_dims(type.shape, name);
    return graph_->add_input(name, as_real(std::move(type)));
  }

  Type cut_type(size_t index, const FlatNode* node) {
    if (inputs_[index].type) return *inputs_[index].type;
    // A cut that no output needs: the node is looked up in the file alone.
    FlatNode unused;
    if (!node) {
      const auto [name, port] = split_tensor_name(inputs_[index].tensor);
      for (const NodeDef& candidate : def_.nodes)
        if (candidate.name == name) unused = {name, candidate.op, candidate.attrs, {}, {}, 0, 0, {}, port};
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

  const GraphDef& def_;
  const std::vector<GraphInput>& inputs_;
  RepeatBudget budget_;
  std::unique_ptr<Graph> graph_ = std::make_unique<Graph>();
  BuildContext context_;
  GraphBuilder builder_;
  const FlatGraph& flat_;
};

}  // namespace

bool is_variable(std::string_view op) {
  return op == "VarHandleOp" || op == "VariableV2" || op == "Variable" || op == "AutoReloadVariable";
}

std::unique_ptr<Graph> build_graph(const GraphDef& def, const std::vector<GraphInput>& inputs,
                                   const std::vector<GraphOutputName>& outputs,
                                   const FindVariable& find_variable, const LookupTables* tables) {
  FlattenOptions options;
  for (const GraphInput& input : inputs) options.cuts.push_back(input.tensor);
  for (const GraphOutputName& output : outputs) options.outputs.push_back(output.tensor);
  return Builder(def, inputs, find_variable, tables, flatten(def, options)).build(outputs);
}

}  // namespace modelconv::tensorflow
