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

// Concat, Split, Slice of one another.
Rules fuse_concat_rules();

// Axes of size 1 that are put in and taken out; reductions with a Squeeze or Unsqueeze after them; Reshapes around an
// elementwise operator.
Rules fuse_axis_rules();

// Expand before an operator that broadcasts by itself; Expand of Expand; Cast of a filled tensor.
Rules fuse_broadcast_rules();

// (x * a) * b, (x + a) + b, min(max(x, a), b).
Rules fuse_constant_chain_rules();

// What stands before a convolution, or after a MatMul, and can go into the weights; biases of zeros.
Rules fuse_weight_rules();

// Slices of one axis; Pads one after the other.
Rules fuse_same_axis_slice_rules();

// Indices of the elements of a mask that hold: NonZero and Gather are Compress.
Rules fuse_mask_rules();

// Einsum that is a Transpose, a sum, or a product of matrices.
Rules simple_einsum_rules();     // where the operands need no Transpose
Rules decompose_einsum_rules();  // on request: with Transposes

}  // namespace modelconv
