#include "formats/tensorflow/lower/all_lowerings.h"

#include <algorithm>

namespace modelconv::tensorflow {

const OpMappings& lowerings() {
  static const OpMappings table = [] {
    OpMappings all;
    for (OpMappings (*family)() : {
             lower_activations,  lower_binary,  lower_control_flow, lower_convolutions,  lower_detection,
             lower_gathers,      lower_losses,  lower_matrices,     lower_normalization, lower_pools,
             lower_quantization, lower_random,  lower_reductions,   lower_resizes,       lower_sampling,
             lower_shapes,       lower_signals, lower_slices,       lower_unary,
         })
      for (OpMapping& row : family()) all.push_back(std::move(row));
    return all;
  }();
  return table;
}

bool lowers(OpName canonical) {
  const OpMappings& rows = lowerings();
  const OpName channels_last = canonical.is_canonical() ? OpName("nhwc", canonical.name()) : canonical;
  return std::any_of(rows.begin(), rows.end(), [&](const OpMapping& row) {
    return row.canonical == canonical || row.canonical == channels_last;
  });
}

}  // namespace modelconv::tensorflow
