#include <algorithm>
#include <cmath>

#include "ops/attributes.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

// What a constant Pad adds to each axis, all axes listed: [begin of each ..., end of each ...].
std::optional<std::vector<int64_t>> pads_of_all_axes(const Node& pad, size_t rank) {
  const Value* amounts = pad.input(1);
  if (!amounts || !amounts->is_constant()) return std::nullopt;
  const std::vector<int64_t> given = amounts->constant().to_int64();
  const Value* axes = pad.input(3);
  if (!axes) return given.size() == 2 * rank ? std::optional(given) : std::nullopt;
  if (!axes->is_constant()) return std::nullopt;
  const std::vector<int64_t> listed = axes->constant().to_int64();
  if (given.size() != 2 * listed.size()) return std::nullopt;
  std::vector<int64_t> all(2 * rank, 0);
  for (size_t i = 0; i < listed.size(); ++i) {
    const size_t axis = normalize_axis(listed[i], rank);
    all[axis] = given[i];
    all[rank + axis] = given[listed.size() + i];
  }
  return all;
}

bool pads_with(const Node& pad, double wanted) {
  if (string_attr(pad, "mode") != "constant") return false;
  const Value* value = pad.input(2);
  if (!value) return wanted == 0;
  return value->is_constant() && value->constant().size() == 1 && value->constant().to_double()[0] == wanted;
}

// The node's own pads plus those of the Pad before it; nothing with a reason when they cannot be joined.
std::optional<std::vector<int64_t>> joined_pads(const Node& pad, const Node& node, size_t rank) {
  const auto added = pads_of_all_axes(pad, rank);
  if (!added) return std::nullopt;
  const size_t spatial = rank - 2;
  std::vector<int64_t> pads = optional_ints(node, "pads").value_or(std::vector<int64_t>(2 * spatial, 0));
  if (pads.size() != 2 * spatial) return std::nullopt;
  for (size_t side = 0; side < 2; ++side)
    for (size_t axis = 0; axis < rank; ++axis) {
      const int64_t amount = (*added)[side * rank + axis];
      if (amount < 0 || (axis < 2 && amount != 0)) return std::nullopt;
      if (axis >= 2) pads[side * spatial + axis - 2] += amount;
    }
  return pads;
}

bool has_explicit_padding(const Node& node) {
  const std::string mode = optional_string(node, "auto_pad").value_or("NOTSET");
  return mode == "NOTSET" || mode == "VALID";
}

Outcome replace_padded(Node& node, Patch& patch, Attrs attrs, const std::vector<int64_t>& pads) {
  attrs.remove("auto_pad");
  attrs.set("pads", pads);
  std::vector<Value*> inputs(node.inputs().begin(), node.inputs().end());
  inputs[0] = inputs[0]->producer()->input(0);
  Node& joined =
      patch.add_node(node.op(), std::move(inputs), std::move(attrs), node.output_count(), node.name());
  for (size_t i = 0; i < node.output_count(); ++i)
    if (node.output(i)) patch.replace(*node.output(i), *joined.output(i));
  return Outcome::applied();
}

// The Pad that feeds input 0 and can be joined with the node's own padding.
const Node* pad_before(const Node& node) {
  const Node* pad = node.input(0)->producer();
  return pad && pad->op() == OpName("Pad") && node.input(0)->shape().has_rank() &&
                 node.input(0)->shape().rank() > 2
             ? pad
             : nullptr;
}

Outcome fuse_pad_into_conv(Node& node, Patch& patch) {
  const Node* pad = pad_before(node);
  if (!pad) return no_match();
  if (!has_explicit_padding(node)) return refuse("auto_pad decides its padding");
  double zero = 0;  // the quantised forms pad with their zero point
  if (const Value* zero_point = node.op() == OpName("ConvInteger") ? node.input(2) : nullptr) {
    if (!zero_point->is_constant()) return refuse("its zero point is not constant");
    zero = zero_point->constant().to_double().at(0);
  }
  if (!pads_with(*pad, zero)) return refuse("{} does not pad with zeros", pad->describe());
  const auto pads = joined_pads(*pad, node, node.input(0)->shape().rank());
  if (!pads) return refuse("{} does more than widen the spatial axes by constant amounts", pad->describe());
  return replace_padded(node, patch, node.attrs, *pads);
}

