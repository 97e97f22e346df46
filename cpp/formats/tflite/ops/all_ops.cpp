#include "formats/tflite/ops/all_ops.h"

namespace modelconv::tflite {

const OpMappings& op_mappings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() : {
             binary_ops,
             complex_ops,
             concat_ops,
             control_ops,
             convolution_ops,
             detection_ops,
             diagonal_ops,
             fill_ops,
             gather_ops,
             image_ops,
             matrix_ops,
             normalization_ops,
             pass_through_ops,
             pooling_ops,
             recurrent_ops,
             reduction_ops,
             refused_ops,
             segment_ops,
             shape_ops,
             slice_ops,
             stablehlo_calls_ops,
             stablehlo_ops,
             transposed_convolution_ops,
             unary_ops,
             windows_ops,
         })
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

}  // namespace modelconv::tflite
