#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

// Axes from `axis` on are one vector.
Term lumped(const Term& x, int64_t axis) {
  if (static_cast<int64_t>(x.rank()) == axis + 1) return x;
  if (axis == 1) return compute("Flatten", {x}, {{"axis", int64_t{1}}});
  std::vector<int64_t> dims(static_cast<size_t>(axis), 0);
  dims.push_back(-1);
  return reshape(x, dims);
}

void raise_inner_product(Translation& t) {
  const int64_t outputs = int_of(t, "num_output", 0);
  const Term x = bottom(t, 0);
  const int64_t axis = axis_of(t, x, "axis", 1);
  const Tensor& stored = blob_tensor(t, 0, "weights");
  if (outputs < 1 || stored.size() % outputs != 0)
    fail(t, "its weights have the shape {}, num_output is {}", to_string(stored.dims()), outputs);
  const int64_t inputs = stored.size() / outputs;
  const bool transposed = flag_of(t, "transpose", false);
  const Term flat = lumped(x, axis);
  const Dim& given = flat.value().shape()[static_cast<size_t>(axis)];
  if (given.is_known() && given.value() != inputs)
    fail(t, "its weights have the shape {}, its bottom gives {} numbers", to_string(stored.dims()),
         given.value());
  const Term weights = blob(t, 0, transposed ? Dims{inputs, outputs} : Dims{outputs, inputs}, "weights");
  const bool biased = flag_of(t, "bias_term", true);
  if (axis == 1) {
    std::vector<Term> operands = {flat, weights};
    if (biased) operands.push_back(blob(t, 1, {outputs}, "biases"));
    return set_output(t, 0, compute("Gemm", operands, {{"transB", int64_t{!transposed}}}));
  }
  const Term y = compute("MatMul", {flat, transposed ? weights : transpose(weights, {1, 0})});
  set_output(t, 0, biased ? y + blob(t, 1, {outputs}, "biases") : y);
}

// Indices are floats in Caffe.
void raise_embed(Translation& t) {
  const int64_t outputs = int_of(t, "num_output", 0), count = int_of(t, "input_dim", 0);
  const Term table = blob(t, 0, {count, outputs}, "weights");
  const Term y = gather(table, cast(bottom(t, 0), DType::int64));
  set_output(t, 0, flag_of(t, "bias_term", true) ? y + blob(t, 1, {outputs}, "biases") : y);
}

// A blob that is no layer's.
void raise_parameter(Translation& t) {
  const Tensor& tensor = blob_tensor(t, 0, "numbers");
  const auto dims = ints_of(t, "shape.dim");
  set_output(t, 0, compute("Identity", {blob(t, 0, dims.empty() ? tensor.dims() : Dims(dims), "numbers")}));
}

}  // namespace

OpMappings inner_product_ops() {
  return {
      {"caffe.Embed", "Gather", raise_embed, nullptr, ""},
      {"caffe.InnerProduct", "Gemm", raise_inner_product, nullptr, ""},
      {"caffe.Parameter", "Identity", raise_parameter, nullptr, ""},
  };
}

}  // namespace modelconv::caffe
