#include <algorithm>
#include <numeric>

#include "formats/common/subgraph.h"
#include "formats/tensorflow/encode/attr_value.h"
#include "formats/tensorflow/encode/variables_out.h"
#include "formats/tensorflow/encode/weights.h"
#include "formats/tensorflow/encode/writers.h"
#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"
#include "ir/provenance.h"

namespace modelconv::tensorflow {
namespace {

using protobuf::Writer;

// What is said of the TensorFlow that wrote it; loaders of the second version want one.
constexpr const char* kVersion = "2.8.0";
constexpr int64_t kProducer = 1087;
constexpr const char* kMethod = "tensorflow/serving/predict";

namespace field_number {
constexpr uint32_t schema_version = 1, signature_def = 5, object_graph = 7;  // SavedModel, MetaGraphDef
constexpr uint32_t filename_tensor = 1, save_tensor = 2, restore = 3, version = 7;  // SaverDef
constexpr int64_t kSaverV2 = 2;
}  // namespace field_number

bool is_saved_model(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "saved_model.pb");
}

std::vector<size_t> order_of(const std::vector<std::string>& names) {
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return names[a] < names[b]; });
  return order;
}

Writer encode_call(const std::string& name, const std::vector<std::string>& inputs,
                   const std::string& function, const std::vector<int64_t>& in,
                   const std::vector<int64_t>& out) {
  Writer node;
  node.add_string(field::node_def::name, name);
  node.add_string(field::node_def::op, "StatefulPartitionedCall");
  for (const std::string& input : inputs) node.add_string(field::node_def::input, input);
  const auto add = [&](const char* attr, const Writer& value) {
    add_entry(node, field::node_def::attr, attr, value);
  };
  add("Tin", encode_types_attr(in));
  add("Tout", encode_types_attr(out));
  add("f", encode_function_attr(function));
  return node;
}

Writer encode_tensor_info(const std::string& tensor, const SavedTensor& saved) {
  Writer info;
  info.add_string(field::tensor_info::name, tensor);
  info.add_int(field::tensor_info::dtype, saved.dtype);
  info.add_message(field::tensor_info::tensor_shape, encode_shape(saved.shape));
  return info;
}

class SavedModelWriter {
 public:
  SavedModelWriter(Graph& graph, const WriteRequest& request, AtomicFiles& files)
      : graph_(graph), request_(request), files_(files) {}

  void write() {
    for (const char* reserved : {"variables", "trainable_variables", "signatures", "__call__"})
      variable_names_.take(reserved);
    weights_ = stored_weights(graph_, variable_names_);
    for (const StoredWeight& weight : weights_) {
      names_.take(weight.variable.name);
      objects_.variables.push_back(weight.variable);
      if (!has_no_source(*weight.value)) report(source_name_of(*weight.value), weight.variable.name);
    }
    name_tensors();
    add_body();
    add_call();
    const Writer graph_def = encode_graph();
    Writer meta, model;
    meta.add_message(field::meta_graph::meta_info_def, encode_info());
    meta.add_message(field::meta_graph::graph_def, graph_def);
    meta.add_message(field::meta_graph::saver_def, saver_);
    add_entry(meta, field::meta_graph::signature_def, kSignature, signature_);
    meta.add_message(field_number::object_graph, encode_saved_objects(objects_));
    model.add_int(field_number::schema_version, 1);
    model.add_message(field::saved_model::meta_graphs, meta);
    AtomicFiles::Stream stream = files_.create(request_.target / "saved_model.pb");
    model.finish().write_to(stream);
    TensorBundleWriter bundle(request_.target / "variables" / "variables", files_);
    write_weights(weights_, bundle);
    bundle.add_text("_CHECKPOINTABLE_OBJECT_GRAPH", encode_trackable_objects(objects_).to_string());
    bundle.finish();
  }

 private:
  void report(const std::string& from, const std::string& to) {
    if (request_.renamed && from != to) request_.renamed(from, to);
  }

  SavedTensor describe(const std::string& name, const Value& value, Names& names) {
    SavedTensor tensor{names.take(name), type_number_of(value), value.shape()};
    report(name, tensor.name);
    return tensor;
  }

  void name_tensors() {
    Names inputs, outputs;
    std::vector<std::string> input_names, output_names;
    for (const Value* input : graph_.inputs()) {
      objects_.inputs.push_back(describe(input->name(), *input, inputs));
      input_names.push_back(objects_.inputs.back().name);
    }
    std::vector<SavedTensor> tensors;
    for (const GraphOutput& output : graph_.outputs()) {
      tensors.push_back(describe(output.name, *output.value, outputs));
      output_names.push_back(tensors.back().name);
    }
    input_order_ = order_of(input_names);
    output_order_ = order_of(output_names);
    for (const size_t index : output_order_) objects_.outputs.push_back(tensors[index]);
  }

