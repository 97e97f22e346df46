// Rows "hetu.X": X is the name of the node's class without the "Op" behind it. Attributes have Hetu's names.
// Source of the operators' meaning: python/hetu/gpu_ops of Hsword/Hetu.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::hetu {

const OpMappings& op_mappings();

OpMappings elementwise_ops();
OpMappings fill_ops();
OpMappings image_ops();
OpMappings product_ops();
OpMappings reduction_ops();
OpMappings refused_ops();
OpMappings selection_ops();
OpMappings shape_ops();

}  // namespace modelconv::hetu
