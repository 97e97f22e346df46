// One node on concrete tensors: infers, evaluates, and checks that the inferred types hold for the results.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "eval/evaluator.h"
#include "ops/infer.h"

namespace modelconv {

// Undefined tensors among the inputs are left out.
inline std::vector<Tensor> run_op(OpName op, const std::vector<Tensor>& inputs, const Attrs& attrs = {},
                                  size_t outputs = 1, int threads = 1) {
  Graph graph;
  std::vector<Value*> values;
  std::vector<RuntimeValue> arguments;
  for (const Tensor& input : inputs) {
    values.push_back(input.defined()
                         ? &graph.add_input("", Type::tensor(input.dtype(), Shape::of(input.dims())))
                         : nullptr);
    if (input.defined()) arguments.emplace_back(input);
  }
  Node& node = graph.add_node(op, values, attrs, std::vector<std::string>(outputs));
  for (size_t i = 0; i < outputs; ++i) graph.add_output("y" + std::to_string(i), *node.output(i));
  infer_node(node);
  EvalOptions options;
  options.threads = threads;
  std::vector<Tensor> results;
  for (const RuntimeValue& value : Evaluator(graph, options).run(std::move(arguments))) {
    const Type& inferred = node.output(results.size())->type;
    results.push_back(value.tensor());
    EXPECT_EQ(inferred.dtype, results.back().dtype()) << op.str();
    EXPECT_TRUE(inferred.shape.compatible_with(Shape::of(results.back().dims())))
        << op.str() << ": inferred " << inferred.str() << ", computed " << to_string(results.back().dims());
  }
  return results;
}

// The inferred type of output 0 for inputs of these types.
inline Type infer_op(OpName op, const std::vector<Type>& inputs, const Attrs& attrs = {}) {
  Graph graph;
  std::vector<Value*> values;
  for (const Type& input : inputs) values.push_back(&graph.add_input("", input));
  Node& node = graph.add_node(op, values, attrs);
  infer_node(node);
  return node.output()->type;
}

// Small whole numbers, the same each time: sums of their products are exact in float.
template <class T>
Tensor test_tensor(const Dims& dims, uint32_t seed = 1) {
  Tensor tensor = Tensor::allocate(dtype_of<T>, dims);
  uint32_t state = seed * 2654435761U + 12345U;
  for (T& element : tensor.mutable_data<T>()) {
    state = state * 1664525U + 1013904223U;
    element = static_cast<T>(static_cast<int>(state >> 24) % 7 - 3);
  }
  return tensor;
}

}  // namespace modelconv
