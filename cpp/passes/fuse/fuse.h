// Rules that make one node of several.
#pragma once

#include "rewrite/rule.h"

namespace modelconv {

// Conv, ConvTranspose and Gemm take in a BatchNormalization, Mul, Div, Add or Sub with constants that follows.
Rules fuse_affine_rules();  // conv_affine.cpp, gemm_affine.cpp
Rules fuse_gemm_affine_rules();

// Conv and pools take in the Pad before them.
Rules fuse_pad_rules();

// MatMul + Add is Gemm for matrices; a Transpose of an operand becomes its flag.
Rules fuse_gemm_rules();

// Chains of Reshape, Squeeze, Unsqueeze, Flatten; of Slice; of Cast; of Clip and Relu; of Concat.
Rules fuse_reshape_rules();
Rules fuse_reshape_transpose_rules();
Rules fuse_reshape_matmul_rules();
Rules fuse_slice_rules();
Rules fuse_cast_rules();
Rules fuse_clip_rules();

}  // namespace modelconv
