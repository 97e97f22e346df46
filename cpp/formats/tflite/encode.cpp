#include "formats/tflite/encode.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"
#include "formats/tflite/decode.h"
#include "formats/tflite/options.h"
#include "formats/tflite/quantization.h"
#include "formats/tflite/schema.h"
#include "formats/tflite/types.h"
#include "formats/tflite/versions.h"

namespace modelconv::tflite {
namespace {

using flatbuffer::Object;

constexpr std::string_view kMetadataPrefix = "tflite.metadata.";

// Number 0 is always the empty one; the same bytes are stored once.
class Buffers {
 public:
  Buffers() { objects_.push_back(Object::table()); }

  uint32_t add(const Tensor& tensor) {
    if (tensor.dtype() == DType::string) return add_text(write_strings(tensor));
    if (tensor.nbytes() == 0) return 0;
    const auto [known, is_new] = places_.try_emplace({tensor.bytes().data(), tensor.nbytes()}, count());
    if (is_new) push(Object::view(tensor.bytes(), tensor.keep_alive(), kBufferAlignment));
    return known->second;
  }

  uint32_t add_text(const std::string& text) {
    const auto kept = std::make_shared<const std::string>(text);
    push(Object::view(std::as_bytes(std::span(*kept)), kept, kBufferAlignment));
    return count() - 1;
  }

  std::vector<Object> take() { return std::move(objects_); }

 private:
  uint32_t count() const { return static_cast<uint32_t>(objects_.size()); }
  void push(Object data) {
    Object buffer = Object::table();
    buffer.set(BufferField::data, std::move(data));
    objects_.push_back(std::move(buffer));
  }
  std::vector<Object> objects_;
  std::map<std::pair<const std::byte*, size_t>, uint32_t> places_;
};

// Operator codes in the order of their first use.
class OperatorCodes {
 public:
  uint32_t add(const Node& node) {
    std::string name = node.op().name();
    const BuiltinRow* row = find_builtin(name);
    if (name.starts_with("custom:")) name = name.substr(7);
    const int32_t version = row ? operator_version(node) : 1;
    const auto [known, is_new] =
        places_.try_emplace({node.op().name(), version}, static_cast<uint32_t>(objects_.size()));
    if (!is_new) return known->second;
    const int32_t code = row ? row->code : kCustomOperator;
    Object object = Object::table();
    object.set<int8_t>(OperatorCodeField::deprecated_builtin_code,
                       static_cast<int8_t>(std::min<int32_t>(code, kGreaterOpCodes)));
    if (!row) object.set_text(OperatorCodeField::custom_code, name);
    object.set<int32_t>(OperatorCodeField::version, version, 1);
    object.set<int32_t>(OperatorCodeField::builtin_code, code);
    objects_.push_back(std::move(object));
    return known->second;
  }
  std::vector<Object> take() { return std::move(objects_); }

 private:
  std::vector<Object> objects_;
  std::map<std::pair<std::string, int32_t>, uint32_t> places_;
};

class ModelEncoder {
 public:
  explicit ModelEncoder(const Model& model) : model_(model) {}

  protobuf::Rope encode() {
    graphs_ = {model_.graph.get()};
    std::vector<Object> subgraphs;
    for (size_t i = 0; i < graphs_.size(); ++i) subgraphs.push_back(encode_subgraph(*graphs_[i]));  // grows
    Object root = Object::table();
    root.set<uint32_t>(ModelField::version, kSchemaVersion);
    root.set(ModelField::subgraphs, Object::list(std::move(subgraphs)));
    root.set(ModelField::operator_codes, Object::list(codes_.take()));
    root.set_text(ModelField::description, model_.doc);
    root.set(ModelField::signature_defs, Object::list({encode_signature()}));
    std::vector<Object> metadata = encode_metadata();
    if (!metadata.empty()) root.set(ModelField::metadata, Object::list(std::move(metadata)));
    root.set(ModelField::buffers, Object::list(buffers_.take()));
    return flatbuffer::finish(root, kIdentifier);
  }

