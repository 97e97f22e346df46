#include "ops/channels_last.h"

#include <algorithm>
#include <map>

namespace modelconv {
namespace {

constexpr std::string_view kDomain = "nhwc";

using Table = std::map<std::string, ImageOperands, std::less<>>;

const Table& table() {
  static const Table operands = {
      {"AveragePool", {{0}, {0}}},
      {"BatchNormalization", {{0}, {0}}},
      {"Conv", {{0}, {0}}},
      {"ConvInteger", {{0}, {0}}},
      {"ConvTranspose", {{0}, {0}}},
      {"DeformConv", {{0, 2, 4}, {0}}},  // the image, offsets and mask
      {"DepthToSpace", {{0}, {0}}},
      {"GlobalAveragePool", {{0}, {0}}},
      {"GlobalLpPool", {{0}, {0}}},
      {"GlobalMaxPool", {{0}, {0}}},
      {"GridSample", {{0}, {0}}},  // the grid has its coordinates last in any case
      {"GroupNormalization", {{0}, {0}}},
      {"InstanceNormalization", {{0}, {0}}},
      {"LRN", {{0}, {0}}},
      {"LpPool", {{0}, {0}}},
      {"MaxPool", {{0}, {0, 1}}},  // indices keep counting in the canonical order
      {"MaxRoiPool", {{0}, {0}}},
      {"MaxUnpool", {{0, 1}, {0}}},
      {"QLinearConv", {{0}, {0}}},
      {"Resize", {{0}, {0}}},
      {"RoiAlign", {{0}, {0}}},
      {"SpaceToDepth", {{0}, {0}}},
      {"Upsample", {{0}, {0}}},
  };
  return operands;
}

bool contains(const std::vector<size_t>& indices, size_t index) {
  return std::find(indices.begin(), indices.end(), index) != indices.end();
}

// The canonical node behind a channels-last one, in a graph of its own, fed with values of the canonical order.
struct CanonicalNode {
  Graph graph;
  Node* node = nullptr;
  const ImageOperands* images = nullptr;
};

Permutation to_canonical_order(size_t rank) { return inverse(to_channels_last_order(rank)); }

Type canonical_type(const Type& type, const Node& node) {
  if (!type.is_tensor() || !type.shape.has_rank()) return type;
  ENSURE(type.shape.rank() >= 2, ShapeError, "{}: an image of {} axes", node.describe(), type.shape.rank());
  return Type::tensor(type.dtype, permuted(type.shape, to_canonical_order(type.shape.rank())));
}

void build_canonical(const Node& node, CanonicalNode& made) {
  const OpName op = canonical_form(node.op());
  made.images = image_operands(op);
  std::vector<Value*> inputs;
  for (size_t i = 0; i < node.input_count(); ++i) {
    const Value* input = node.input(i);
    if (!input) {
      inputs.push_back(nullptr);
    } else if (made.images->is_image_input(i)) {
      inputs.push_back(&made.graph.add_input("", canonical_type(input->type, node)));
    } else if (input->is_constant()) {
      inputs.push_back(&made.graph.add_constant(input->constant()));
    } else {
      inputs.push_back(&made.graph.add_input("", input->type));
      inputs.back()->elements = input->elements;
    }
  }
  std::vector<std::string> outputs;
  for (const Value* output : node.outputs()) outputs.push_back(output ? "" : Graph::kNoOutput);
  made.node = &made.graph.add_node(op, inputs, node.attrs, outputs, node.name());
}

void infer_channels_last(InferContext& context) {
  CanonicalNode canonical;
  build_canonical(context.node(), canonical);
  infer_node(*canonical.node);
  for (size_t i = 0; i < context.output_count(); ++i) {
    const Value* output = canonical.node->output(i);
    if (!output || !output->type.is_tensor()) continue;
    Shape shape = output->shape();
    if (canonical.images->is_image_output(i) && shape.has_rank())
      shape = permuted(shape, to_channels_last_order(shape.rank()));
    context.set_output(i, output->dtype(), std::move(shape));
  }
}

// Runs the canonical kernel with what the evaluator gives to the channels-last node.
class CanonicalContext final : public KernelContext {
 public:
  CanonicalContext(const Node& node, std::vector<RuntimeValue> inputs, KernelContext& outer)
      : KernelContext(node, std::move(inputs)), outer_(outer) {}
  ThreadPool& threads() override { return outer_.threads(); }
  std::vector<RuntimeValue> run(const Graph& graph, std::vector<RuntimeValue> inputs) override {
    return outer_.run(graph, std::move(inputs));
  }
  uint64_t random_seed() override { return outer_.random_seed(); }

 protected:
  Tensor allocate_buffer(DType dtype, Dims dims) override { return Tensor::allocate(dtype, std::move(dims)); }
  bool may_overwrite(size_t) const override { return false; }

 private:
  KernelContext& outer_;
};

void run_channels_last(KernelContext& context) {
  CanonicalNode canonical;
  build_canonical(context.node(), canonical);
  std::vector<RuntimeValue> inputs;
  for (size_t i = 0; i < context.node().input_count(); ++i) {
    if (!context.has_input(i)) {
      inputs.emplace_back();
      continue;
    }
    const Tensor& tensor = context.input(i);
    const bool image = canonical.images->is_image_input(i);
    if (image && tensor.rank() < 2) context.fail("input {} has no channel axis", i);
    inputs.emplace_back(image ? permuted(tensor, to_canonical_order(tensor.rank())) : tensor);
  }
  CanonicalContext inner(*canonical.node, std::move(inputs), context);
  find_op(canonical.node->op())->kernel()(inner);
  for (size_t i = 0; i < context.output_count(); ++i) {
    if (!context.wants_output(i)) continue;
    const Tensor& result = inner.output(i).tensor();
    context.set_output(i, canonical.images->is_image_output(i)
                              ? permuted(result, to_channels_last_order(result.rank()))
                              : result);
  }
}

}  // namespace

bool ImageOperands::is_image_input(size_t index) const { return contains(inputs, index); }
bool ImageOperands::is_image_output(size_t index) const { return contains(outputs, index); }

const ImageOperands* image_operands(OpName canonical) {
  if (!canonical.is_canonical()) return nullptr;
  const auto found = table().find(canonical.name());
  return found == table().end() ? nullptr : &found->second;
}

bool is_channels_last(OpName op) { return op.domain() == kDomain; }
OpName channels_last_form(OpName canonical) { return {kDomain, canonical.name()}; }
OpName canonical_form(OpName channels_last) { return {"", channels_last.name()}; }

Permutation to_channels_last_order(size_t rank) {
  Permutation order{0};
  for (size_t axis = 2; axis < rank; ++axis) order.push_back(axis);
  order.push_back(1);
  return order;
}

OpDefs channels_last_ops() {
  OpDefs defs;
  for (const auto& [name, operands] : table())
    defs.push_back(
        OpDef(OpName(kDomain, name)).infer(infer_channels_last).evaluate(run_channels_last).widen_half());
  return defs;
}

}  // namespace modelconv
