#include "formats/torch/ops/complex.h"

#include <algorithm>
#include <unordered_set>

#include "formats/common/angle.h"
#include "formats/torch/ops/all_ops.h"

namespace modelconv::torch {

namespace {

constexpr const char* kMark = "modelconv.torch.complex";

DType part_type(DType dtype) { return dtype == DType::complex128 ? DType::float64 : DType::float32; }

}  // namespace

bool holds_complex(const Value& value) { return value.metadata.contains(kMark); }
void mark_complex(Value& value) { value.metadata[kMark] = "1"; }

bool has_complex_input(const Translation& t) {
  const auto inputs = t.node().inputs();
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const Value* input) { return input && holds_complex(*input); });
}

bool knows_complex_numbers(std::string_view op) {
  static const std::unordered_set<std::string_view> kOps = {"_conj",         "_fft_c2c",
                                                            "_fft_c2r",      "_unsafe_view",
                                                            "abs",           "add",
                                                            "alias",         "angle",
                                                            "cat",           "clone",
                                                            "concat",        "conj",
                                                            "conj_physical", "contiguous",
                                                            "detach",        "div",
                                                            "expand",        "fft_fft",
                                                            "fft_fft2",      "fft_fftn",
                                                            "fft_hfft",      "fft_hfft2",
                                                            "fft_hfftn",     "fft_ifft",
                                                            "fft_ifft2",     "fft_ifftn",
                                                            "fft_irfft",     "fft_irfft2",
                                                            "fft_irfftn",    "flatten",
                                                            "imag",          "index_select",
                                                            "istft",         "lift_fresh_copy",
                                                            "mul",           "narrow",
                                                            "neg",           "permute",
                                                            "real",          "reshape",
                                                            "resolve_conj",  "resolve_neg",
                                                            "select",        "slice",
                                                            "squeeze",       "stack",
                                                            "sub",           "transpose",
                                                            "unsqueeze",     "view",
                                                            "view_as_real",  "view_as_real_copy"};
  return kOps.contains(op);
}

void represent_complex_numbers(Graph& graph) {
  for (const std::unique_ptr<Node>& node : graph.nodes())
    for (Graph* subgraph : node->subgraphs()) represent_complex_numbers(*subgraph);
  for (Value* input : graph.inputs()) {
    if (!is_complex(input->dtype())) continue;
    Shape shape = input->shape();
    if (shape.has_rank()) {
      std::vector<Dim> dims = shape.dims();
      dims.emplace_back(2);
      shape = Shape(std::move(dims));
    }
    input->type = Type::tensor(part_type(input->dtype()), shape);
    mark_complex(*input);
  }
  for (const std::unique_ptr<Value>& value : graph.constants()) {
    if (!is_complex(value->dtype())) continue;
    const Tensor& tensor = value->constant();
    Dims dims = tensor.dims();
    dims.push_back(2);
    graph.set_constant(*value,
                       Tensor::view(part_type(tensor.dtype()), dims, tensor.bytes(), tensor.keep_alive()));
    mark_complex(*value);
  }
}

void forget_complex_numbers(Graph& graph) {
  const auto forget = [](Value* value) {
    if (value) value->metadata.erase(kMark);
  };
  for (Value* input : graph.inputs()) forget(input);
  for (const std::unique_ptr<Value>& value : graph.constants()) forget(value.get());
  for (const std::unique_ptr<Node>& node : graph.nodes()) {
    for (Value* output : node->outputs()) forget(output);
    for (Graph* subgraph : node->subgraphs()) forget_complex_numbers(*subgraph);
  }
}

size_t axes_of(const Term& x) { return x.rank() - (holds_complex(x.value()) ? 1 : 0); }

Term with_parts(const Term& sizes, const Term& x) {
  return holds_complex(x.value()) ? concat({sizes, numbers(x.translation(), {2})}, 0) : sizes;
}

std::vector<int64_t> with_parts(std::vector<int64_t> perm, const Term& x) {
  if (holds_complex(x.value())) perm.push_back(static_cast<int64_t>(perm.size()));
  return perm;
}

namespace {
Term part(const Term& x, double index) {
  return gather(x, number(x.translation(), DType::int64, index), static_cast<int64_t>(x.rank()) - 1);
}
}  // namespace

Term real_part(const Term& x) { return part(x, 0); }
Term imaginary_part(const Term& x) { return part(x, 1); }

Term complex_of(const Term& real, const Term& imaginary) {
  const Term y = concat({unsqueeze(real, {-1}), unsqueeze(imaginary, {-1})}, -1);
  mark_complex(y.value());
  return y;
}

Term complex_operand(const Call& call, std::string_view name) {
  Translation& t = call.translation();
  if (call.is_tensor(name) && holds_complex(call.tensor(name))) return tensor(call, name);
  const nlohmann::json& raw = call.raw(name);
  if (raw.is_object() && raw.contains("complex")) {
    const auto parts = raw["complex"].get<std::vector<double>>();
    return complex_of(number(t, DType::float32, parts.at(0)), number(t, DType::float32, parts.at(1)));
  }
  const DType dtype =
      call.is_tensor(name) && call.tensor(name).dtype() == DType::float64 ? DType::float64 : DType::float32;
  const Term real = operand(call, name, dtype);
  return complex_of(real, expand(number(t, dtype, 0), shape_of(real)));
}

