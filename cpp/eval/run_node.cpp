#include "eval/run_node.h"

#include <bit>

namespace modelconv {
namespace {

class NodeContext final : public KernelContext {
 public:
  NodeContext(const Node& node, std::vector<RuntimeValue> inputs, const std::vector<bool>& dying,
              KernelHost& host)
      : KernelContext(node, std::move(inputs)), dying_(dying), host_(host) {}

  ThreadPool& threads() override { return host_.threads; }

  std::vector<RuntimeValue> run(const Graph& graph, std::vector<RuntimeValue> inputs) override {
    ENSURE(host_.run_subgraph, InternalError, "{}: subgraphs cannot be run here", node_.describe());
    return host_.run_subgraph(graph, std::move(inputs));
  }

  uint64_t random_seed() override {
    const Attribute* seed = node_.attrs.find("seed");
    if (!seed) return host_.seed;
    // An int for Dropout, a float for all others.
    if (const auto* number = std::get_if<int64_t>(seed)) return static_cast<uint64_t>(*number);
    return std::bit_cast<uint32_t>(float_attr(node_, "seed"));
  }

  std::vector<RuntimeValue> take_outputs() { return std::move(outputs_); }
  std::vector<RuntimeValue>& inputs() { return inputs_; }

 protected:
  Tensor allocate_buffer(DType dtype, Dims dims) override {
    if (dtype == DType::string) return Tensor::allocate(dtype, std::move(dims));
    const size_t bytes = storage_bytes(dtype, element_count(dims));
    return Tensor::adopt(dtype, std::move(dims), host_.buffers.take(bytes));
  }

  bool may_overwrite(size_t input) const override {
    return dying_[input] && inputs_[input].is_tensor() &&
           inputs_[input].tensor().keep_alive().use_count() == 1;
  }

 private:
  const std::vector<bool>& dying_;
  KernelHost& host_;
};

bool is_narrow_float(DType dtype) {
  return is_float(dtype) && dtype != DType::float32 && dtype != DType::float64;
}

Tensor widen(const Tensor& narrow) {
  Tensor wide = Tensor::allocate(DType::float32, narrow.dims());
  to_float(narrow.dtype(), narrow.bytes().data(), narrow.size(), wide.mutable_data<float>().data());
  return wide;
}

Tensor narrow(const Tensor& wide, DType dtype) {
  Tensor result = Tensor::allocate(dtype, wide.dims());
  from_float(wide.data<float>().data(), wide.size(), dtype, result.mutable_bytes().data(), true);
  return result;
}

// The type that stands in for a packed one while its elements are a byte each.
DType byte_type(DType packed) { return is_integer(packed) && is_signed(packed) ? DType::int8 : DType::uint8; }

Tensor to_bytes(const Tensor& packed) {
  Tensor bytes = Tensor::allocate(byte_type(packed.dtype()), packed.dims());
  unpack(packed.dtype(), packed.bytes().data(), packed.size(),
         reinterpret_cast<uint8_t*>(bytes.mutable_bytes().data()));
  return bytes;
}

Tensor from_bytes(const Tensor& bytes, DType packed) {
  Tensor result = Tensor::allocate(packed, bytes.dims());
  pack(reinterpret_cast<const uint8_t*>(bytes.bytes().data()), bytes.size(), packed,
       result.mutable_bytes().data());
  return result;
}

// Before the kernel: aligned data, packed and half types as the op asks. Returns the first type that was converted;
// outputs whose type inference did not settle take it.
DType prepare(std::vector<RuntimeValue>& inputs, const OpDef& op) {
  DType converted = DType::undefined;
  for (RuntimeValue& input : inputs) {
    if (!input.is_tensor()) continue;
    Tensor& tensor = std::get<Tensor>(input.content);
    const DType dtype = tensor.dtype();
    const bool unpacks = op.unpacks() && is_packed(dtype);
    const bool widens = !unpacks && op.widens_half() && is_narrow_float(dtype);
    if (unpacks)
      tensor = to_bytes(tensor);
    else if (widens)
      tensor = widen(tensor);
    else if (!tensor.is_aligned())
      tensor = tensor.aligned();
    if ((unpacks || widens) && converted == DType::undefined) converted = dtype;
  }
  return converted;
}

// After the kernel: back to the types that the graph says.
void restore(std::vector<RuntimeValue>& outputs, const Node& node, const OpDef& op, DType converted) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].is_tensor() || !node.output(i)) continue;
    const Tensor& result = outputs[i].tensor();
    const DType declared = node.output(i)->dtype();
    const DType wanted = declared == DType::undefined ? converted : declared;
    if (wanted == result.dtype()) continue;
    if (op.unpacks() && is_packed(wanted) && result.dtype() == byte_type(wanted))
      outputs[i] = from_bytes(result, wanted);
    else if (op.widens_half() && is_narrow_float(wanted) && result.dtype() == DType::float32)
      outputs[i] = narrow(result, wanted);
  }
}

}  // namespace

std::vector<RuntimeValue> run_node(const Node& node, const OpDef& op, std::vector<RuntimeValue> inputs,
                                   const std::vector<bool>& dying, KernelHost& host) {
  const DType converted = prepare(inputs, op);
  NodeContext context(node, std::move(inputs), dying, host);
  try {
    op.kernel()(context);
  } catch (Error& error) {
    if (error.where().empty()) error.in(node.describe());
    throw;
  }
  std::vector<RuntimeValue> outputs = context.take_outputs();
  restore(outputs, node, op, converted);
  return outputs;
}

}  // namespace modelconv
