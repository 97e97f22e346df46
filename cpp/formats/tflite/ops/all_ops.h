// Contents of the operator table: one line per file of this folder.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::tflite {

OpMappings binary_ops();                  // binary.cpp
OpMappings complex_ops();                 // complex.cpp
OpMappings concat_ops();                  // concat.cpp: joining, splitting, repeating
OpMappings control_ops();                 // control.cpp: loops, conditions, tables, state
OpMappings convolution_ops();             // convolution.cpp
OpMappings detection_ops();               // detection.cpp
OpMappings diagonal_ops();                // diagonal.cpp
OpMappings fill_ops();                    // fill.cpp: one value, ranges, padding, random numbers
OpMappings gather_ops();                  // gather.cpp
OpMappings image_ops();                   // image.cpp: resizing, moving between depth, space and batch
OpMappings matrix_ops();                  // matrix.cpp
OpMappings normalization_ops();           // normalization.cpp
OpMappings pass_through_ops();            // pass_through.cpp: types, quantisation
OpMappings pooling_ops();                 // pooling.cpp
OpMappings recurrent_ops();               // recurrent.cpp
OpMappings reduction_ops();               // reduction.cpp
OpMappings refused_ops();                 // refused.cpp
OpMappings segment_ops();                 // segment.cpp
OpMappings shape_ops();                   // shape.cpp
OpMappings slice_ops();                   // slice.cpp
OpMappings stablehlo_calls_ops();         // stablehlo_calls.cpp: products, reductions, sorting, gathering
OpMappings stablehlo_ops();               // stablehlo.cpp: element by element, shapes
OpMappings transposed_convolution_ops();  // transposed_convolution.cpp
OpMappings unary_ops();                   // unary.cpp
OpMappings windows_ops();                 // windows.cpp: windows over any axes, dilation

const OpMappings& op_mappings();

}  // namespace modelconv::tflite