namespace {

struct Pair {
  Term a, b;
};

// Both in the wider of their types.
Pair complex_operands(const Call& call) {
  const Term a = complex_operand(call, "self"), b = complex_operand(call, "other");
  const DType dtype =
      a.dtype() == DType::float64 || b.dtype() == DType::float64 ? DType::float64 : DType::float32;
  return {cast(a, dtype), cast(b, dtype)};
}

Term product(const Term& a, const Term& b) {
  const Term ar = real_part(a), ai = imaginary_part(a), br = real_part(b), bi = imaginary_part(b);
  return complex_of(ar * br - ai * bi, ar * bi + ai * br);
}

Term conjugate(const Term& x) { return complex_of(real_part(x), -imaginary_part(x)); }

// Real results: give() would mark them.
void give_real(const Term& y) { y.translation().set_output(0, y.value()); }

}  // namespace

void raise_complex_sum(Translation& t) {
  const Call call(t, "self:operand, other:operand, alpha:number=1");
  const auto [a, b] = complex_operands(call);
  const Term scaled = call.has("alpha") ? b * operand(call, "alpha", b.dtype()) : b;
  give(compute(t.target(), {a, scaled}));
}

// A real factor stretches both parts.
void raise_complex_product(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  for (const auto& [real, other] : {std::pair("self", "other"), std::pair("other", "self")}) {
    const bool is_complex_number = call.raw(real).is_object() && call.raw(real).contains("complex");
    if (is_complex_number || (call.is_tensor(real) && holds_complex(call.tensor(real)))) continue;
    const Term z = tensor(call, other), factor = operand(call, real, z.dtype());
    return give(z * unsqueeze(factor, {-1}));
  }
  const auto [a, b] = complex_operands(call);
  give(product(a, b));
}

// By the conjugate of the divisor.
void raise_complex_quotient(Translation& t) {
  const Call call(t, "self:operand, other:operand");
  const auto [a, b] = complex_operands(call);
  const Term size = reduce("ReduceSumSquare", b, {static_cast<int64_t>(b.rank()) - 1}, true);
  give(product(a, conjugate(b)) / size);
}

namespace {

void raise_view_as_real(Translation& t) { give_real(compute("Identity", {tensor(Call(t, "self"), "self")})); }

void raise_view_as_complex(Translation& t) {
  const Term y = compute("Identity", {tensor(Call(t, "self"), "self")});
  mark_complex(y.value());
  t.set_output(0, y.value());
}

void raise_real(Translation& t) {
  const Term x = tensor(Call(t, "self"), "self");
  give_real(holds_complex(x.value()) ? real_part(x) : compute("Identity", {x}));
}

void raise_imag(Translation& t) { give_real(imaginary_part(tensor(Call(t, "self"), "self"))); }

void raise_conjugate(Translation& t) {
  const Term x = tensor(Call(t, "self"), "self");
  give(holds_complex(x.value()) ? conjugate(x) : x);
}

void raise_complex(Translation& t) {
  const Call call(t, "real, imag");
  const Term real = tensor(call, "real"), imaginary = tensor(call, "imag");
  const Term common = real + imaginary;
  t.set_output(0, complex_of(expand(real, shape_of(common)), expand(imaginary, shape_of(common))).value());
}

void raise_polar(Translation& t) {
  const Call call(t, "abs, angle");
  const Term size = tensor(call, "abs"), angle = tensor(call, "angle");
  t.set_output(0, complex_of(size * compute("Cos", {angle}), size * compute("Sin", {angle})).value());
}

}  // namespace

void raise_complex_abs(Translation& t) {
  const Term x = tensor(Call(t, "self"), "self");
  give_real(reduce("ReduceL2", x, {static_cast<int64_t>(x.rank()) - 1}));
}

void raise_complex_angle(Translation& t) {
  const Term x = tensor(Call(t, "self"), "self");
  give_real(angle_of(imaginary_part(x), real_part(x)));
}

OpMappings complex_ops() {
  const std::string note = "complex tensors as real ones with a last axis of 2";
  OpMappings rows = {
      {"aten.complex", "Concat", raise_complex, nullptr, note},
      {"aten.imag", "Gather", raise_imag, nullptr, note},
      {"aten.polar", "Concat", raise_polar, nullptr, note},
      {"aten.real", "Gather", raise_real, nullptr, note},
  };
  for (const char* name : {"aten._conj", "aten.conj", "aten.conj_physical"})
    rows.push_back({name, "Neg", raise_conjugate, nullptr, note});
  for (const char* name : {"aten.view_as_complex", "aten.view_as_complex_copy"})
    rows.push_back({name, "Identity", raise_view_as_complex, nullptr, note});
  for (const char* name : {"aten.view_as_real", "aten.view_as_real_copy"})
    rows.push_back({name, "Identity", raise_view_as_real, nullptr, note});
  return rows;
}

}  // namespace modelconv::torch
