#include "formats/darknet/ops/all_ops.h"

namespace modelconv::darknet {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() :
         {activation_ops, convolution_ops, connected_ops, detection_ops, head_ops, join_ops,
          normalization_ops, pooling_ops, recurrent_ops, scan_ops, shape_ops, softmax_ops})
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::darknet
