// Contents of the other half of the operator table: canonical operators, and image operators in channels-last form, as
// TFLite's. One line per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::tflite {

OpMappings lower_control_flow();  // also RNN, GRU and LSTM
OpMappings lower_convolutions();
OpMappings lower_elementwise();
OpMappings lower_formulas();
OpMappings lower_gathers();
OpMappings lower_images();    // DepthToSpace and what else moves pixels
OpMappings lower_integers();  // quotients, powers, shifts
OpMappings lower_losses();
OpMappings lower_normalizations();
OpMappings lower_pools();
OpMappings lower_products();  // MatMul, Gemm
OpMappings lower_quantization();
OpMappings lower_reductions();
OpMappings lower_resizes();
OpMappings lower_sampling();  // samples, boxes, spectra
OpMappings lower_shapes();
OpMappings lower_slices();

// All of them.
const OpMappings& lowerings();
bool lowers(OpName canonical);  // whether there is a row

}  // namespace modelconv::tflite
