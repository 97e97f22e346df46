#include "base/error.h"
#include "eval/evaluator.h"
#include "ops/op_def.h"
#include "passes/fold/fold.h"

namespace modelconv {
namespace {

bool has_constant_inputs(const Node& node) {
  for (const Value* input : node.inputs())
    if (input && !input->is_constant()) return false;
  return node.output_count() > 0;
}

// Bytes of constants that go away with the node: those that nobody else uses.
int64_t bytes_freed(const Node& node) {
  int64_t bytes = 0;
  for (const Value* input : node.inputs())
    if (input && input->has_one_use()) bytes += static_cast<int64_t>(input->constant().nbytes());
  return bytes;
}

// Bytes that the outputs will take, from their inferred types; nothing when a size depends on data.
std::optional<int64_t> bytes_made(const Node& node) {
  int64_t bytes = 0;
  for (const Value* output : node.outputs()) {
    if (!output || output->is_unused()) continue;
    const auto dims = output->shape().static_dims();
    if (!output->type.is_tensor() || !dims) return std::nullopt;
    bytes += static_cast<int64_t>(storage_bytes(output->dtype(), element_count(*dims)));
  }
  return bytes;
}

// A size that depends on data (NonZero, Unique, ...) is bounded by that of the inputs, so such nodes are tried when those
// are small.
constexpr int64_t kTriedBlindly = 1 << 20;

std::optional<std::string> too_large(const Node& node, std::optional<int64_t> fold_limit) {
  const auto made = bytes_made(node);
  if (!made) {
    int64_t given = 0;
    for (const Value* input : node.inputs())
      if (input) given += static_cast<int64_t>(input->constant().nbytes());
    if (given <= kTriedBlindly) return std::nullopt;
    return fmt::format("its size depends on data of {} bytes", given);
  }
  const int64_t growth = *made - bytes_freed(node);
  if (growth <= kDefaultFoldLimit) return std::nullopt;
  if (fold_limit && *made <= *fold_limit) return std::nullopt;
  return fmt::format("the file would grow by {} bytes; fold_limit allows it", growth);
}

bool all_tensors(const Node& node, const std::vector<RuntimeValue>& results) {
  for (size_t i = 0; i < results.size(); ++i)
    if (node.output(i) && !results[i].is_tensor()) return false;
  return true;
}

Outcome fold(Node& node, Patch& patch, std::optional<int64_t> fold_limit) {
  if (!has_constant_inputs(node)) return no_match();
  // Weights in integers say that integer kernels are meant; how small they are does not matter.
  if (node.op() == OpName("DequantizeLinear")) return refuse("quantized constants stay as they are");
  if (const auto reason = too_large(node, fold_limit)) return refuse("{}", *reason);
  const auto results = evaluate_node(node);
  if (!results) return refuse("it cannot be evaluated ahead of time");
  if (!all_tensors(node, *results)) return refuse("its result is not a tensor");
  for (size_t i = 0; i < results->size(); ++i)
    if (Value* output = node.output(i))
      patch.replace(*output, patch.constant((*results)[i].tensor(), output->name()));
  return Outcome::applied();
}

Outcome fold_elements(Node& node, Patch& patch) {
  bool found = false;
  for (Value* output : node.outputs()) {
    if (!output || output->is_unused() || !output->elements || !output->shape().is_static()) continue;
    std::vector<int64_t> numbers;
    for (const Dim& element : *output->elements)
      if (element.is_known()) numbers.push_back(element.value());
    const Dims dims = *output->shape().static_dims();
    if (numbers.size() != output->elements->size() ||
        element_count(dims) != static_cast<int64_t>(numbers.size()))
      continue;
    Tensor tensor;
    if (output->dtype() == DType::int64)
      tensor = Tensor::of(dims, numbers);
    else if (output->dtype() == DType::int32)
      tensor = Tensor::of(dims, std::vector<int32_t>(numbers.begin(), numbers.end()));
    else
      continue;
    patch.replace(*output, patch.constant(std::move(tensor), output->name()));
    found = true;
  }
  return found ? Outcome::applied() : no_match();
}

}  // namespace

Pass fold_constants_pass() {
  const std::string name = "fold_constants", purpose = "nodes whose inputs are all constant become constants";
  return {name,
          purpose,
          [name](Graph& graph, const PassOptions& options) {
            Rule rule(name);
            rule.on({}, [limit = options.fold_limit](Node& node, Patch& patch) {
              return fold(node, patch, limit);
            });
            return rewrite(graph, {rule}, options);
          },
          {{name, purpose}}};
}

Pass fold_known_elements_pass() {
  Rule rule("fold_known_elements");
  rule.describe("values of shape computations whose elements are all known become constants")
      .on({}, fold_elements);
  return rule_pass("fold_known_elements", rule.description(), {rule});
}

}  // namespace modelconv
