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
OpMappings image_ops();          // image.cpp: moving between depth, space and batch
OpMappings matrix_ops();         // matrix.cpp
OpMappings normalization_ops();  // normalization.cpp
OpMappings pass_through_ops();   // pass_through.cpp: identities, casts, variables
OpMappings pooling_ops();        // pooling.cpp
OpMappings reduction_ops();      // reduction.cpp
OpMappings shape_ops();          // shape.cpp
OpMappings slice_ops();          // slice.cpp
OpMappings transposed_convolution_ops();  // transposed_convolution.cpp
OpMappings unary_ops();                   // unary.cpp
OpMappings color_ops();                   // color.cpp
OpMappings combined_suppression_ops();    // combined_suppression.cpp
OpMappings count_ops();                   // count.cpp: counts, bins, places among boundaries
OpMappings crop_ops();                    // crop.cpp
OpMappings diagonal_ops();                // diagonal.cpp: diagonals and bands of matrices
OpMappings fake_quant_ops();              // fake_quant.cpp
OpMappings loss_ops();                    // loss.cpp
OpMappings order_ops();                   // order.cpp: rolled, reversed, computed indices
OpMappings patch_ops();                   // patches.cpp: windows
OpMappings random_ops();                  // random.cpp
OpMappings resize_ops();                  // resize.cpp
OpMappings segment_ops();                 // segment.cpp
OpMappings unique_ops();                  // unique.cpp: distinct elements, sets, partitions
OpMappings complex_ops();                 // complex.cpp
OpMappings decoding_ops();                // decoding.cpp
OpMappings ragged_ops();                  // ragged.cpp
OpMappings sparse_ops();                  // sparse.cpp
OpMappings state_ops();                   // state.cpp
OpMappings string_ops();                  // strings.cpp
OpMappings table_ops();                   // tables.cpp
OpMappings inverse_ops();                 // inverse.cpp
OpMappings xla_ops();                     // xla.cpp
OpMappings recurrent_block_ops();         // recurrent_blocks.cpp: fused cells
OpMappings refused_ops();                 // refused.cpp
OpMappings beam_search_ops();             // beam_search.cpp
OpMappings set_ops();                     // sets.cpp

}  // namespace modelconv::tensorflow
