// Running the kernel of one node, with the conversions that the operator's traits ask for.
#pragma once

#include <functional>

#include "eval/buffer_pool.h"
#include "ops/op_def.h"

namespace modelconv {

// What a kernel may ask of its surroundings.
struct KernelHost {
  ThreadPool& threads;
  BufferPool& buffers;
  uint64_t seed;
  std::function<std::vector<RuntimeValue>(const Graph&, std::vector<RuntimeValue>)> run_subgraph;
};

// `inputs[i]` may be overwritten when `dying[i]`: nobody else reads it after this node.
std::vector<RuntimeValue> run_node(const Node& node, const OpDef& op, std::vector<RuntimeValue> inputs,
                                   const std::vector<bool>& dying, KernelHost& host);

}  // namespace modelconv
