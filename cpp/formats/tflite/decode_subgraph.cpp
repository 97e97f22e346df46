#include "formats/tflite/decode_subgraph.h"

#include <cctype>

#include "base/error.h"
#include "base/unique_names.h"
#include "base/utf8.h"
#include "formats/tflite/quantization.h"
#include "formats/tflite/schema.h"
#include "formats/tflite/sparsity.h"
#include "formats/tflite/types.h"

namespace modelconv::tflite {
namespace {

using flatbuffer::Table;

// Depth of calls; deeper ones would only come from a damaged file.
constexpr size_t kDeepest = 64;

[[noreturn]] void refuse(const std::string& tensor, const std::string& reason) {
  throw UnsupportedOpError("reading TFLite", {{"tensor", {tensor}, reason}});
}

class SubgraphDecoder {
 public:
  SubgraphDecoder(FileContext& context, const Table& table, Graph& graph)
      : context_(context),
        table_(table),
        graph_(graph),
        tensors_(table.tables(SubGraphField::tensors, "Tensor")),
        values_(tensors_.size()) {}

  void decode(const TensorNames& input_names, const TensorNames& output_names) {
    graph_.name = valid_utf8(table_.text(SubGraphField::name));
    if (graph_.name.empty()) graph_.name = "main";
    decode_inputs(input_names);
    for (const Table& op : table_.tables(SubGraphField::operators, "Operator")) decode_operator(op);
    for (const int32_t index : table_.numbers<int32_t>(SubGraphField::outputs)) {
      Value& value = *find(index, "the model's outputs");
      graph_.add_output(output_name(name_in(output_names, index, value.name()), value), value, value.type);
    }
  }

 private:
  const Table& tensor(int32_t index, std::string_view where) const {
    ENSURE(index >= 0 && static_cast<size_t>(index) < tensors_.size(), MalformedModelError,
           "{} name tensor {}, the subgraph has {}", where, index, tensors_.size());
    return tensors_[static_cast<size_t>(index)];
  }

  static std::string name_of_tensor(const Table& tensor) {
    return valid_utf8(tensor.text(TensorField::name));
  }

  static std::string name_in(const TensorNames& names, int32_t index, const std::string& otherwise) {
    const auto found = names.find(static_cast<uint32_t>(index));
    return found == names.end() ? otherwise : found->second;
  }

  // Not empty, and no other output's.
  std::string output_name(const std::string& wanted, const Value& value) {
    return output_names_.take(wanted.empty() ? value.name() : wanted);
  }

  Type type_of(const Table& tensor) const {
    const int8_t number = tensor.number<int8_t>(TensorField::type);
    const auto dtype = dtype_of_number(number);
    ENSURE(dtype, MalformedModelError, "tensor '{}' has the element type {}, which does not exist",
           name_of_tensor(tensor), number);
    if (*dtype == DType::undefined) return {};  // a resource
    const auto shape = tensor.numbers<int32_t>(TensorField::shape);
    const auto signature = tensor.numbers<int32_t>(TensorField::shape_signature);
    std::vector<Dim> dims;
    for (const int32_t size : signature.size() == shape.size() ? signature : shape) {
      ENSURE(size >= -1, MalformedModelError, "tensor '{}' has the size {} in its shape",
             name_of_tensor(tensor), size);
      dims.push_back(size < 0 ? Dim::unknown() : Dim(int64_t{size}));
    }
    return Type::tensor(*dtype, std::move(dims));
  }

  void decode_inputs(const TensorNames& names) {
    for (const int32_t index : table_.numbers<int32_t>(SubGraphField::inputs)) {
      const Table& table = tensor(index, "the model's inputs");
      ENSURE(!values_[static_cast<size_t>(index)], MalformedModelError, "tensor {} is an input twice", index);
      const std::string own = name_of_tensor(table), name = name_in(names, index, own);
      Type type = type_of(table);
      if (!graph_.parent()) name_unknown_dims(type.shape, name);
      define(index, graph_.add_input(name, std::move(type)), table);
      if (name != own && !own.empty()) values_[static_cast<size_t>(index)]->source_name = own;
    }
  }

  static void name_unknown_dims(Shape& shape, const std::string& name) {
    std::string word = name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0 ? "_" : "";
    for (const char c : name) word += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    for (size_t axis = 0; axis < shape.rank(); ++axis)
      if (shape[axis].is_unknown()) shape[axis] = Dim::symbol(fmt::format("{}_dim{}", word, axis));
  }

