// Contents of the other half of the operator table: canonical operators as TensorFlow's. One line per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::tensorflow {

OpMappings lower_activations();  // activations.cpp
OpMappings lower_binary();       // binary.cpp
OpMappings lower_unary();        // unary.cpp
OpMappings lower_reductions();   // reductions.cpp
OpMappings lower_shapes();       // shapes.cpp
OpMappings lower_slices();       // slices.cpp: parts, padding, joining
OpMappings lower_gathers();      // gathers.cpp
OpMappings lower_matrices();     // matrices.cpp

// All of them.
const OpMappings& lowerings();

// Casts around nodes whose element type TensorFlow has no CPU kernel for.
void widen_types(Graph& graph);

}  // namespace modelconv::tensorflow
