#include "formats/tensorflow/encode/variables_out.h"

#include <unordered_set>

#include "formats/tensorflow/encode/attr_value.h"
#include "formats/tensorflow/encode/weights.h"
#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

using protobuf::Writer;

constexpr int64_t kText = 7;  // DT_STRING

Shape shape_of_weight(const Value& value) {
  if (value.is_constant()) return Shape::of(value.constant().dims());
  return value.shape();
}

class Collector {
 public:
  Collector(Names& names) : names_(names) {}

  void collect(const Graph& graph) {
    for (const auto& node : graph.nodes()) {
      const bool is_layout = node->output() && is_weight(*node->output());
      for (const Value* input : node->inputs())
        if (input && !is_layout) note(*input);
      for (const Graph* subgraph : node->subgraphs()) collect(*subgraph);
    }
    for (const GraphOutput& output : graph.outputs()) note(*output.value);
  }

  std::vector<StoredWeight> weights;

 private:
  void note(const Value& value) {
    if (!is_weight(value) || value.graph().parent() || !seen_.insert(&value).second) return;
    const DType dtype = value.dtype();
    const Shape shape = shape_of_weight(value);
    const bool is_trainable = is_float(dtype) && shape.rank() > 0;
    if (dtype == DType::string || (!is_trainable && weight_bytes(value) <= kSmallConstant)) return;
    SavedVariable variable{names_.take(value.name()), "", type_number_of(value), shape, is_trainable};
    variable.key = checkpoint_key(variable.name);
    weights.push_back({&value, std::move(variable)});
  }

  Names& names_;
  std::unordered_set<const Value*> seen_;
};

Writer begin(const std::string& name, const char* op, const std::vector<std::string>& inputs) {
  Writer node;
  node.add_string(field::node_def::name, name);
  node.add_string(field::node_def::op, op);
  for (const std::string& input : inputs) node.add_string(field::node_def::input, input);
  return node;
}

void add(Writer& node, const char* attr, const Writer& value) {
  add_entry(node, field::node_def::attr, attr, value);
}

Writer shape_attr(const Shape& shape) {
  Writer writer;
  writer.add_message(field::attr_value::shape, encode_shape(shape));
  return writer;
}

Writer handle(const SavedVariable& variable) {
  Writer node = begin(variable.name, "VarHandleOp", {});
  add(node, "container", encode_string_attr(""));
  add(node, "dtype", encode_type_attr(variable.dtype));
  add(node, "shape", shape_attr(variable.shape));
  add(node, "shared_name", encode_string_attr(variable.name));
  return node;
}

}  // namespace

std::vector<StoredWeight> stored_weights(const Graph& graph, Names& names) {
  Collector collector(names);
  collector.collect(graph);
  return std::move(collector.weights);
}

void write_weights(const std::vector<StoredWeight>& weights, TensorBundleWriter& bundle) {
  for (const StoredWeight& weight : weights) {
    const Tensor tensor = read_weight(*weight.value);
    bundle.add(weight.variable.key, weight.variable.dtype, tensor.dims(), tensor.bytes());
  }
}

SaverNames emit_variables(const std::vector<StoredWeight>& weights, Names& names, const EmitNode& emit) {
  std::vector<std::string> keys, reads, assigns;
  std::vector<int64_t> types;
  for (const StoredWeight& weight : weights) {
    emit(handle(weight.variable));
    keys.push_back(weight.variable.key);
    types.push_back(weight.variable.dtype);
  }
  const std::string filename = names.take("saver_filename");
  Writer placeholder = begin(filename, "Placeholder", {});
  add(placeholder, "dtype", encode_type_attr(kText));
  add(placeholder, "shape", shape_attr(Shape(std::vector<Dim>{})));
  emit(placeholder);
  if (weights.empty()) {
    const std::string nothing = names.take("restore_all");
    emit(begin(nothing, "NoOp", {}));
    return {filename + ":0", filename + ":0", nothing};
  }
  const std::string key_list = names.take("save/tensor_names"), slices = names.take("save/shape_and_slices");
  emit(encode_constant(key_list, Tensor::vector(keys)));
  emit(encode_constant(slices, Tensor::vector(std::vector<std::string>(keys.size()))));
  const std::string restore = names.take("save/RestoreV2");
  Writer restoring = begin(restore, "RestoreV2", {filename, key_list, slices});
  add(restoring, "dtypes", encode_types_attr(types));
  emit(restoring);
  for (size_t i = 0; i < weights.size(); ++i) {
    const SavedVariable& variable = weights[i].variable;
    const std::string assign = names.take("save/Assign"), read = names.take("save/Read");
    emit(encode_simple_node(assign, "AssignVariableOp",
                            {variable.name, i == 0 ? restore : fmt::format("{}:{}", restore, i)}, "dtype",
                            variable.dtype));
    emit(encode_simple_node(read, "ReadVariableOp", {variable.name}, "dtype", variable.dtype));
    assigns.push_back("^" + assign);
    reads.push_back(read);
  }
  const std::string all = names.take("save/restore_all");
  emit(begin(all, "NoOp", assigns));
  const std::string save = names.take("save/SaveV2"), saved = names.take("save/control_dependency");
  std::vector<std::string> inputs = {filename, key_list, slices};
  inputs.insert(inputs.end(), reads.begin(), reads.end());
  Writer saving = begin(save, "SaveV2", inputs);
  add(saving, "dtypes", encode_types_attr(types));
  emit(saving);
  emit(encode_simple_node(saved, "Identity", {filename, "^" + save}, "T", kText));
  return {filename + ":0", saved + ":0", all};
}

}  // namespace modelconv::tensorflow
