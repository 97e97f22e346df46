#include "formats/tflite/lower/all_lowerings.h"

#include <algorithm>

namespace modelconv::tflite {

const OpMappings& lowerings() {
  static const OpMappings table = [] {
    OpMappings rows;
    for (OpMappings (*family)() :
         {lower_control_flow, lower_convolutions, lower_elementwise, lower_formulas, lower_gathers,
          lower_images, lower_integers, lower_losses, lower_normalizations, lower_pools, lower_products,
          lower_quantization, lower_reductions, lower_resizes, lower_sampling, lower_shapes, lower_slices}) {
      OpMappings more = family();
      rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
  }();
  return table;
}

bool lowers(OpName canonical) {
  const OpMappings& rows = lowerings();
  return std::any_of(rows.begin(), rows.end(),
                     [&](const OpMapping& row) { return row.canonical == canonical; });
}

}  // namespace modelconv::tflite
