#include "formats/tensorflow/ops/all_ops.h"

#include "formats/tensorflow/decode.h"

namespace modelconv::tensorflow {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() : {
             activation_ops,
             binary_ops,
             concat_ops,
             control_flow_ops,
             convolution_ops,
             detection_ops,
             fill_ops,
             gather_ops,
             image_ops,
             matrix_ops,
             normalization_ops,
             pass_through_ops,
             pooling_ops,
             reduction_ops,
             shape_ops,
             slice_ops,
             transposed_convolution_ops,
             unary_ops,
         })
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::tensorflow