  void define(int32_t index, Value& value, const Table& table) {
    values_[static_cast<size_t>(index)] = &value;
    const auto parameters = table.table(TensorField::quantization, "QuantizationParameters");
    if (parameters) decode_quantization(value, *parameters);
  }

  static void decode_quantization(Value& value, const Table& parameters) {
    Quantization q;
    q.scales = parameters.numbers<float>(QuantizationField::scale);
    q.zero_points = parameters.numbers<int64_t>(QuantizationField::zero_point);
    q.axis = parameters.number<int32_t>(QuantizationField::quantized_dimension);
    const auto details = parameters.number<uint8_t>(QuantizationField::details_type);
    if (details != 0) refuse(value.name(), "it is quantised in blocks, or in a way of its own");
    if (q.scales.empty()) return;
    if (q.zero_points.size() == 1) q.zero_points.resize(q.scales.size(), q.zero_points[0]);
    if (q.zero_points.empty()) q.zero_points.resize(q.scales.size());
    ENSURE(q.zero_points.size() == q.scales.size(), MalformedModelError,
           "tensor '{}' has {} scales and {} zero points", value.name(), q.scales.size(),
           q.zero_points.size());
    const Shape& shape = value.shape();
    ENSURE(!q.is_per_axis() ||
               (shape.has_rank() && q.axis >= 0 && static_cast<size_t>(q.axis) < shape.rank() &&
                Dim(static_cast<int64_t>(q.scales.size())).str() == shape[static_cast<size_t>(q.axis)].str()),
           MalformedModelError, "tensor '{}' {} has {} scales along axis {}", value.name(), shape.str(),
           q.scales.size(), q.axis);
    if (!q.is_per_axis()) q.axis = 0;
    set_quantization(value, q);
  }

  // The value of a tensor that is used; constants and variables come into being here.
  Value* find(int32_t index, std::string_view where) {
    const Table& table = tensor(index, where);
    if (Value* known = values_[static_cast<size_t>(index)]) return known;
    const std::string name = name_of_tensor(table);
    try {
      define(index, add_constant(table, name), table);
    } catch (Error& error) {
      error.in(fmt::format("tensor '{}'", name));
      throw;
    }
    return values_[static_cast<size_t>(index)];
  }

  Value& add_variable(const Type& type, const std::string& name) {
    Value& variable = *graph_.add_node("tflite.VARIABLE", {}, {}, {name}).output();
    variable.type = type;
    return variable;
  }

  Value& add_constant(const Table& table, const std::string& name) {
    const Type type = type_of(table);
    if (table.has(TensorField::external_buffer)) refuse(name, "its contents are in another file");
    const Bytes bytes = context_.buffer(table.number<uint32_t>(TensorField::buffer));
    if (bytes.empty() && table.number<uint8_t>(TensorField::is_variable) != 0)
      return add_variable(type, name);
    const auto shape = table.numbers<int32_t>(TensorField::shape);
    const Dims dims(shape.begin(), shape.end());
    ENSURE(type.is_tensor() && (!bytes.empty() || element_count(dims) == 0), MalformedModelError,
           "it is used, but nothing makes it: it has no contents and no operator before has it as output");
    if (const auto sparsity = table.table(TensorField::sparsity, "SparsityParameters"))
      return graph_.add_constant(expand_sparse(*sparsity, type.dtype, dims, bytes), name);
    if (type.dtype == DType::string && !bytes.empty())
      return graph_.add_constant(read_strings(bytes, dims), name);
    if (type.dtype == DType::string) return graph_.add_constant(Tensor::allocate(DType::string, dims), name);
    return graph_.add_constant(Tensor::view(type.dtype, dims, bytes, context_.keep_alive), name);
  }

