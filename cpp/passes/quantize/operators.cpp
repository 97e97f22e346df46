#include "passes/quantize/operators.h"

#include <cstdint>
#include <map>
#include <set>

#include "ops/attributes.h"

namespace modelconv {
namespace {

using Kind = QuantizableOp::Kind;
using Table = std::map<OpName, QuantizableOp>;

const Table& table() {
  static const Table rows = [] {
    Table made;
    constexpr size_t kAll = SIZE_MAX;
    const auto weighted = QuantizableOp{Kind::computes, 1, 1, 2};
    for (const char* op : {"Conv", "ConvTranspose", "Gemm"}) made[op] = weighted;
    made["MatMul"] = {Kind::computes, 2, 1, {}};
    for (const char* op : {"Add", "Sub", "Mul"}) made[op] = {Kind::computes, 2, {}, {}};
    for (const char* op : {"GlobalAveragePool", "ReduceMean", "ReduceSum", "LeakyRelu", "HardSwish", "Relu",
                           "Clip", "Gelu", "Elu", "Exp", "Abs"})
      made[op] = {};
    made["PRelu"] = {Kind::computes, 2, {}, {}};
    for (const char* op :
         {"MaxPool",      "AveragePool", "GlobalMaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
          "Transpose",    "Pad",         "Slice",         "Split",   "Gather",  "Resize",  "DepthToSpace",
          "SpaceToDepth", "ReduceMax",   "ReduceMin",     "Expand",  "Tile",    "Identity"})
      made[op] = {Kind::moves, 1, {}, {}};
    for (const char* op : {"Concat", "Max", "Min"}) made[op] = {Kind::moves, kAll, {}, {}};
    for (const char* op : {"Softmax", "Sigmoid"}) made[op] = {Kind::fixed, 1, {}, {}, 0, 1};
    made["Tanh"] = {Kind::fixed, 1, {}, {}, -1, 1};
    made["LogSoftmax"] = {Kind::fixed, 1, {}, {}, -15.9375f, 0.0625f};
    return made;
  }();
  return rows;
}

bool is_zero(const Value* value) {
  return !value ||
         (value->is_constant() && value->constant().size() == 1 && value->constant().to_double()[0] == 0);
}

bool fits(const Node& node) {
  const std::string& op = node.op().name();
  if (op == "Pad") return string_attr(node, "mode") != "constant" || is_zero(node.input(2));
  if (op == "Resize") return string_attr(node, "mode") != "cubic";
  if (op == "MaxPool") return node.output_count() == 1;
  if (op == "Gemm")
    return float_attr(node, "alpha") == 1 && float_attr(node, "beta") == 1 && int_attr(node, "transA") == 0;
  if (op == "Conv" || op == "ConvTranspose") return node.input(1)->is_constant();
  if (op == "Clip") return is_clamp(node);
  return true;
}

}  // namespace

const QuantizableOp* quantizable(const Node& node) {
  const auto row = table().find(node.op());
  if (row == table().end() || !node.input(0) || node.input(0)->dtype() != DType::float32) return nullptr;
  for (const Value* output : node.outputs())
    if (!output || output->dtype() != DType::float32) return nullptr;
  return fits(node) ? &row->second : nullptr;
}

bool has_integer_kernel(OpName op) { return table().contains(op); }

// As LiteRT's; Relu and Clip are part of what stands in front of them.
bool has_wide_kernel(OpName op) {
  static const std::set<OpName> narrow = {"Abs",       "DepthToSpace", "Elu",   "Exp",         "Gelu",
                                          "HardSwish", "LogSoftmax",   "PRelu", "SpaceToDepth"};
  return has_integer_kernel(op) && !narrow.contains(op);
}

std::optional<size_t> channel_axis(const Node& node) {
  const std::string& op = node.op().name();
  if (op == "Conv") return 0;
  if (op == "ConvTranspose") return int_attr(node, "group") == 1 ? std::optional<size_t>(1) : std::nullopt;
  if (op == "Gemm") return int_attr(node, "transB") != 0 ? 0 : 1;
  if (op == "MatMul" && node.input(1)->shape().rank() == 2) return 1;
  return std::nullopt;
}

bool is_clamp(const Node& node) {
  if (node.op() == OpName("Relu")) return true;
  if (node.op() != OpName("Clip")) return false;
  const auto limit = [&](size_t index) -> std::optional<double> {
    const Value* value = node.input(index);
    if (!value || !value->is_constant() || value->constant().size() != 1) return std::nullopt;
    return value->constant().to_double()[0];
  };
  const auto low = limit(1), high = limit(2);
  return (low == 0.0 && (high == 6.0 || !node.input(2))) || (low == -1.0 && high == 1.0);
}

}  // namespace modelconv
