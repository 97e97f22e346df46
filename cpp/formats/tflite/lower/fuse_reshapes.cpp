#include "formats/tflite/lower/fuse_reshapes.h"

#include <algorithm>
#include <set>

#include "formats/tflite/quantization.h"
#include "ir/take_over.h"
#include "ops/axes.h"

namespace modelconv::tflite {
namespace {

bool is_reduction(const Node& node) {
  static const std::set<std::string> names = {"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"};
  return node.op().domain() == "tflite" && names.contains(node.op().name()) && node.input(1)->is_constant();
}

// The result's shape with the reduced axes kept, or without them.
Shape reduced_shape(const Node& reduction, bool keeps) {
  const Shape& x = reduction.input(0)->shape();
  std::set<size_t> axes;
  for (const int64_t axis : reduction.input(1)->constant().to_int64())
    axes.insert(normalize_axis(axis, x.rank()));
  std::vector<Dim> dims;
  for (size_t i = 0; i < x.rank(); ++i) {
    if (!axes.contains(i)) dims.push_back(x[i]);
    if (axes.contains(i) && keeps) dims.emplace_back(1);
  }
  return Shape(dims);
}

bool has_same_dims(const Shape& a, const Shape& b) {
  return a.has_rank() && b.has_rank() &&
         std::equal(a.dims().begin(), a.dims().end(), b.dims().begin(), b.dims().end(),
                    [](const Dim& x, const Dim& y) { return x == y && !x.is_unknown(); });
}

// `y` of the node behind stands for what `x` was, in its shape.
void take_over_shape(Node& behind) {
  Value& x = *behind.input(0);
  x.type = behind.output()->type;
  take_over(x, behind);
}

// Rows made of all axes but the last, multiplied, and put back: the product keeps the axes itself.
bool keep_axes(Graph& graph, Node& product, Node& reshape) {
  static const OpName kProduct("tflite.FULLY_CONNECTED");
  Node* rows = product.op() == kProduct ? product.input(0)->producer() : nullptr;
  if (!rows || rows->op() != reshape.op() || &rows->graph() != &graph) return false;
  const Shape &from = rows->input(0)->shape(), &to = reshape.output()->shape();
  if (!from.has_rank() || !to.has_rank() || from.rank() != to.rank() || from.rank() < 3) return false;
  const Shape &flat = rows->output()->shape(), &result = product.output()->shape();
  const size_t last = from.rank() - 1;
  if (flat.rank() != 2 || result.rank() != 2 || !(flat[1] == from[last]) || !(result[1] == to[last]))
    return false;
  for (size_t i = 0; i < last; ++i)
    if (!(from[i] == to[i]) || from[i].is_unknown()) return false;
  if (quantization_of(*rows->input(0)) != quantization_of(*rows->output())) return false;
  graph.set_input(product, 0, rows->input(0));
  product.attrs.set("keep_num_dims", int64_t{1});
  take_over_shape(reshape);
  return true;
}

void fuse(Graph& graph, Node& reshape) {
  Value& x = *reshape.input(0);
  Node* producer = x.producer();
  if (!producer || &producer->graph() != &graph || !x.has_one_use() || x.is_graph_output()) return;
  if (quantization_of(x) != quantization_of(*reshape.output())) return;
  if (keep_axes(graph, *producer, reshape)) return;
  if (producer->op() == reshape.op()) return graph.set_input(reshape, 0, producer->input(0));
  if (!is_reduction(*producer) || !producer->input(0)->shape().has_rank()) return;
  const bool keeps = producer->attrs.get_or<int64_t>("keep_dims", 0) != 0;
  if (!has_same_dims(reduced_shape(*producer, !keeps), reshape.output()->shape())) return;
  producer->attrs.set("keep_dims", int64_t{!keeps});
  take_over_shape(reshape);
}

}  // namespace

void fuse_reshapes(Graph& graph) {
  static const OpName kReshape("tflite.RESHAPE");
  for (Node* node : graph.node_list()) {
    for (Graph* subgraph : node->subgraphs()) fuse_reshapes(*subgraph);
    if (node->op() == kReshape) fuse(graph, *node);
  }
}

}  // namespace modelconv::tflite
