#include "formats/tflite/lower/emit.h"

#include <algorithm>
#include <unordered_map>

#include "formats/tflite/quantization.h"
#include "ir/text.h"
#include "ops/axes.h"

namespace modelconv::tflite {

Value& emit(Translation& t, const std::string& name, std::vector<Value*> inputs, Attrs attrs,
            const Type& type) {
  Value& value = t.add(OpName("tflite", name), std::move(inputs), std::move(attrs));
  value.type = type;
  return value;
}

void finish(Translation& t, const std::string& name, std::vector<Value*> inputs, Attrs attrs) {
  t.set_output(0, emit(t, name, std::move(inputs), std::move(attrs), t.node().output()->type));
}

void lower_name(Translation& t) {
  finish(t, t.target().name(), {t.node().inputs().begin(), t.node().inputs().end()});
}

namespace {

Tensor to_int32(const Tensor& tensor) {
  Tensor result = Tensor::allocate(DType::int32, tensor.dims());
  const std::vector<int64_t> values = tensor.to_int64();
  // Ends of slices may lie far beyond what 32 bits hold; they are as good at the limit.
  std::transform(values.begin(), values.end(), result.mutable_data<int32_t>().begin(), [](int64_t value) {
    return static_cast<int32_t>(std::clamp<int64_t>(value, INT32_MIN, INT32_MAX));
  });
  return result;
}

}  // namespace

Value& int32s(Translation& t, const std::vector<int64_t>& values) {
  return t.constant(to_int32(Tensor::vector(values)));
}

Value& int32_scalar(Translation& t, int64_t value) {
  return t.constant(Tensor::scalar(static_cast<int32_t>(value)));
}

Value& as_int32(Translation& t, Value& value) {
  if (value.dtype() == DType::int32) return value;
  if (value.is_constant()) return t.constant(to_int32(value.constant()));
  return t.cast(value, DType::int32);
}

Value& expand(Translation& t, const std::string& formula, const Operands& operands,
              const std::string& result) {
  const std::unique_ptr<Graph> graph = parse_graph(formula);
  std::unordered_map<const Value*, Value*> values;
  for (const Value* input : graph->inputs()) {
    const auto operand = std::find_if(operands.begin(), operands.end(),
                                      [&](const auto& each) { return each.first == input->name(); });
    ENSURE(operand != operands.end(), InternalError, "'{}' is no operand of \"{}\"", input->name(), formula);
    values[input] = operand->second;
  }
  for (const auto& constant : graph->constants()) values[constant.get()] = &t.constant(constant->constant());
  for (const auto& node : graph->nodes()) {
    std::vector<Value*> inputs;
    for (const Value* input : node->inputs()) inputs.push_back(input ? values.at(input) : nullptr);
    while (!inputs.empty() && !inputs.back()) inputs.pop_back();
    const Node& made = t.add_node(node->op(), std::move(inputs), node->attrs, node->output_count());
    if (node->op().domain() == "tflite") made.output()->type = made.input(0)->type;
    for (size_t i = 0; i < node->output_count(); ++i)
      if (node->output(i)) values[node->output(i)] = made.output(i);
  }
  const Value* named = graph->find_value(result);
  ENSURE(named, InternalError, "\"{}\" makes no '{}'", formula, result);
  return *values.at(named);
}

namespace {

// Constants come in front of what reads them, so their DEQUANTIZE is lowered already.
const Node* dequantizer_of(const Value& value) {
  const Node* node = value.producer();
  static const OpName kDequantize("tflite.DEQUANTIZE");
  return node && node->op() == kDequantize && node->input(0)->is_constant() ? node : nullptr;
}

// Where axis `axis` of size n has gone: it is the one of that size behind all that stood before it.
int64_t rearranged_axis(Translation& t, size_t axis, const Dims& before, const std::vector<size_t>& p,
                        const Dims& after) {
  const Dims moved = p.empty() ? before : permuted(before, p);
  const size_t place = p.empty() ? axis : inverse(p)[axis];
  int64_t in_front = 1;
  for (size_t i = 0; i < place; ++i) in_front *= moved[i];
  int64_t product = 1;
  for (size_t i = 0; i < after.size(); ++i) {
    if (product == in_front && after[i] == before[axis]) return static_cast<int64_t>(i);
    product *= after[i];
  }
  t.refuse("the axis along which weights are quantized is joined with others");
}

// DEQUANTIZE of another constant, as `like` does it.
Value& dequantized_like(Translation& t, const Node& like, Tensor stored,
                        const std::optional<Quantization>& quantization) {
  const Dims dims = stored.dims();
  Value& constant = t.constant(std::move(stored));
  if (quantization) set_quantization(constant, *quantization);
  Value& result = emit(t, "DEQUANTIZE", {&constant}, {}, Type::tensor(DType::float32, Shape::of(dims)));
  result.producer()->metadata = like.metadata;
  return result;
}

Tensor rearranged(const Tensor& tensor, const std::vector<size_t>& p, const Dims& dims) {
  return (p.empty() || is_identity(p) ? tensor : permuted(tensor, p)).reshaped(dims);
}

}  // namespace

const Tensor* constant_behind(const Value& value) {
  if (value.is_constant()) return &value.constant();
  const Node* dequantize = dequantizer_of(value);
  return dequantize ? &dequantize->input(0)->constant() : nullptr;
}

Value& rearranged(Translation& t, Value& value, const std::vector<size_t>& p, const Dims& dims) {
  if (value.is_constant()) return t.constant(rearranged(value.constant(), p, dims));
  if (const Node* dequantize = dequantizer_of(value)) {
    const Tensor& stored = dequantize->input(0)->constant();
    auto quantization = quantization_of(*dequantize->input(0));
    if (quantization && quantization->is_per_axis())
      quantization->axis =
          rearranged_axis(t, static_cast<size_t>(quantization->axis), stored.dims(), p, dims);
    return dequantized_like(t, *dequantize, rearranged(stored, p, dims), quantization);
  }
  Value& moved = p.empty() ? value : t.transpose(value, to_attribute(p));
  return moved.shape().equals(Shape::of(dims)) ? moved : reshaped(t, moved, dims);
}

namespace {

Tensor part_of(const Tensor& tensor, size_t axis, int64_t start, int64_t count) {
  Dims dims = tensor.dims();
  int64_t outer = 1;
  for (size_t i = 0; i < axis; ++i) outer *= dims[i];
  const auto line = static_cast<int64_t>(tensor.nbytes()) / (outer * dims[axis]);
  dims[axis] = count;
  Tensor part = Tensor::allocate(tensor.dtype(), dims);
  const std::byte* from = tensor.bytes().data();
  std::byte* to = part.mutable_bytes().data();
  for (int64_t i = 0; i < outer; ++i)
    std::copy_n(from + (i * tensor.dims()[axis] + start) * line, count * line, to + i * count * line);
  return part;
}

}  // namespace

Value& constant_part(Translation& t, Value& value, size_t axis, int64_t start, int64_t count) {
  if (value.is_constant()) return t.constant(part_of(value.constant(), axis, start, count));
  const Node* dequantize = dequantizer_of(value);
  if (!dequantize) t.refuse("'{}' is not constant", value.name());
  auto quantization = quantization_of(*dequantize->input(0));
  if (quantization && quantization->is_per_axis() && quantization->axis == static_cast<int64_t>(axis)) {
    const auto cut = [&](auto& values) {
      values.erase(values.begin() + start + count, values.end());
      values.erase(values.begin(), values.begin() + start);
    };
    cut(quantization->scales);
    cut(quantization->zero_points);
  }
  return dequantized_like(t, *dequantize, part_of(dequantize->input(0)->constant(), axis, start, count),
                          quantization);
}

Value& reshaped(Translation& t, Value& value, const std::vector<int64_t>& sizes) {
  const bool concrete = std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size >= 0; });
  if (value.is_constant() && concrete) return t.constant(value.constant().reshaped(sizes));
  return t.add("Reshape", {&value, &t.ints(sizes)});
}

Value& squeezed(Translation& t, Value& value, const std::vector<int64_t>& axes) {
  return t.add("Squeeze", {&value, &t.ints(axes)});
}

Value& unsqueezed(Translation& t, Value& value, const std::vector<int64_t>& axes) {
  return t.add("Unsqueeze", {&value, &t.ints(axes)});
}

int64_t static_dim(Translation& t, const Value& value, size_t axis) {
  const Dim& dim = value.shape()[axis];
  if (!dim.is_known()) t.refuse("size {} of '{}' {} is not known", axis, value.name(), value.shape().str());
  return dim.value();
}

Dims static_dims(Translation& t, const Value& value) {
  Dims dims;
  for (size_t axis = 0; axis < t.rank_of(value); ++axis) dims.push_back(static_dim(t, value, axis));
  return dims;
}

}  // namespace modelconv::tflite
