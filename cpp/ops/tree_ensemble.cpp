// TreeEnsemble of ai.onnx.ml (version 5): sums, means or extremes of the leaves that a row reaches in every tree.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/all_ops.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

enum Mode : int64_t { kLessEqual, kLess, kGreaterEqual, kGreater, kEqual, kNotEqual, kMember };
enum Aggregate : int64_t { kAverage, kSum, kMin, kMax };
enum Transform : int64_t { kNone, kSoftmax, kLogistic, kSoftmaxZero };

struct Branch {
  size_t index;  // of a node or a leaf
  bool is_leaf;
};

struct TreeNode {
  int64_t mode;
  double split;
  int64_t feature;
  Branch when_true, when_false;
  bool nan_is_true;
  std::vector<double> members;  // sorted

  bool test(double x) const {
    if (std::isnan(x) && nan_is_true) return true;
    switch (mode) {
      case kLessEqual: return x <= split;
      case kLess: return x < split;
      case kGreaterEqual: return x >= split;
      case kGreater: return x > split;
      case kEqual: return x == split;
      case kNotEqual: return x != split;
      default: return std::binary_search(members.begin(), members.end(), x);
    }
  }
};

struct Forest {
  std::vector<TreeNode> nodes;
  std::vector<double> weights;   // of the leaves
  std::vector<int64_t> targets;  // of the leaves
  std::vector<size_t> roots;
  int64_t target_count;
};

std::vector<int64_t> list_of(const KernelContext& context, const char* name, size_t count) {
  std::vector<int64_t> values = ints_attr(context.node(), name);
  if (values.size() != count) context.fail("{} has {} elements, not {}", name, values.size(), count);
  return values;
}

Branch read_branch(const KernelContext& context, const Forest& forest, int64_t index, int64_t is_leaf,
                   size_t nodes) {
  const size_t limit = is_leaf != 0 ? forest.weights.size() : nodes;
  if (index < 0 || static_cast<size_t>(index) >= limit)
    context.fail("a branch leads to {} of {}", index, limit);
  return {static_cast<size_t>(index), is_leaf != 0};
}

// Sets of members, each ended by a NaN, in the order of the nodes that test membership.
void read_members(const KernelContext& context, Forest& forest) {
  std::vector<double> all;
  if (context.node().attrs.has("membership_values"))
    all = tensor_attr(context.node(), "membership_values").aligned().to_double();
  auto next = all.begin();
  for (TreeNode& node : forest.nodes) {
    if (node.mode != kMember) continue;
    const auto end = std::find_if(next, all.end(), [](double value) { return std::isnan(value); });
    if (end == all.end()) context.fail("membership_values has too few sets");
    node.members.assign(next, end);
    std::sort(node.members.begin(), node.members.end());
    next = end + 1;
  }
}

Forest read_forest(const KernelContext& context) {
  const Node& node = context.node();
  Forest forest;
  forest.weights = tensor_attr(node, "leaf_weights").aligned().to_double();
  forest.targets = list_of(context, "leaf_targetids", forest.weights.size());
  forest.target_count = optional_int(node, "n_targets").value_or(1);
  for (const int64_t target : forest.targets)
    if (target < 0 || target >= forest.target_count) context.fail("a leaf's target is {}", target);
  const std::vector<double> splits = tensor_attr(node, "nodes_splits").aligned().to_double();
  const std::vector<int64_t> modes = tensor_attr(node, "nodes_modes").aligned().to_int64();
  const size_t count = modes.size();
  const auto features = list_of(context, "nodes_featureids", count),
             true_ids = list_of(context, "nodes_truenodeids", count),
             false_ids = list_of(context, "nodes_falsenodeids", count),
             true_leafs = list_of(context, "nodes_trueleafs", count),
             false_leafs = list_of(context, "nodes_falseleafs", count);
  std::vector<int64_t> nan_true(count, 0);
  if (node.attrs.has("nodes_missing_value_tracks_true"))
    nan_true = list_of(context, "nodes_missing_value_tracks_true", count);
  if (splits.size() != count) context.fail("nodes_splits has {} elements, not {}", splits.size(), count);
  for (size_t i = 0; i < count; ++i) {
    if (modes[i] < kLessEqual || modes[i] > kMember) context.fail("a node's mode is {}", modes[i]);
    forest.nodes.push_back({modes[i],
                            splits[i],
                            features[i],
                            read_branch(context, forest, true_ids[i], true_leafs[i], count),
                            read_branch(context, forest, false_ids[i], false_leafs[i], count),
                            nan_true[i] != 0,
                            {}});
  }
  read_members(context, forest);
  for (const int64_t root : ints_attr(node, "tree_roots")) {
    if (root < 0 || static_cast<size_t>(root) >= count) context.fail("a tree's root is {}", root);
    forest.roots.push_back(static_cast<size_t>(root));
  }
  return forest;
}

