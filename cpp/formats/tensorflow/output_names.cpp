#include "formats/tensorflow/output_names.h"

#include <array>

namespace modelconv::tensorflow {
namespace {

struct OutputNames {
  std::string_view op;
  std::string_view names;  // in order, separated by spaces; "name*attr": a list as long as the attribute says
};

// Operators with more than one named output. Source: the operator registry of TensorFlow 2.21; tests compare.
constexpr std::array kOutputNames = {
    OutputNames{"BatchNormWithGlobalNormalizationGrad", "dx dm dv db dg"},
    OutputNames{"BatchSvd", "s u v"},
    OutputNames{"BlockLSTM", "i cs f o ci co h"},
    OutputNames{"BlockLSTMV2", "i cs f o ci co h"},
    OutputNames{"BroadcastGradientArgs", "r0 r1"},
    OutputNames{"CTCBeamSearchDecoder",
                "decoded_indices*top_paths decoded_values*top_paths decoded_shape*top_paths log_probability"},
    OutputNames{"CTCGreedyDecoder", "decoded_indices decoded_values decoded_shape log_probability"},
    OutputNames{"CTCLoss", "loss gradient"},
    OutputNames{"CombinedNonMaxSuppression", "nmsed_boxes nmsed_scores nmsed_classes valid_detections"},
    OutputNames{"CudnnRNN", "output output_h output_c reserve_space"},
    OutputNames{"CudnnRNNV2", "output output_h output_c reserve_space host_reserved"},
    OutputNames{"CudnnRNNV3", "output output_h output_c reserve_space host_reserved"},
    OutputNames{"DecodeWav", "audio sample_rate"},
    OutputNames{"DenseToDenseSetOperation", "result_indices result_values result_shape"},
    OutputNames{"DenseToSparseSetOperation", "result_indices result_values result_shape"},
    OutputNames{"Eig", "e v"},
    OutputNames{"FractionalMaxPool", "output row_pooling_sequence col_pooling_sequence"},
    OutputNames{"FusedBatchNorm", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    OutputNames{"FusedBatchNormV2", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    OutputNames{"FusedBatchNormV3",
                "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3"},
    OutputNames{"GRUBlockCell", "r u c h"},
    OutputNames{"GenerateBoundingBoxProposals", "rois roi_probabilities"},
    OutputNames{"GenerateVocabRemapping", "remapping num_present"},
    OutputNames{"LSTMBlockCell", "i cs f o ci co h"},
    OutputNames{"ListDiff", "out idx"},
    OutputNames{"LogMatrixDeterminant", "sign log_abs_determinant"},
    OutputNames{"Lu", "lu p"},
    OutputNames{"MaxPoolWithArgmax", "output argmax"},
    OutputNames{"Merge", "output value_index"},
    OutputNames{"NonMaxSuppressionV4", "selected_indices valid_outputs"},
    OutputNames{"NonMaxSuppressionV5", "selected_indices selected_scores valid_outputs"},
    OutputNames{"Qr", "q r"},
    OutputNames{"QuantizeDownAndShrinkRange", "output output_min output_max"},
    OutputNames{"QuantizeV2", "output output_min output_max"},
    OutputNames{"QuantizedAdd", "z min_z max_z"},
    OutputNames{"QuantizedAvgPool", "output min_output max_output"},
    OutputNames{"QuantizedBiasAdd", "output min_out max_out"},
    OutputNames{"QuantizedConcat", "output output_min output_max"},
    OutputNames{"QuantizedConv2D", "output min_output max_output"},
    OutputNames{"QuantizedMatMul", "out min_out max_out"},
    OutputNames{"QuantizedMaxPool", "output min_output max_output"},
    OutputNames{"QuantizedMul", "z min_z max_z"},
    OutputNames{"QuantizedRelu", "activations min_activations max_activations"},
    OutputNames{"QuantizedReshape", "output output_min output_max"},
    OutputNames{"RaggedCross", "output_values output_row_splits"},
    OutputNames{"RaggedGather", "output_nested_splits*OUTPUT_RAGGED_RANK output_dense_values"},
    OutputNames{"RaggedRange", "rt_nested_splits rt_dense_values"},
    OutputNames{"RaggedTensorFromVariant", "output_nested_splits*output_ragged_rank output_dense_values"},
    OutputNames{"RaggedTensorToSparse", "sparse_indices sparse_values sparse_dense_shape"},
    OutputNames{"RefMerge", "output value_index"},
    OutputNames{"RefSwitch", "output_false output_true"},
    OutputNames{"RequantizationRange", "output_min output_max"},
    OutputNames{"Requantize", "output output_min output_max"},
    OutputNames{"SampleDistortedBoundingBox", "begin size bboxes"},
    OutputNames{"SampleDistortedBoundingBoxV2", "begin size bboxes"},
    OutputNames{"SdcaOptimizer",
                "out_example_state_data out_delta_sparse_weights*num_sparse_features "
                "out_delta_dense_weights*num_dense_features"},
    OutputNames{"SelfAdjointEigV2", "e v"},
    OutputNames{"Skipgram",
                "vocab_word vocab_freq words_per_epoch current_epoch total_words_processed examples labels"},
    OutputNames{"SoftmaxCrossEntropyWithLogits", "loss backprop"},
    OutputNames{"SparseAdd", "sum_indices sum_values sum_shape"},
    OutputNames{"SparseConcat", "output_indices output_values output_shape"},
    OutputNames{"SparseCross", "output_indices output_values output_shape"},
    OutputNames{"SparseFillEmptyRows", "output_indices output_values empty_row_indicator reverse_index_map"},
    OutputNames{"SparseReshape", "output_indices output_shape"},
    OutputNames{"SparseSegmentSumGradV2", "output sorted_unique_indices"},
    OutputNames{"SparseSlice", "output_indices output_values output_shape"},
    OutputNames{"SparseSoftmaxCrossEntropyWithLogits", "loss backprop"},
    OutputNames{"SparseSplit", "output_indices*num_split output_values*num_split output_shape*num_split"},
    OutputNames{"SparseToSparseSetOperation", "result_indices result_values result_shape"},
    OutputNames{"StatelessRandomGetKeyCounter", "key counter"},
    OutputNames{"StatelessRandomGetKeyCounterAlg", "key counter alg"},
    OutputNames{"StringSplit", "indices values shape"},
    OutputNames{"StringSplitV2", "indices values shape"},
    OutputNames{"Svd", "s u v"},
    OutputNames{"Switch", "output_false output_true"},
    OutputNames{"TensorArrayConcatV3", "value lengths"},
    OutputNames{"TensorArrayV3", "handle flow"},
    OutputNames{"TensorListConcat", "tensor lengths"},
    OutputNames{"TensorListConcatV2", "tensor lengths"},
    OutputNames{"TensorListPopBack", "output_handle tensor"},
    OutputNames{"TopK", "values indices"},
    OutputNames{"TopKUnique", "topk topk_indices"},
    OutputNames{"TopKV2", "values indices"},
    OutputNames{"TopKWithUnique", "topk topk_indices"},
    OutputNames{"UnicodeDecode", "row_splits char_values"},
    OutputNames{"UnicodeDecodeWithOffsets", "row_splits char_values char_to_byte_starts"},
    OutputNames{"Unique", "y idx"},
    OutputNames{"UniqueV2", "y idx"},
    OutputNames{"UniqueWithCounts", "y idx count"},
    OutputNames{"UniqueWithCountsV2", "y idx count"},
};

size_t length_of(std::string_view list_attr, const EncodedAttrs& attrs) {
  for (const auto& [name, value] : attrs)
    if (name == list_attr) return static_cast<size_t>(std::max<int64_t>(0, decode_int(value, 0)));
  return 0;
}

}  // namespace

size_t offset_of_output(std::string_view op, std::string_view name, const EncodedAttrs& attrs) {
  for (const OutputNames& row : kOutputNames) {
    if (row.op != op) continue;
    size_t offset = 0;
    for (std::string_view rest = row.names; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      const std::string_view word = rest.substr(0, end);
      const size_t star = std::min(word.find('*'), word.size());
      if (word.substr(0, star) == name) return offset;
      offset += star < word.size() ? length_of(word.substr(star + 1), attrs) : 1;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return 0;
}

}  // namespace modelconv::tensorflow