 private:
  using Indices = std::unordered_map<const Value*, int32_t>;

  Object encode_subgraph(const Graph& graph) {
    std::vector<Object> tensors, operators;
    Indices indices;
    const auto add = [&](const Value& value, Object tensor) {
      indices[&value] = static_cast<int32_t>(tensors.size());
      tensors.push_back(std::move(tensor));
    };
    for (const Value* input : graph.inputs()) add(*input, encode_tensor(*input));
    for (const auto& constant : graph.constants()) {
      Object tensor = encode_tensor(*constant);
      tensor.set<uint32_t>(TensorField::buffer, buffers_.add(constant->constant()));
      add(*constant, std::move(tensor));
    }
    for (const auto& node : graph.nodes())
      for (const Value* output : node->outputs()) {
        if (!output) continue;
        Object tensor = encode_tensor(*output);
        tensor.set_flag(TensorField::is_variable, is_variable(*node));
        add(*output, std::move(tensor));
      }
    for (const auto& node : graph.nodes())
      if (!is_variable(*node)) operators.push_back(encode_operator(*node, indices));
    Object object = Object::table();
    object.set(SubGraphField::tensors, Object::list(std::move(tensors)));
    object.set(SubGraphField::inputs, numbers_of(indices, graph.inputs()));
    std::vector<Value*> outputs;
    for (const GraphOutput& output : graph.outputs()) outputs.push_back(output.value);
    object.set(SubGraphField::outputs, numbers_of(indices, outputs));
    object.set(SubGraphField::operators, Object::list(std::move(operators)));
    object.set_text(SubGraphField::name, graph.name);
    if (&graph == model_.graph.get()) main_indices_ = std::move(indices);
    return object;
  }

  static bool is_variable(const Node& node) { return node.op() == OpName("tflite.VARIABLE"); }

  static Object numbers_of(const Indices& indices, std::span<Value* const> values) {
    std::vector<int32_t> numbers;
    for (const Value* value : values) {
      const auto found = value ? indices.find(value) : indices.end();
      ENSURE(!value || found != indices.end(), InternalError, "'{}' is a value of another subgraph",
             value->name());
      numbers.push_back(value ? found->second : kNoTensor);
    }
    return Object::numbers<int32_t>(std::span<const int32_t>(numbers));
  }

  // The sizes that an interpreter begins with: dynamic ones are 1.
  static Object encode_tensor(const Value& value) {
    constexpr int8_t kResource = 13;
    Object tensor = Object::table();
    const auto type = tensor_type_number(value.dtype());
    ENSURE(type || value.type.kind == Type::Kind::unknown, BadArgument,
           "'{}' is of the type {}, which TFLite does not have", value.name(), value.type.str());
    std::vector<int32_t> shape, signature;
    for (const Dim& dim : value.shape().dims()) {
      shape.push_back(dim.is_known() ? static_cast<int32_t>(dim.value()) : 1);
      signature.push_back(dim.is_known() ? shape.back() : -1);
      ENSURE(!dim.is_known() || dim.value() == shape.back(), BadArgument,
             "'{}' has the shape {}: TFLite counts with 32 bits", value.name(), value.shape().str());
    }
    tensor.set(TensorField::shape, Object::numbers<int32_t>(std::span<const int32_t>(shape)));
    if (shape != signature) tensor.set_numbers(TensorField::shape_signature, signature);
    tensor.set<int8_t>(TensorField::type, type ? *type : kResource);
    tensor.set_text(TensorField::name, value.name());
    tensor.set_flag(TensorField::has_rank, value.shape().has_rank());
    if (const auto quantization = quantization_of(value)) {
      Object parameters = Object::table();
      parameters.set_numbers(QuantizationField::scale, quantization->scales);
      parameters.set_numbers(QuantizationField::zero_point, quantization->zero_points);
      parameters.set<int32_t>(QuantizationField::quantized_dimension,
                              static_cast<int32_t>(quantization->axis));
      tensor.set(TensorField::quantization, std::move(parameters));
    }
    return tensor;
  }