// The leaf that a row reaches. A file can hold a circle, which would never reach one.
template <class T>
size_t find_leaf(const KernelContext& context, const Forest& forest, size_t root, const T* row) {
  Branch place{root, false};
  for (size_t steps = 0; !place.is_leaf; ++steps) {
    if (steps > forest.nodes.size()) context.fail("the tree at node {} has a circle", root);
    const TreeNode& node = forest.nodes[place.index];
    place = node.test(static_cast<double>(row[node.feature])) ? node.when_true : node.when_false;
  }
  return place.index;
}

void transform(std::vector<double>& scores, int64_t how) {
  if (how == kLogistic)
    for (double& score : scores) score = 1 / (1 + std::exp(-score));
  if (how != kSoftmax && how != kSoftmaxZero) return;
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) {  // the form "zero" leaves zeros as they are
    if (how == kSoftmaxZero && score == 0) continue;
    sum += score = std::exp(score - largest);
  }
  for (double& score : scores) score = sum == 0 ? score : score / sum;
}

template <class T>
void predict(KernelContext& context, const Forest& forest) {
  const Tensor& x = context.input(0);
  const int64_t rows = x.dims()[0], width = x.dims()[1];
  const int64_t how = int_attr(context.node(), "aggregate_function"),
                after = int_attr(context.node(), "post_transform");
  if (how < kAverage || how > kMax) context.fail("no aggregate_function {}", how);
  if (after < kNone || after > kSoftmaxZero) context.fail("no kernel for post_transform {}", after);
  for (const TreeNode& node : forest.nodes)
    if (node.feature < 0 || node.feature >= width) context.fail("feature {} of {}", node.feature, width);
  T* y = context.allocate(0, x.dtype(), {rows, forest.target_count}).template mutable_data<T>().data();
  const double start = how == kMin   ? static_cast<double>(std::numeric_limits<T>::max())
                       : how == kMax ? static_cast<double>(std::numeric_limits<T>::lowest())
                                     : 0;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<double> scores(static_cast<size_t>(forest.target_count), start);
    for (const size_t root : forest.roots) {
      const size_t leaf = find_leaf(context, forest, root, x.data<T>().data() + row * width);
      double& score = scores[static_cast<size_t>(forest.targets[leaf])];
      const double weight = forest.weights[leaf];
      score = how == kMin ? std::min(score, weight)
              : how == kMax
                  ? std::max(score, weight)
                  : score + (how == kAverage ? weight / static_cast<double>(forest.roots.size()) : weight);
    }
    transform(scores, after);
    for (const double score : scores) *y++ = static_cast<T>(score);
  }
}

void tree_kernel(KernelContext& context) {
  const Tensor& x = context.input(0);
  if (x.rank() != 2) context.fail("the input must be of shape [rows, features]");
  const Forest forest = read_forest(context);
  if (forest.target_count < 1 || forest.target_count > (1 << 24))
    context.fail("n_targets is {}", forest.target_count);
  visit_types(context, x.dtype(), [&]<class T>(T) { predict<T>(context, forest); }, FloatTypes());
}

void infer_tree(InferContext& context) {
  const Shape& x = context.input_shape(0);
  const Dim rows = x.has_rank() && x.rank() == 2 ? x[0] : Dim();
  context.set_output(0, context.input_dtype(0),
                     {rows, optional_int(context.node(), "n_targets").value_or(1)});
}

}  // namespace

OpDefs tree_ensemble_ops() {
  return {OpDef({"ai.onnx.ml", "TreeEnsemble"}).infer(infer_tree).evaluate(tree_kernel).widen_half()};
}

}  // namespace modelconv
