#include "formats/tensorflow/encode/weights.h"

#include "base/parallel.h"
#include "ops/move_elements.h"

namespace modelconv::tensorflow {
namespace {

bool changes_layout(const Node& node) {
  static const OpName kTranspose("tf.Transpose"), kReshape("tf.Reshape");
  return (node.op() == kTranspose || node.op() == kReshape) && node.input(1) && node.input(1)->is_constant();
}

Tensor transpose(const Tensor& source, const std::vector<int64_t>& perm) {
  const Dims from = row_major_strides(source.dims());
  Dims dims, strides;
  for (const int64_t axis : perm) {
    dims.push_back(source.dims().at(static_cast<size_t>(axis)));
    strides.push_back(from.at(static_cast<size_t>(axis)));
  }
  Tensor target = Tensor::allocate(source.dtype(), dims);
  ThreadPool threads(1);
  copy_box(threads, source, target, {dims, strides, row_major_strides(dims)});
  return target;
}

// A size of -1 is what is left.
Dims new_dims(const Tensor& source, Dims dims) {
  int64_t known = 1;
  for (const int64_t size : dims)
    if (size >= 0) known *= size;
  for (int64_t& size : dims)
    if (size < 0) size = known == 0 ? 0 : source.size() / known;
  return dims;
}

}  // namespace

bool is_weight(const Value& value) {
  if (value.is_constant()) return true;
  const Node* node = value.producer();
  return node && changes_layout(*node) && node->input(0) && is_weight(*node->input(0));
}

uint64_t weight_bytes(const Value& value) {
  return value.is_constant() ? value.constant().nbytes() : weight_bytes(*value.producer()->input(0));
}

Tensor read_weight(const Value& value) {
  if (value.is_constant()) return value.constant();
  const Node& node = *value.producer();
  const Tensor source = read_weight(*node.input(0));
  const std::vector<int64_t> numbers = node.input(1)->constant().to_int64();
  return node.op().name() == "Reshape" ? source.reshaped(new_dims(source, numbers))
                                       : transpose(source, numbers);
}

void hoist_weights(Graph& main, uint64_t bytes) {
  for_each_node(main, [&](Node& node) {
    for (Graph* subgraph : node.subgraphs()) {
      std::vector<Value*> large;
      for (const auto& constant : subgraph->constants())
        if (constant->constant().nbytes() > bytes) large.push_back(constant.get());
      for (Value* constant : large) {
        const std::string name = constant->name();
        Value& copy = main.add_constant(constant->constant(), name);
        subgraph->replace_all_uses(*constant, copy);
        subgraph->remove_constant(*constant);
      }
    }
  });
}

}  // namespace modelconv::tensorflow
