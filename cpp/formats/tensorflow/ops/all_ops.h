// Contents of the operator table: one line per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::tensorflow {

OpMappings activation_ops();     // activation.cpp
OpMappings binary_ops();         // binary.cpp
OpMappings concat_ops();         // concat.cpp: joining and splitting
OpMappings control_flow_ops();   // ../control_flow/raise.cpp
OpMappings convolution_ops();    // convolution.cpp
OpMappings detection_ops();      // detection.cpp
OpMappings fill_ops();           // fill.cpp: tensors made of one value or a range, padding, repeating
OpMappings gather_ops();         // gather.cpp
OpMappings image_ops();          // image.cpp: resizing, moving between depth, space and batch
OpMappings matrix_ops();         // matrix.cpp
OpMappings normalization_ops();  // normalization.cpp
OpMappings pass_through_ops();   // pass_through.cpp: identities, casts, variables
OpMappings pooling_ops();        // pooling.cpp
OpMappings reduction_ops();      // reduction.cpp
OpMappings shape_ops();          // shape.cpp
OpMappings slice_ops();          // slice.cpp
OpMappings transposed_convolution_ops();  // transposed_convolution.cpp
OpMappings unary_ops();                   // unary.cpp

}  // namespace modelconv::tensorflow
