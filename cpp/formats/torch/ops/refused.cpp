// Operators that cannot be converted, and why: the reason stands in the error and in the table of operators.
#include <string_view>

#include "formats/torch/ops/all_ops.h"

namespace modelconv::torch {
namespace {

struct Refused {
  std::string_view name, reason;
};

constexpr std::string_view kQuantizedTensor =
    "its tensors carry a scale of their own, which torch.export cannot capture: quantise with PT2E";
constexpr std::string_view kTraining = "it is a step of training: export the model in eval mode";

constexpr std::string_view kNoFunction =
                               "ONNX has no such function, and no formula of its operators is exact",
                           kDecomposition = "ONNX has no decompositions of matrices",
                           kMemory = "it depends on how memory is laid out",
                           kDistribution = "ONNX draws no such numbers",
                           kSparse = "ONNX has no sparse tensors to compute with",
                           kSegments = "ONNX reduces no segments of unequal lengths: use scatter_reduce",
                           kHistogram = "its bins are results, too: use torch.histc or torch.bucketize",
                           kPolynomial = "its degree is a tensor: write the polynomial out",
                           kGradient = "it is not written out: use differences of slices",
                           kChunks = "it is an operator of distributed training";

constexpr std::string_view kChunkedLoss = "a loss of training in pieces: take an output before it";

constexpr Refused kRefused[] = {
    {"aten._adaptive_avg_pool2d_backward", kTraining},
    {"aten._batch_norm_with_update", kTraining},
    {"aten._chunk_cat", kChunks},
    {"aten._fused_dropout", kTraining},
    {"aten._histogramdd_from_bin_cts", kHistogram},
    {"aten._log_softmax_backward_data", kTraining},
    {"aten._lu_with_info", kDecomposition},
    {"aten._softmax_backward_data", kTraining},
    {"aten._sparse_mm", kSparse},
    {"aten._sparse_mm_reduce_impl", kSparse},
    {"aten._unsafe_masked_index_put_accumulate", kTraining},
    {"aten._upsample_lanczos2d_aa", "ONNX's Resize has no Lanczos window"},
    {"aten.as_strided_scatter", kMemory},
    {"aten.avg_pool2d_backward", kTraining},
    {"aten.binomial", kDistribution},
    {"aten.cauchy", kDistribution},
    {"aten.chalf", "ONNX has no complex numbers of halves"},
    {"aten.cholesky", kDecomposition},
    {"aten.cholesky_inverse", kDecomposition},
    {"aten.cholesky_solve", kDecomposition},
    {"aten.convolution_backward", kTraining},
    {"aten.ctc_loss", "a loss of training that ONNX has no operator for: take an output before it"},
    {"aten.dequantize", kQuantizedTensor},
    {"aten.embedding_dense_backward", kTraining},
    {"aten.fractional_max_pool2d", "its windows are drawn at random"},
    {"aten.fractional_max_pool3d", "its windows are drawn at random"},
    {"aten.gcd", kNoFunction},
    {"aten.geometric", kDistribution},
    {"aten.geqrf", kDecomposition},
    {"aten.gradient", kGradient},
    {"aten.hardtanh_backward", kTraining},
    {"aten.hash_tensor", kNoFunction},
    {"aten.histogram", kHistogram},
    {"aten.histogramdd", kHistogram},
    {"aten.i0", kNoFunction},
    {"aten.igamma", kNoFunction},
    {"aten.igammac", kNoFunction},
    {"aten.int_repr", kQuantizedTensor},
    {"aten.kaiser_window", kNoFunction},
    {"aten.lcm", kNoFunction},
    {"aten.linalg_cholesky", kDecomposition},
    {"aten.linalg_cholesky_ex", kDecomposition},
    {"aten.linalg_cond", kDecomposition},
    {"aten.linalg_eig", kDecomposition},
    {"aten.linalg_eigh", kDecomposition},
    {"aten.linalg_eigvals", kDecomposition},
    {"aten.linalg_eigvalsh", kDecomposition},
    {"aten.linalg_householder_product", kDecomposition},
    {"aten.linalg_ldl_factor", kDecomposition},
    {"aten.linalg_ldl_factor_ex", kDecomposition},
    {"aten.linalg_ldl_solve", kDecomposition},
    {"aten.linalg_lstsq", kDecomposition},
    {"aten.linalg_lu", kDecomposition},
    {"aten.linalg_lu_factor", kDecomposition},
    {"aten.linalg_lu_factor_ex", kDecomposition},
    {"aten.linalg_lu_solve", kDecomposition},
    {"aten.linalg_matrix_exp", kDecomposition},
    {"aten.linalg_matrix_rank", kDecomposition},
    {"aten.linalg_pinv", kDecomposition},
    {"aten.linalg_qr", kDecomposition},
    {"aten.linalg_solve_triangular", kDecomposition},
    {"aten.linalg_svd", kDecomposition},
    {"aten.linalg_svdvals", kDecomposition},
    {"aten.linalg_tensorinv", kDecomposition},
    {"aten.linalg_tensorsolve", kDecomposition},
    {"aten.log_normal", kDistribution},
    {"aten.lu_solve", kDecomposition},
    {"aten.lu_unpack", kDecomposition},
    {"aten.matrix_exp", kNoFunction},
    {"aten.max_pool2d_with_indices_backward", kTraining},
    {"aten.mkldnn_rnn_layer", "its weights are packed for one processor: capture the model without Inductor"},
    {"aten.multilabel_margin_loss",
     "a loss of training that ONNX has no operator for: take an output before it"},
    {"aten.nanquantile", kNoFunction},
    {"aten.native_dropout_backward", kTraining},
    {"aten.native_group_norm_backward", kTraining},
    {"aten.native_layer_norm_backward", kTraining},
    {"aten.nextafter", kNoFunction},
    {"aten.nuclear_norm", kDecomposition},
    {"aten.orgqr", kDecomposition},
    {"aten.ormqr", kDecomposition},
    {"aten.pinverse", kDecomposition},
    {"aten.poisson", kDistribution},
    {"aten.polygamma", kNoFunction},
    {"aten.qr", kDecomposition},
    {"aten.quantize_per_channel", kQuantizedTensor},
    {"aten.quantize_per_tensor", kQuantizedTensor},
    {"aten.resize", kMemory},
    {"aten.resize_as", kMemory},
    {"aten.segment_reduce", kSegments},
    {"aten.set", kMemory},
    {"aten.special_airy_ai", kNoFunction},
    {"aten.special_bessel_j0", kNoFunction},
    {"aten.special_bessel_j1", kNoFunction},
    {"aten.special_bessel_y0", kNoFunction},
    {"aten.special_bessel_y1", kNoFunction},
    {"aten.special_chebyshev_polynomial_t", kPolynomial},
    {"aten.special_chebyshev_polynomial_u", kPolynomial},
    {"aten.special_chebyshev_polynomial_v", kPolynomial},
    {"aten.special_chebyshev_polynomial_w", kPolynomial},
    {"aten.special_erfcx", kNoFunction},
    {"aten.special_gammainc", kNoFunction},
    {"aten.special_gammaincc", kNoFunction},
    {"aten.special_hermite_polynomial_h", kPolynomial},
    {"aten.special_hermite_polynomial_he", kPolynomial},
    {"aten.special_i0", kNoFunction},
    {"aten.special_i0e", kNoFunction},
    {"aten.special_i1", kNoFunction},
    {"aten.special_i1e", kNoFunction},
    {"aten.special_laguerre_polynomial_l", kPolynomial},
    {"aten.special_legendre_polynomial_p", kPolynomial},
    {"aten.special_log_ndtr", kNoFunction},
    {"aten.special_modified_bessel_i0", kNoFunction},
    {"aten.special_modified_bessel_i1", kNoFunction},
    {"aten.special_modified_bessel_k0", kNoFunction},
    {"aten.special_modified_bessel_k1", kNoFunction},
    {"aten.special_polygamma", kNoFunction},
    {"aten.special_scaled_modified_bessel_k0", kNoFunction},
    {"aten.special_scaled_modified_bessel_k1", kNoFunction},
    {"aten.special_shifted_chebyshev_polynomial_t", kPolynomial},
    {"aten.special_shifted_chebyshev_polynomial_u", kPolynomial},
    {"aten.special_shifted_chebyshev_polynomial_v", kPolynomial},
    {"aten.special_shifted_chebyshev_polynomial_w", kPolynomial},
    {"aten.special_spherical_bessel_j0", kNoFunction},
    {"aten.special_zeta", kNoFunction},
    {"aten.svd", kDecomposition},
    {"aten.triangular_solve", kDecomposition},
    {"torch_nn._linear_cross_entropy_batch_chunked", kChunkedLoss},
    {"torch_nn._linear_cross_entropy_batch_chunked_no_reduction", kChunkedLoss},
};

}  // namespace

OpMappings refused_ops() {
  OpMappings rows;
  for (const Refused& row : kRefused)
    rows.push_back({OpName(std::string(row.name)), OpName(), nullptr, nullptr, std::string(row.reason)});
  return rows;
}

}  // namespace modelconv::torch
