#include "formats/caffe/ops/all_ops.h"

namespace modelconv::caffe {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() :
         {activation_ops, arithmetic_ops, convolution_ops, detection_ops, indexing_ops, inner_product_ops,
          normalization_ops, pooling_ops, prior_box_ops, proposal_ops, recurrent_ops, reduction_ops,
          refused_ops, resize_ops, roi_ops, shape_ops})
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::caffe
