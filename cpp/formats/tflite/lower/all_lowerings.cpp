#include "formats/tflite/lower/all_lowerings.h"

namespace modelconv::tflite {

const OpMappings& lowerings() {
  static const OpMappings table = [] {
    OpMappings rows;
    for (OpMappings (*family)() :
         {lower_attentions, lower_convolutions, lower_elementwise, lower_formulas, lower_gathers,
          lower_images, lower_losses, lower_normalizations, lower_pools, lower_products, lower_quantization,
          lower_reductions, lower_resizes, lower_shapes, lower_slices}) {
      OpMappings more = family();
      rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
  }();
  return table;
}

}  // namespace modelconv::tflite
