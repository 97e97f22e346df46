// Options of the operators, in the notation of the schema itself: field numbers are positions, "_" is a field that was
// given up, "=1" a default other than 0. Operators whose options have no fields are not listed.
#include "formats/tflite/options.h"

namespace modelconv::tflite {

const std::vector<OptionsRow>& options_rows() {
  static const std::vector<OptionsRow> rows = {
      {"Conv2DOptions", 1, 1,
       "padding:Padding; stride_w:int; stride_h:int; "
       "fused_activation_function:ActivationFunctionType; dilation_w_factor:int=1; "
       "dilation_h_factor:int=1; quantized_bias_type:TensorType"},
      {"DepthwiseConv2DOptions", 1, 2,
       "padding:Padding; stride_w:int; stride_h:int; depth_multiplier:int; "
       "fused_activation_function:ActivationFunctionType; dilation_w_factor:int=1; "
       "dilation_h_factor:int=1"},
      {"ConcatEmbeddingsOptions", 1, 3,
       "num_channels:int; num_columns_per_channel:[int]; embedding_dim_per_channel:[int]"},
      {"LSHProjectionOptions", 1, 4, "type:LSHProjectionType"},
      {"Pool2DOptions", 1, 5,
       "padding:Padding; stride_w:int; stride_h:int; filter_width:int; filter_height:int; "
       "fused_activation_function:ActivationFunctionType"},
      {"SVDFOptions", 1, 6,
       "rank:int; fused_activation_function:ActivationFunctionType; asymmetric_quantize_inputs:bool"},
      {"RNNOptions", 1, 7,
       "fused_activation_function:ActivationFunctionType; asymmetric_quantize_inputs:bool"},
      {"FullyConnectedOptions", 1, 8,
       "fused_activation_function:ActivationFunctionType; "
       "weights_format:FullyConnectedOptionsWeightsFormat; keep_num_dims:bool; "
       "asymmetric_quantize_inputs:bool; quantized_bias_type:TensorType; quant_spec:[ubyte]"},
      {"SoftmaxOptions", 1, 9, "beta:float"},
      {"ConcatenationOptions", 1, 10, "axis:int; fused_activation_function:ActivationFunctionType"},
      {"AddOptions", 1, 11, "fused_activation_function:ActivationFunctionType; pot_scale_int16:bool=1"},
      {"L2NormOptions", 1, 12, "fused_activation_function:ActivationFunctionType"},
      {"LocalResponseNormalizationOptions", 1, 13, "radius:int; bias:float; alpha:float; beta:float"},
      {"LSTMOptions", 1, 14,
       "fused_activation_function:ActivationFunctionType; cell_clip:float; proj_clip:float; "
       "kernel_type:LSTMKernelType; asymmetric_quantize_inputs:bool"},
      {"ResizeBilinearOptions", 1, 15, "_; _; align_corners:bool; half_pixel_centers:bool"},
      {"CallOptions", 1, 16, "subgraph:subgraph"},
      {"ReshapeOptions", 1, 17, "new_shape:[int]"},
      {"SkipGramOptions", 1, 18, "ngram_size:int; max_skip_size:int; include_all_ngrams:bool"},
      {"SpaceToDepthOptions", 1, 19, "block_size:int"},
      {"EmbeddingLookupSparseOptions", 1, 20, "combiner:CombinerType"},
      {"MulOptions", 1, 21, "fused_activation_function:ActivationFunctionType"},
      {"GatherOptions", 1, 23, "axis:int; batch_dims:int"},
      {"ReducerOptions", 1, 27, "keep_dims:bool"},
      {"SubOptions", 1, 28, "fused_activation_function:ActivationFunctionType; pot_scale_int16:bool=1"},
      {"DivOptions", 1, 29, "fused_activation_function:ActivationFunctionType"},
      {"SqueezeOptions", 1, 30, "squeeze_dims:[int]"},
      {"SequenceRNNOptions", 1, 31,
       "time_major:bool; fused_activation_function:ActivationFunctionType; "
       "asymmetric_quantize_inputs:bool"},
      {"StridedSliceOptions", 1, 32,
       "begin_mask:int; end_mask:int; ellipsis_mask:int; new_axis_mask:int; shrink_axis_mask:int; "
       "offset:bool"},
      {"SplitOptions", 1, 35, "num_splits:int"},
      {"CastOptions", 1, 37, "in_data_type:TensorType; out_data_type:TensorType"},
      {"ArgMaxOptions", 1, 40, "output_type:TensorType"},
      {"TransposeConvOptions", 1, 49,
       "padding:Padding; stride_w:int; stride_h:int; "
       "fused_activation_function:ActivationFunctionType; quantized_bias_type:TensorType"},
      {"SparseToDenseOptions", 1, 50, "validate_indices:bool"},
      {"ShapeOptions", 1, 55, "out_type:TensorType"},
      {"ArgMinOptions", 1, 57, "output_type:TensorType"},
      {"FakeQuantOptions", 1, 58, "min:float; max:float; num_bits:int; narrow_range:bool"},
      {"PackOptions", 1, 59, "values_count:int; axis:int"},
      {"OneHotOptions", 1, 61, "axis:int"},
      {"UnpackOptions", 1, 64, "num:int; axis:int"},
      {"BidirectionalSequenceLSTMOptions", 1, 69,
       "fused_activation_function:ActivationFunctionType; cell_clip:float; proj_clip:float; "
       "merge_outputs:bool; time_major:bool=1; asymmetric_quantize_inputs:bool"},
      {"BidirectionalSequenceRNNOptions", 1, 70,
       "time_major:bool; fused_activation_function:ActivationFunctionType; merge_outputs:bool; "
       "asymmetric_quantize_inputs:bool"},
      {"UnidirectionalSequenceLSTMOptions", 1, 71,
       "fused_activation_function:ActivationFunctionType; cell_clip:float; proj_clip:float; "
       "time_major:bool; asymmetric_quantize_inputs:bool; diagonal_recurrent_tensors:bool"},
      {"ResizeNearestNeighborOptions", 1, 74, "align_corners:bool; half_pixel_centers:bool"},
      {"LeakyReluOptions", 1, 75, "alpha:float"},
      {"MirrorPadOptions", 1, 77, "mode:MirrorPadMode"},
      {"SplitVOptions", 1, 79, "num_splits:int"},
      {"UniqueOptions", 1, 80, "idx_out_type:TensorType=INT32"},
      {"ReverseSequenceOptions", 1, 87, "seq_dim:int; batch_dim:int"},
      {"IfOptions", 1, 92, "then:subgraph; else:subgraph"},
      {"WhileOptions", 1, 93, "cond:subgraph; body:subgraph"},
      {"DepthToSpaceOptions", 1, 94, "block_size:int"},
      {"BatchMatMulOptions", 1, 101, "adj_x:bool; adj_y:bool; asymmetric_quantize_inputs:bool"},
      {"CumsumOptions", 1, 102, "exclusive:bool; reverse:bool"},
      {"CallOnceOptions", 1, 103, "init:subgraph"},
      {"Conv3DOptions", 1, 106,
       "padding:Padding; stride_d:int; stride_w:int; stride_h:int; "
       "fused_activation_function:ActivationFunctionType; dilation_d_factor:int=1; "
       "dilation_w_factor:int=1; dilation_h_factor:int=1"},
      {"HashtableOptions", 1, 107, "table_id:int; key_dtype:TensorType; value_dtype:TensorType"},
      {"VarHandleOptions", 1, 111, "container:string; shared_name:string"},
      {"RandomOptions", 1, 114, "seed:long; seed2:long"},
      {"BucketizeOptions", 1, 115, "boundaries:[float]"},
      {"GeluOptions", 1, 116, "approximate:bool"},
      {"StablehloConcatenateOptions", 2, 1, "dimension:long"},
      {"StablehloBroadcastInDimOptions", 2, 2, "broadcast_dimensions:[long]"},
      {"StablehloSliceOptions", 2, 3, "start_indices:[long]; limit_indices:[long]; strides:[long]"},
      {"StablehloConvolutionOptions", 2, 4,
       "window_strides:[long]; padding:[long]; lhs_dilation:[long]; rhs_dilation:[long]; "
       "window_reversal:[bool]; input_batch_dimension:long; input_feature_dimension:long; "
       "input_spatial_dimensions:[long]; kernel_input_feature_dimension:long; "
       "kernel_output_feature_dimension:long; kernel_spatial_dimensions:[long]; "
       "output_batch_dimension:long; output_feature_dimension:long; "
       "output_spatial_dimensions:[long]; feature_group_count:long; batch_group_count:long; "
       "precision_config:[uint]"},
      {"StablehloCustomCallOptions", 2, 5,
       "call_target_name:string; has_side_effect:bool; backend_config:string; api_version:int; "
       "called_computations:[subgraph]; custom_attributes:[ubyte]"},
      {"StablehloReduceOptions", 2, 6, "dimensions:[long]; body:subgraph"},
      {"StablehloScatterOptions", 2, 7,
       "indices_are_sorted:bool; update_window_dims:[long]; inserted_window_dims:[long]; "
       "scatter_dims_to_operand_dims:[long]; index_vector_dim:long; unique_indices:bool; "
       "update_computation:subgraph"},
      {"StablehloCompareOptions", 2, 8,
       "comparison_direction:StablehloComparisonDirection; compare_type:StablehloComparisonType"},
      {"StablehloDynamicSliceOptions", 2, 9, "slice_sizes:[long]"},
      {"StablehloPadOptions", 2, 10,
       "edge_padding_low:[long]; edge_padding_high:[long]; interior_padding:[long]"},
      {"StablehloIotaOptions", 2, 11, "iota_dimension:long"},
      {"StablehloDotGeneralOptions", 2, 12,
       "lhs_batching_dimensions:[long]; rhs_batching_dimensions:[long]; "
       "lhs_contracting_dimensions:[long]; rhs_contracting_dimensions:[long]; precision_config:[uint]"},
      {"StablehloReduceWindowOptions", 2, 13,
       "window_dimensions:[long]; window_strides:[long]; base_dilations:[long]; "
       "window_dilations:[long]; padding:[long]; body:subgraph"},
      {"StablehloSortOptions", 2, 14, "dimension:long; is_stable:bool; comparator:subgraph"},
      {"StablehloWhileOptions", 2, 15, "cond:subgraph; body:subgraph"},
      {"StablehloGatherOptions", 2, 16,
       "offset_dims:[long]; collapsed_slice_dims:[long]; start_index_map:[long]; "
       "index_vector_dim:long; slice_sizes:[long]; indices_are_sorted:bool"},
      {"StablehloTransposeOptions", 2, 17, "permutation:[long]"},
      {"StablehloRngBitGeneratorOptions", 2, 19, "algorithm:RngAlgorithm"},
      {"ReduceWindowOptions", 2, 20, "reduce_function:ReduceWindowFunction"},
      {"StableHLOCompositeOptions", 2, 21,
       "name:string; decomposition:subgraph; composite_attributes:[ubyte]; "
       "composite_attributes_format:CustomOptionsFormat; version:int"},
      {"StablehloCaseOptions", 2, 23, "branches:[subgraph]"},
  };
  return rows;
}

}  // namespace modelconv::tflite
