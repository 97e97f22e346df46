// What a kernel sees. Kernels compute one node on concrete tensors; eval/ runs them.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/parallel.h"
#include "ir/graph.h"
#include "ops/attributes.h"

namespace modelconv {

struct RuntimeValue;
using SequenceValue = std::vector<RuntimeValue>;

// What flows along an edge at run time: a tensor, a sequence, or nothing (an empty optional).
struct RuntimeValue {
  std::variant<std::monostate, Tensor, std::shared_ptr<const SequenceValue>> content;

  RuntimeValue() = default;
  RuntimeValue(Tensor tensor) : content(std::move(tensor)) {}  // NOLINT: a tensor is a value
  static RuntimeValue sequence(SequenceValue items) {
    RuntimeValue value;
    value.content = std::make_shared<const SequenceValue>(std::move(items));
    return value;
  }
  bool empty() const { return std::holds_alternative<std::monostate>(content); }
  bool is_tensor() const { return std::holds_alternative<Tensor>(content); }
  bool is_sequence() const { return std::holds_alternative<std::shared_ptr<const SequenceValue>>(content); }
  const Tensor& tensor() const;  // InternalError when it is something else
  const SequenceValue& sequence() const;
};

class KernelContext {
 public:
  virtual ~KernelContext() = default;

  const Node& node() const { return node_; }
  size_t input_count() const { return inputs_.size(); }
  bool has_input(size_t index) const { return index < inputs_.size() && node_.input(index) != nullptr; }
  // Aligned data. Packed and half types arrive as the op's traits ask (OpDef::widen_half, OpDef::unpack).
  // ShapeError when the input was left out: ask has_input() about optional ones.
  const Tensor& input(size_t index) const { return value(index).tensor(); }
  const RuntimeValue& value(size_t index) const {
    if (!has_input(index)) throw_error(fmt::format("input {} is missing", index));
    return inputs_[index];
  }

  size_t output_count() const { return node_.output_count(); }
  bool wants_output(size_t index) const { return node_.output(index) != nullptr; }
  // Uninitialised memory for an output; reuses the buffer of input `reuse` when the evaluator knows that this is its
  // last use and dtype and size agree (elementwise kernels that read an element before they write it).
  Tensor& allocate(size_t index, DType dtype, Dims dims, int reuse = -1);
  void set_output(size_t index, RuntimeValue value) {
    outputs_[index] = std::move(value);
  }  // for views, sequences
  const RuntimeValue& output(size_t index) const { return outputs_[index]; }

  virtual ThreadPool& threads() = 0;
  // Runs a subgraph attribute: inputs in order of the subgraph's inputs.
  virtual std::vector<RuntimeValue> run(const Graph& graph, std::vector<RuntimeValue> inputs) = 0;
  // A seed for random operators: attribute "seed" if given, else from the evaluator's own seed and the node's place.
  virtual uint64_t random_seed() = 0;

  // ShapeError naming the node and the dtypes and shapes of its inputs.
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw_error(fmt::format(format, std::forward<Args>(args)...));
  }

 protected:
  KernelContext(const Node& node, std::vector<RuntimeValue> inputs)
      : node_(node), inputs_(std::move(inputs)), outputs_(node.output_count()) {}
  virtual Tensor allocate_buffer(DType dtype, Dims dims) = 0;
  virtual bool may_overwrite(size_t input) const = 0;
  [[noreturn]] void throw_error(const std::string& message) const;

  const Node& node_;
  std::vector<RuntimeValue> inputs_;
  std::vector<RuntimeValue> outputs_;
};

using KernelFn = void (*)(KernelContext&);

}  // namespace modelconv
