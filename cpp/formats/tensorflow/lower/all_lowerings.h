// Contents of the other half of the operator table: canonical operators as TensorFlow's. One line per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::tensorflow {

OpMappings lower_activations();    // activations.cpp
OpMappings lower_binary();         // binary.cpp
OpMappings lower_control_flow();   // control_flow.cpp
OpMappings lower_convolutions();   // convolutions.cpp
OpMappings lower_normalization();  // normalization.cpp
OpMappings lower_pools();          // pools.cpp
OpMappings lower_quantization();   // quantization.cpp
OpMappings lower_resizes();        // resize.cpp: and between depth and space
OpMappings lower_random();         // random.cpp
OpMappings lower_detection();      // detection.cpp
OpMappings lower_losses();         // losses.cpp
OpMappings lower_signals();        // signals.cpp
OpMappings lower_sampling();       // sampling.cpp
OpMappings lower_unary();          // unary.cpp
OpMappings lower_reductions();     // reductions.cpp
OpMappings lower_shapes();         // shapes.cpp
OpMappings lower_slices();         // slices.cpp: parts, padding, joining
OpMappings lower_gathers();        // gathers.cpp
OpMappings lower_matrices();       // matrices.cpp

// All of them.
const OpMappings& lowerings();

// There is a rule for the operator.
bool lowers(OpName canonical);

// Casts around nodes whose element type TensorFlow has no CPU kernel for.
void widen_types(Graph& graph);

}  // namespace modelconv::tensorflow