  Object encode_operator(const Node& node, const Indices& indices) {
    Object op = Object::table();
    op.set<uint32_t>(OperatorField::opcode_index, codes_.add(node));
    op.set(OperatorField::inputs, numbers_of(indices, node.inputs()));
    // Those left out at the end are not listed: what has no output has none.
    size_t outputs = node.output_count();
    while (outputs > 0 && !node.output(outputs - 1)) --outputs;
    op.set(OperatorField::outputs, numbers_of(indices, node.outputs().first(outputs)));
    const BuiltinRow* row = find_builtin(node.op().name());
    const Options* options = row ? find_options(row->options) : nullptr;
    if (options) {
      const bool first = options->row->union_number == 1;
      op.set<uint8_t>(first ? OperatorField::builtin_options_type : OperatorField::builtin_options_2_type,
                      options->row->type);
      op.set(first ? OperatorField::builtin_options : OperatorField::builtin_options_2,
             encode_options(*options, node.attrs, [&](const GraphPtr& graph) { return number_of(*graph); }));
    }
    if (const auto* custom = node.attrs.get<Tensor>("custom_options")) {
      const auto bytes = custom->data<uint8_t>();
      op.set(OperatorField::custom_options, Object::numbers<uint8_t>(bytes));
    }
    return op;
  }

  int64_t number_of(const Graph& graph) {
    graphs_.push_back(&graph);
    return static_cast<int64_t>(graphs_.size()) - 1;
  }

  Object encode_signature() const {
    const auto map = [&](const std::string& name, const Value& value) {
      Object entry = Object::table();
      entry.set_text(TensorMapField::name, name);
      entry.set<uint32_t>(TensorMapField::tensor_index, static_cast<uint32_t>(main_indices_.at(&value)));
      return entry;
    };
    std::vector<Object> inputs, outputs;
    for (const Value* input : model_.graph->inputs()) inputs.push_back(map(input->name(), *input));
    for (const GraphOutput& output : model_.graph->outputs())
      outputs.push_back(map(output.name, *output.value));
    const auto key = model_.metadata.find(kSignatureKey);
    Object signature = Object::table();
    signature.set(SignatureField::inputs, Object::list(std::move(inputs)));
    signature.set(SignatureField::outputs, Object::list(std::move(outputs)));
    signature.set_text(SignatureField::signature_key,
                       key == model_.metadata.end() || key->second.empty() ? "serving_default" : key->second);
    return signature;
  }

  std::vector<Object> encode_metadata() {
    std::vector<Object> entries;
    for (const auto& [key, text] : model_.metadata) {
      if (!key.starts_with(kMetadataPrefix) || text.empty()) continue;
      Object entry = Object::table();
      entry.set_text(MetadataField::name, key.substr(kMetadataPrefix.size()));
      entry.set<uint32_t>(MetadataField::buffer, buffers_.add_text(text));
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  const Model& model_;
  std::vector<const Graph*> graphs_;  // by number; those that nodes call are appended while they are met
  Buffers buffers_;
  OperatorCodes codes_;
  Indices main_indices_;
};

void refuse_foreign_operators(const Graph& graph) {
  std::map<std::string, std::vector<std::string>> foreign;
  for_each_node(graph, [&](const Node& node) {
    if (node.op().domain() != "tflite") foreign[node.op().str()].push_back(node.name());
  });
  std::vector<MissingOp> ops;
  for (auto& [op, nodes] : foreign) ops.push_back({op, std::move(nodes), ""});
  if (!ops.empty()) throw UnsupportedOpError("writing TFLite", std::move(ops));
}

}  // namespace

protobuf::Rope encode(const Model& model) {
  refuse_foreign_operators(*model.graph);
  return ModelEncoder(model).encode();
}

}  // namespace modelconv::tflite
