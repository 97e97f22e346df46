// ai.onnx.ml: ArrayFeatureExtractor, Binarizer, LabelEncoder.
#include <bit>
#include <cmath>
#include <map>

#include "ops/all_ops.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

// --- ArrayFeatureExtractor: columns Y of the last axis of X
void extract_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  const std::vector<int64_t> columns = context.input(1).to_int64();
  if (x.rank() == 0) context.fail("the input is a scalar");
  const int64_t width = x.dims().back(), rows = width == 0 ? 0 : x.size() / width;
  for (const int64_t column : columns)
    if (column < 0 || column >= width) context.fail("index {} is outside 0 to {}", column, width - 1);
  Dims dims = x.rank() == 1 ? Dims{1, 0} : x.dims();
  dims.back() = static_cast<int64_t>(columns.size());
  Tensor& y = context.allocate(0, x.dtype(), dims);
  const auto gather = [&](const auto* from, auto* to) {
    for (int64_t row = 0; row < rows; ++row)
      for (const int64_t column : columns) *to++ = from[row * width + column];
  };
  if (x.dtype() == DType::string)
    gather(x.data<std::string>().data(), y.mutable_data<std::string>().data());
  else
    visit_types(
        context, x.dtype(),
        [&]<class T>(T) { gather(x.data<T>().data(), y.template mutable_data<T>().data()); }, FloatTypes(),
        TypeList<int32_t, int64_t>());
}

void infer_extract(InferContext& context) {
  const Shape &x = context.input_shape(0), &columns = context.input_shape(1);
  if (!x.has_rank()) return context.set_output(0, context.input_dtype(0), Shape());
  std::vector<Dim> dims = x.rank() == 1 ? std::vector<Dim>{1, Dim()} : x.dims();
  if (dims.empty()) context.fail("the input is a scalar");
  dims.back() = columns.has_rank() ? columns.element_count() : Dim();
  context.set_output(0, context.input_dtype(0), Shape(dims));
}

// --- Binarizer: 1 above the threshold, else 0
void binarize_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  const float threshold = float_attr(context.node(), "threshold");
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        const T* from = x.data<T>().data();
        T* to = context.allocate(0, x.dtype(), x.dims(), 0).template mutable_data<T>().data();
        for (int64_t i = 0; i < x.size(); ++i)
          to[i] = static_cast<double>(from[i]) > static_cast<double>(threshold) ? T(1) : T(0);
      },
      FloatTypes(), TypeList<int32_t, int64_t>());
}

// --- LabelEncoder: elements replaced by a table; version 4 has the lists of version 2 and tensors beside them
struct Label {
  std::string text;
  uint64_t bits = 0;  // of the number, all NaN alike, and both zeros
  auto operator<=>(const Label&) const = default;
};

std::vector<Label> labels_of(const Tensor& tensor) {
  std::vector<Label> labels;
  if (tensor.dtype() == DType::string) {
    for (const std::string& text : tensor.data<std::string>()) labels.push_back({text, 0});
  } else if (is_integer(tensor.dtype())) {
    for (const int64_t value : tensor.to_int64()) labels.push_back({"", static_cast<uint64_t>(value)});
  } else {
    for (const double value : tensor.to_double())
      labels.push_back({"", std::bit_cast<uint64_t>(std::isnan(value) ? std::nan("") : value + 0.0)});
  }
  return labels;
}

// "keys" or "values": whichever of the four forms is given.
std::optional<Tensor> list_attr(const Node& node, const std::string& side) {
  if (const auto* tensor = node.attrs.get<Tensor>(side + "_tensor")) return tensor->aligned();
  if (const auto* texts = node.attrs.get<std::vector<std::string>>(side + "_strings"))
    return Tensor::vector(*texts);
  if (const auto* ints = node.attrs.get<std::vector<int64_t>>(side + "_int64s")) return Tensor::vector(*ints);
  if (const auto* floats = node.attrs.get<std::vector<float>>(side + "_floats"))
    return Tensor::vector(*floats);
  return std::nullopt;
}

// What an element that is no key becomes.
Tensor default_of(const Node& node, const Tensor& values, bool values_in_tensor) {
  if (const auto* tensor = values_in_tensor ? node.attrs.get<Tensor>("default_tensor") : nullptr)
    return tensor->aligned();
  if (values.dtype() == DType::string)
    return Tensor::scalar(node.attrs.get_or<std::string>("default_string", "_Unused"));
  if (is_integer(values.dtype()))
    return Tensor::filled(values.dtype(), {},
                          static_cast<double>(node.attrs.get_or<int64_t>("default_int64", -1)));
  return Tensor::filled(values.dtype(), {},
                        static_cast<double>(node.attrs.get_or<float>("default_float", -0.0F)));
}

template <class T>
void write_labels(KernelContext& context, const std::vector<size_t>& places, const Tensor& values,
                  const Tensor& fallback) {
  const auto table = values.data<T>();
  const T other = fallback.data<T>()[0];
  T* to = context.allocate(0, values.dtype(), context.input(0).dims()).template mutable_data<T>().data();
  for (const size_t place : places) *to++ = place < table.size() ? table[place] : other;
}

void encode_kernel(KernelContext& context) {
  const Node& node = context.node();
  const auto keys = list_attr(node, "keys"), values = list_attr(node, "values");
  if (!keys || !values || keys->size() != values->size())
    context.fail("it has no table, or one of different lengths");
  const Tensor fallback = default_of(node, *values, node.attrs.has("values_tensor"));
  const Tensor& x = context.input(0);
  const bool alike = (x.dtype() == DType::string) == (keys->dtype() == DType::string);
  if (!alike || fallback.size() != 1 || fallback.dtype() != values->dtype())
    context.fail("the types of keys, values and default do not fit");
  std::map<Label, size_t> table;
  const std::vector<Label> labels = labels_of(*keys);
  for (size_t i = 0; i < labels.size(); ++i) table[labels[i]] = i;  // of equal keys the last counts
  std::vector<size_t> places;
  for (const Label& label : labels_of(x)) {
    const auto found = table.find(label);
    places.push_back(found == table.end() ? labels.size() : found->second);
  }
  if (values->dtype() == DType::string) return write_labels<std::string>(context, places, *values, fallback);
  visit_types(
      context, values->dtype(), [&]<class T>(T) { write_labels<T>(context, places, *values, fallback); },
      FloatTypes(), TypeList<int16_t, int32_t, int64_t>());
}

void infer_encode(InferContext& context) {
  const auto values = list_attr(context.node(), "values");
  context.set_output(0, values ? values->dtype() : DType::undefined, context.input_shape(0));
}

}  // namespace

OpDefs ml_encoders_ops() {
  return {
      OpDef({"ai.onnx.ml", "ArrayFeatureExtractor"}).infer(infer_extract).evaluate(extract_kernel),
      OpDef({"ai.onnx.ml", "Binarizer"}).infer(infer_same_as_first).evaluate(binarize_kernel).elementwise(),
      OpDef({"ai.onnx.ml", "LabelEncoder"}).infer(infer_encode).evaluate(encode_kernel)};
}

}  // namespace modelconv
