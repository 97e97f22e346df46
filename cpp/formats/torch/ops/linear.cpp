// Matrix products.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/promotion.h"

namespace modelconv::torch {
namespace {

// x times the weight [out, in], transposed, plus the bias.
void raise_linear(Translation& t) {
  const Call call(t, "input, weight, bias=None");
  Value& x = call.tensor("input");
  Value& weight = call.tensor("weight");
  Value* bias = call.tensor_or_null("bias");
  if (t.rank_of(weight) == 1) {
    Value& y = t.add("MatMul", {&x, &weight});
    return t.set_output(0, bias ? t.add("Add", {&y, bias}) : y);
  }
  if (x.shape().has_rank() && x.shape().rank() == 2) {
    std::vector<Value*> inputs = {&x, &weight};
    if (bias) inputs.push_back(bias);
    return t.set_output(0, t.add("Gemm", inputs, {{"transB", int64_t{1}}}));
  }
  Value& y = t.add("MatMul", {&x, &t.transpose(weight, {1, 0})});
  t.set_output(0, bias ? t.add("Add", {&y, bias}) : y);
}

void raise_matmul(Translation& t) {
  const Call call(t, "self, other");
  t.set_output(0, t.add("MatMul", {&call.tensor("self"), &call.tensor("other")}));
}

}  // namespace

OpMappings linear_ops() {
  return {
      {"aten.bmm", "MatMul", raise_matmul, nullptr, ""},
      {"aten.dot", "MatMul", raise_matmul, nullptr, ""},
      {"aten.linalg_matmul", "MatMul", raise_matmul, nullptr, ""},
      {"aten.linear", "Gemm", raise_linear, nullptr, ""},
      {"aten.matmul", "MatMul", raise_matmul, nullptr, ""},
      {"aten.mm", "MatMul", raise_matmul, nullptr, ""},
      {"aten.mv", "MatMul", raise_matmul, nullptr, ""},
      {"aten.vdot", "MatMul", raise_matmul, nullptr, ""},
  };
}

}  // namespace modelconv::torch