// No element is below zero (NaN aside), so that zeros around them are never the largest of a window with an element in it.
bool is_not_negative(const Value& value) {
  static const std::vector<OpName> ops = {"Relu", "Sigmoid", "HardSigmoid", "Softmax",
                                          "Exp",  "Abs",     "Softplus"};
  const Node* producer = value.producer();
  if (!producer) return false;
  if (std::find(ops.begin(), ops.end(), producer->op()) != ops.end()) return true;
  const Value* low = producer->op() == OpName("Clip") ? producer->input(1) : nullptr;
  return low && low->is_constant() && low->constant().size() == 1 && low->constant().to_double()[0] >= 0;
}

// A window of a MaxPool that lies in its own padding is ignored, as -inf is. For an AveragePool padded zeros count, which
// is what count_include_pad means; with padding of its own, both would have to count.
Outcome fuse_pad_into_pool(Node& node, Patch& patch) {
  const Node* pad = pad_before(node);
  if (!pad) return no_match();
  if (!has_explicit_padding(node)) return refuse("auto_pad decides its padding");
  if (int_attr(node, "ceil_mode") != 0) return refuse("ceil_mode counts padding at the end differently");
  const bool average = node.op() == OpName("AveragePool");
  const bool zeros = pads_with(*pad, 0.0);
  if (average ? !zeros : !pads_with(*pad, -INFINITY) && !(zeros && is_not_negative(*pad->input(0))))
    return refuse("{} does not pad with {}", pad->describe(), average ? "zeros" : "-inf");
  if (!average && node.output(1)) return refuse("its indices would count other positions");
  const auto pads = joined_pads(*pad, node, node.input(0)->shape().rank());
  if (!pads) return refuse("{} does more than widen the spatial axes by constant amounts", pad->describe());
  const std::vector<int64_t> kernel = ints_attr(node, "kernel_shape");
  for (size_t i = 0; i < pads->size(); ++i)
    if ((*pads)[i] >= kernel[i % kernel.size()]) return refuse("a window would lie in the padding alone");
  Attrs attrs = node.attrs;
  if (average) {
    for (const int64_t own : optional_ints(node, "pads").value_or(std::vector<int64_t>{}))
      if (own != 0 && int_attr(node, "count_include_pad") == 0)
        return refuse("it has padding of its own that does not count");
    attrs.set("count_include_pad", int64_t{1});
  }
  return replace_padded(node, patch, std::move(attrs), *pads);
}

// ONNX Runtime 1.31 takes the zeros of a Pad for the padding of the MaxPool after it, which is -inf: wrong where a window has
// negative elements alone. It leaves pools with auto_pad alone, and VALID says what no pads say.
Outcome guard_padded_max_pool(Node& node, Patch& patch) {
  const Node* pad = pad_before(node);
  if (!pad || optional_string(node, "auto_pad").value_or("NOTSET") != "NOTSET") return no_match();
  if (int_attr(node, "ceil_mode") != 0 || pads_with(*pad, -INFINITY)) return no_match();
  for (const int64_t own : optional_ints(node, "pads").value_or(std::vector<int64_t>{}))
    if (own != 0) return no_match();
  Attrs attrs = node.attrs;
  attrs.remove("pads");
  attrs.set("auto_pad", "VALID");
  patch.set_attrs(node, std::move(attrs));
  return Outcome::applied();
}

}  // namespace

Rules fuse_pad_rules() {
  return {Rule("fuse_pad_into_conv")
              .describe("a Pad with zeros becomes the padding of the convolution after it")
              .on({"Conv", "ConvInteger"}, fuse_pad_into_conv),
          Rule("fuse_pad_into_pool")
              .describe("a Pad with zeros (AveragePool; MaxPool of what is never negative) or -inf (MaxPool) "
                        "becomes the "
                        "pool's padding")
              .on({"AveragePool", "MaxPool"}, fuse_pad_into_pool),
          Rule("guard_padded_max_pool")
              .describe("a MaxPool behind a Pad says auto_pad=VALID, so that ONNX Runtime does not join the "
                        "two wrongly")
              .on({"MaxPool"}, guard_padded_max_pool)};
}

}  // namespace modelconv
