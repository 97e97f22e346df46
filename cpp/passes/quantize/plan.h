// Which values become integers, and which of them have their parameters in common.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "passes/quantize/operators.h"
#include "passes/quantize/quantize.h"

namespace modelconv {

struct QuantizePlan {
  std::vector<Node*> nodes;    // to be computed in integers, in order
  std::vector<Value*> values;  // activations, in order: inputs first, then outputs of nodes
  std::unordered_map<const Value*, const Value*>
      groups;  // value -> the value that stands for those that share

  bool contains(const Value& value) const { return groups.contains(&value); }
  const Value& group_of(const Value& value) const;
};

// BadArgument when keep_float names what is not there.
QuantizePlan plan_quantization(const Graph& graph, const QuantizeOptions& options);

}  // namespace modelconv