  void decode_operator(const Table& op) {
    const auto code = op.number<uint32_t>(OperatorField::opcode_index);
    ENSURE(code < context_.operators.size(), MalformedModelError,
           "an operator has the code {}, the model has {}", code, context_.operators.size());
    const FileContext::Operator& kind = context_.operators[code];
    const auto outputs = op.numbers<int32_t>(OperatorField::outputs);
    std::vector<std::string> names;
    for (const int32_t index : outputs)
      names.push_back(index == kNoTensor ? Graph::kNoOutput
                                         : name_of_tensor(tensor(index, "an operator's outputs")));
    const std::string node_name = names.empty() || names[0] == Graph::kNoOutput ? "" : names[0];
    try {
      std::vector<Value*> inputs;
      for (const int32_t index : op.numbers<int32_t>(OperatorField::inputs))
        inputs.push_back(index == kNoTensor ? nullptr : find(index, "its inputs"));
      Node& node = graph_.add_node(OpName("tflite", kind.name), std::move(inputs),
                                   decode_attributes(op, kind), names, node_name);
      for (size_t i = 0; i < outputs.size(); ++i)
        if (outputs[i] != kNoTensor) define_output(outputs[i], *node.output(i));
    } catch (Error& error) {
      error.in(fmt::format("{} '{}'", kind.name, node_name));
      throw;
    }
  }

  void define_output(int32_t index, Value& value) {
    const Table& table = tensor(index, "its outputs");
    ENSURE(!values_[static_cast<size_t>(index)], MalformedModelError,
           "its output '{}' is an input of the model, a constant, or made by another operator before",
           value.name());
    value.type = type_of(table);
    define(index, value, table);
  }

  Attrs decode_attributes(const Table& op, const FileContext::Operator& kind) {
    Attrs attrs;
    if (kind.options) {
      const bool first = kind.options->row->union_number == 1;
      const auto type = op.number<uint8_t>(first ? OperatorField::builtin_options_type
                                                 : OperatorField::builtin_options_2_type);
      const auto table =
          op.table(first ? OperatorField::builtin_options : OperatorField::builtin_options_2, "options");
      ENSURE(type == 0 || type == kind.options->row->type, MalformedModelError,
             "its options are of type {}, {} are expected", type, kind.options->row->name);
      attrs = table && type != 0
                  ? decode_options(*kind.options, *table, [&](int64_t index) { return decode_callee(index); })
                  : default_options(*kind.options);
    }
    const auto offset = op.number<uint64_t>(OperatorField::large_custom_options_offset);
    const Bytes custom =
        offset > 1 ? context_.range(offset, op.number<uint64_t>(OperatorField::large_custom_options_size))
                   : op.bytes(OperatorField::custom_options);
    if (!custom.empty())
      attrs.set("custom_options", Tensor::view(DType::uint8, {static_cast<int64_t>(custom.size())}, custom,
                                               context_.keep_alive));
    return attrs;
  }

  GraphPtr decode_callee(int64_t index) {
    ENSURE(index >= 0 && static_cast<size_t>(index) < context_.subgraphs.size(), MalformedModelError,
           "it calls subgraph {}, the model has {}", index, context_.subgraphs.size());
    auto callee = std::make_shared<Graph>("", &graph_);
    decode_subgraph(context_, static_cast<size_t>(index), *callee, {}, {});
    return callee;
  }

  FileContext& context_;
  const Table& table_;
  Graph& graph_;
  const flatbuffer::Tables tensors_;
  UniqueNames output_names_;
  std::vector<Value*> values_;  // by tensor; null: not yet there
};

}  // namespace

Bytes FileContext::range(uint64_t offset, uint64_t size) const {
  ENSURE(offset <= bytes.size() && size <= bytes.size() - offset, MalformedModelError,
         "{} bytes would lie at byte {}, the file has {}", size, offset, bytes.size());
  return bytes.subspan(offset, size);
}

Bytes FileContext::buffer(uint32_t index) const {
  if (index == 0) return {};
  ENSURE(index < buffers.size(), MalformedModelError, "its contents are in buffer {}, the model has {}",
         index, buffers.size());
  const Table& table = buffers[index];
  // 0 and 1 are no places: data of that kind is written when its offset is known (schema.fbs, Buffer).
  const auto offset = table.number<uint64_t>(BufferField::offset);
  return offset > 1 ? range(offset, table.number<uint64_t>(BufferField::size))
                    : table.bytes(BufferField::data);
}

void decode_subgraph(FileContext& context, size_t index, Graph& graph, const TensorNames& input_names,
                     const TensorNames& output_names) {
  for (const size_t outer : context.open)
    ENSURE(outer != index, MalformedModelError, "subgraph {} calls itself", index);
  ENSURE(context.open.size() < kDeepest, MalformedModelError, "subgraphs call each other {} deep", kDeepest);
  context.open.push_back(index);
  SubgraphDecoder(context, context.subgraphs[index], graph).decode(input_names, output_names);
  context.open.pop_back();
}

}  // namespace modelconv::tflite
