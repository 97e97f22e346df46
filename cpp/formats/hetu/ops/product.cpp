// Products of matrices.
#include "formats/hetu/ops/all_ops.h"
#include "formats/hetu/ops/settings.h"

namespace modelconv::hetu {
namespace {

// With its last two axes changed where the flag says so.
Value& factor(Translation& t, size_t index, std::string_view flag) {
  Value& x = t.required(index);
  if (!flag_of(t, flag)) return x;
  const auto rank = static_cast<int64_t>(t.rank_of(x));
  if (rank < 2) t.refuse("'{}' has {} axes", x.name(), rank);
  std::vector<int64_t> perm;
  for (int64_t axis = 0; axis < rank; ++axis) perm.push_back(axis);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return t.transpose(x, perm);
}

Value& product(Translation& t) {
  return t.add("MatMul", {&factor(t, 0, "matmul_attr_trans_A"), &factor(t, 1, "matmul_attr_trans_B")});
}

void raise_product(Translation& t) { t.set_output(0, product(t)); }

void raise_linear(Translation& t) { t.set_output(0, t.add("Add", {&product(t), &t.required(2)})); }

// A dense layer in one node.
void raise_linear_with_activation(Translation& t) {
  Value& y = t.add("Add", {&product(t), &t.required(2)});
  const std::string function = text_of(t, "act", "gelu");
  if (function != "gelu" && function != "relu") t.refuse("there is no activation '{}'", function);
  t.set_output(0, t.add(function == "gelu" ? "Gelu" : "Relu", {&y}));
}

// Of two vectors.
void raise_outer(Translation& t) {
  t.set_output(0, t.add("Mul", {&t.add("Unsqueeze", {&t.required(0), &t.ints({1})}), &t.required(1)}));
}

Value& scaled(Translation& t, Value& x, std::string_view name) {
  const double factor = t.node().attrs.has(name) ? number_of(t, name) : 1;
  return factor == 1 ? x : t.add("Mul", {&x, &t.scalar_like(x, factor)});
}

// beta * input + alpha * A B
void raise_sum_with_product(Translation& t) {
  Value& y = scaled(t, t.add("MatMul", {&t.required(1), &t.required(2)}), "alpha");
  t.set_output(0, t.add("Add", {&scaled(t, t.required(0), "beta"), &y}));
}

}  // namespace

OpMappings product_ops() {
  return {
      {"hetu.Addmm", "MatMul", raise_sum_with_product, nullptr, ""},
      {"hetu.Baddbmm", "MatMul", raise_sum_with_product, nullptr, ""},
      {"hetu.BatchMatMul", "MatMul", raise_product, nullptr, ""},
      {"hetu.Linear", "MatMul", raise_linear, nullptr, ""},
      {"hetu.LinearAct", "MatMul", raise_linear_with_activation, nullptr, ""},
      {"hetu.Outer", "Mul", raise_outer, nullptr, ""},
      {"hetu.MatMul", "MatMul", raise_product, nullptr, ""},
  };
}

}  // namespace modelconv::hetu
