// A Transpose moves above a region of elementwise operators that compute with one value: x * sigmoid(x), a GELU written out.
// Left in the middle of one, it would keep runtimes from recognising what the operators together are.
#include <algorithm>
#include <unordered_map>

#include "ops/op_def.h"
#include "passes/layout/layout.h"
#include "passes/layout/transpose.h"

namespace modelconv {
namespace {

// Longer expressions than this are not what runtimes have kernels for.
constexpr size_t kLargestRegion = 16;

bool is_scalar_constant(const Value& value) {
  return value.is_constant() && value.constant().size() == 1 && value.constant().rank() <= 1;
}

struct Region {
  std::vector<Node*> nodes;  // users before producers
  Value* source = nullptr;   // the one value that they read, constants aside

  bool contains(const Node* node) const { return std::find(nodes.begin(), nodes.end(), node) != nodes.end(); }
};

// A node that can be computed in another order of axes as it stands: its operands are of its own shape, or scalars.
bool keeps_axes(const Node& node, const Shape& shape) {
  const OpDef* op = find_op(node.op());
  if (!op || !op->is_elementwise() || node.output_count() != 1 || !node.subgraphs().empty()) return false;
  if (!node.output()->shape().equals(shape)) return false;
  for (const Value* input : node.inputs())
    if (input && !is_scalar_constant(*input) && !input->shape().equals(shape)) return false;
  return true;
}

bool is_read_inside(const Value& value, const Region& region) {
  if (value.is_graph_output()) return false;
  return std::all_of(value.uses().begin(), value.uses().end(),
                     [&](const Use& use) { return region.contains(use.node); });
}

// Values that nodes of the region read from outside, each once.
std::vector<Value*> values_read(const Region& region) {
  std::vector<Value*> values;
  for (const Node* node : region.nodes)
    for (Value* input : node->inputs()) {
      if (!input || is_scalar_constant(*input) || region.contains(input->producer())) continue;
      if (std::find(values.begin(), values.end(), input) == values.end()) values.push_back(input);
    }
  return values;
}

// Grows from the last node until a single value is read; nothing when that does not happen.
std::optional<Region> region_above(Node& last) {
  const Shape& shape = last.output()->shape();
  if (!keeps_axes(last, shape)) return std::nullopt;
  Region region{{&last}, nullptr};
  while (region.nodes.size() <= kLargestRegion) {
    const std::vector<Value*> values = values_read(region);
    if (values.size() == 1 && region.nodes.size() > 1) {
      region.source = values[0];
      return region;
    }
    // The next producer all of whose users are inside already: users come before producers.
    const auto next = std::find_if(values.begin(), values.end(), [&](const Value* value) {
      return value->producer() && &value->producer()->graph() == &last.graph() &&
             is_read_inside(*value, region) && keeps_axes(*value->producer(), shape);
    });
    if (next == values.end()) return std::nullopt;
    region.nodes.push_back((*next)->producer());
  }
  return std::nullopt;
}

Outcome hoist_above_region(Node& transpose, Patch& patch) {
  const auto p = permutation_of(transpose);
  Node* last = transpose.input(0)->producer();
  if (!p || !last || &last->graph() != &transpose.graph()) return no_match();
  if (last->input_count() < 2 || !transpose.input(0)->has_one_use()) return no_match();
  if (!last->output()->shape().has_rank()) return no_match();
  const auto region = region_above(*last);
  if (!region) return no_match();
  std::unordered_map<const Value*, Value*> copies;
  copies[region->source] = &patch.add("Transpose", {region->source}, {{"perm", to_attribute(*p)}});
  for (auto node = region->nodes.rbegin(); node != region->nodes.rend(); ++node) {
    std::vector<Value*> inputs;
    for (Value* input : (*node)->inputs()) {
      const auto copy = copies.find(input);
      inputs.push_back(copy == copies.end() ? input : copy->second);
    }
    copies[(*node)->output()] = &patch.add((*node)->op(), std::move(inputs), (*node)->attrs, (*node)->name());
  }
  return replace_root(patch, *copies.at(last->output()));
}

}  // namespace

Rule hoist_transpose_above_region_rule() {
  Rule rule("hoist_transpose_above_region");
  rule.describe("a Transpose moves above elementwise operators that all compute with one value")
      .on({"Transpose"}, hoist_above_region);
  return rule;
}

}  // namespace modelconv