  // The whole graph is one function, of the inputs and results in the order of their names and the variables' handles.
  void add_body() {
    GraphEncoder::FunctionShape shape;
    shape.name = encoder_.function_name("__inference_signature_wrapper_1");
    objects_.signature_function = shape.name;
    for (const size_t index : input_order_) {
      shape.arguments.values.push_back(graph_.inputs()[index]);
      in_.push_back(objects_.inputs[index].dtype);
    }
    for (size_t i = 0; i < weights_.size(); ++i) {
      const StoredWeight& weight = weights_[i];
      shape.arguments.variables.push_back({weight.value, weight.variable.name, fmt::format("resource{}", i)});
      in_.push_back(kResource);
    }
    std::vector<std::string> names;
    for (const GraphOutput& output : graph_.outputs()) names.push_back(output.name);
    const std::vector<Value*> results = take_outputs(graph_);
    for (const size_t index : output_order_) graph_.add_output(names[index], *results[index]);
    for (const SavedTensor& output : objects_.outputs) out_.push_back(output.dtype);
    encoder_.add_function(graph_, shape);
  }

  // The same with the inputs in the model's order: what the loaded object does when it is called.
  void add_call() {
    objects_.call_function = encoder_.function_name("__inference_call_2");
    Writer function, signature;
    signature.add_string(field::op_def::name, objects_.call_function);
    const auto argument = [&](uint32_t list, const std::string& name, int64_t type) {
      Writer arg;
      arg.add_string(field::arg_def::name, name);
      arg.add_int(field::arg_def::type, type);
      signature.add_message(list, arg);
    };
    std::vector<std::string> inputs;
    for (size_t i = 0; i < objects_.inputs.size(); ++i)
      argument(field::op_def::input_arg, fmt::format("arg{}", i), objects_.inputs[i].dtype);
    for (const size_t index : input_order_) inputs.push_back(fmt::format("arg{}", index));
    for (size_t i = 0; i < weights_.size(); ++i) {
      inputs.push_back(fmt::format("resource{}", i));
      argument(field::op_def::input_arg, inputs.back(), kResource);
    }
    for (size_t i = 0; i < out_.size(); ++i)
      argument(field::op_def::output_arg, fmt::format("out{}", i), out_[i]);
    function.add_message(field::function_def::signature, signature);
    function.add_message(field::function_def::node_def,
                         encode_call("call", inputs, objects_.signature_function, in_, out_));
    for (size_t i = 0; i < out_.size(); ++i) {
      Writer entry;
      entry.add_string(field::map_entry::key, fmt::format("out{}", i));
      entry.add_string(field::map_entry::value, fmt::format("call:output:{}", i));
      function.add_message(field::function_def::ret, entry);
    }
    encoder_.add_function(function);
  }

  Writer encode_graph() {
    Writer graph;
    const EmitNode emit = [&](const Writer& node) { graph.add_message(field::graph_def::node, node); };
    const SaverNames saver = emit_variables(weights_, names_, emit);
    saver_.add_string(field_number::filename_tensor, saver.filename);
    saver_.add_string(field_number::save_tensor, saver.save);
    saver_.add_string(field_number::restore, saver.restore);
    saver_.add_int(field_number::version, field_number::kSaverV2);
    std::vector<std::string> inputs;
    for (const size_t index : input_order_) inputs.push_back(emit_placeholder(objects_.inputs[index], emit));
    for (const StoredWeight& weight : weights_) inputs.push_back(weight.variable.name);
    const std::string call = names_.take("StatefulPartitionedCall");
    emit(encode_call(call, inputs, objects_.signature_function, in_, out_));
    for (size_t i = 0; i < objects_.outputs.size(); ++i)
      add_entry(signature_, field::signature_def::outputs, objects_.outputs[i].name,
                encode_tensor_info(fmt::format("{}:{}", call, i), objects_.outputs[i]));
    signature_.add_string(field::signature_def::method_name, kMethod);
    graph.add_message(field::graph_def::library, encoder_.library());
    Writer versions;
    versions.add_int(field::version_def::producer, kProducer);
    graph.add_message(field::graph_def::versions, versions);
    return graph;
  }

  std::string emit_placeholder(const SavedTensor& input, const EmitNode& emit) {
    const std::string name = names_.take(fmt::format("{}_{}", kSignature, input.name));
    Writer node = encode_simple_node(name, "Placeholder", {}, "dtype", input.dtype), shape;
    shape.add_message(field::attr_value::shape, encode_shape(input.shape));
    add_entry(node, field::node_def::attr, "shape", shape);
    emit(node);
    add_entry(signature_, field::signature_def::inputs, input.name, encode_tensor_info(name + ":0", input));
    return name;
  }

  static Writer encode_info() {
    Writer info;
    info.add_string(field::meta_info::tags, "serve");
    info.add_string(field::meta_info::tensorflow_version, kVersion);
    return info;
  }

  Graph& graph_;
  const WriteRequest& request_;
  AtomicFiles& files_;
  GraphEncoder encoder_;
  Names names_, variable_names_;
  std::vector<StoredWeight> weights_;
  SavedObjects objects_;
  std::vector<size_t> input_order_, output_order_;
  std::vector<int64_t> in_, out_;
  Writer saver_, signature_;
};

}  // namespace

void write_saved_model(const Model& model, const WriteRequest& request, AtomicFiles& files) {
  refuse_writing_options(request, {});
  const std::unique_ptr<Graph> graph = lower_copy(model, "writing a SavedModel");
  files.replace_folder(request.target, is_saved_model);
  SavedModelWriter(*graph, request, files).write();
}

}  // namespace modelconv::tensorflow
