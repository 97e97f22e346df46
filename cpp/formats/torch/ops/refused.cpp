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
                           kDistribution = "ONNX draws no such numbers";

constexpr Refused kRefused[] = {
    {"aten._adaptive_avg_pool2d_backward", kTraining},
    {"aten._fused_dropout", kTraining},
    {"aten._upsample_lanczos2d_aa", "ONNX's Resize has no Lanczos window"},
    {"aten.as_strided_scatter", kMemory},
    {"aten.avg_pool2d_backward", kTraining},
    {"aten.binomial", kDistribution},
    {"aten.cauchy", kDistribution},
    {"aten.cholesky", kDecomposition},
    {"aten.cholesky_inverse", kDecomposition},
    {"aten.cholesky_solve", kDecomposition},
    {"aten.convolution_backward", kTraining},
    {"aten.ctc_loss", "a loss of training that ONNX has no operator for: take an output before it"},
    {"aten.dequantize", kQuantizedTensor},
    {"aten.digamma", kNoFunction},
    {"aten.embedding_dense_backward", kTraining},
    {"aten.erfinv", kNoFunction},
    {"aten.fractional_max_pool2d", "its windows are drawn at random"},
    {"aten.fractional_max_pool3d", "its windows are drawn at random"},
    {"aten.frexp", kNoFunction},
    {"aten.gcd", kNoFunction},
    {"aten.geometric", kDistribution},
    {"aten.geqrf", kDecomposition},
    {"aten.hardtanh_backward", kTraining},
    {"aten.i0", kNoFunction},
    {"aten.igamma", kNoFunction},
    {"aten.igammac", kNoFunction},
    {"aten.int_repr", kQuantizedTensor},
    {"aten.kaiser_window", kNoFunction},
    {"aten.lcm", kNoFunction},
    {"aten.lgamma", kNoFunction},
    {"aten.linalg_cholesky", kDecomposition},
    {"aten.linalg_cholesky_ex", kDecomposition},
    {"aten.linalg_cond", kDecomposition},
    {"aten.linalg_eig", kDecomposition},
    {"aten.linalg_eigh", kDecomposition},
    {"aten.linalg_eigvals", kDecomposition},
    {"aten.linalg_eigvalsh", kDecomposition},
    {"aten.linalg_householder_product", kDecomposition},
    {"aten.linalg_ldl_factor", kDecomposition},
    {"aten.linalg_lstsq", kDecomposition},
    {"aten.linalg_lu", kDecomposition},
    {"aten.linalg_lu_factor", kDecomposition},
    {"aten.linalg_lu_solve", kDecomposition},
    {"aten.linalg_matrix_exp", kDecomposition},
    {"aten.linalg_matrix_rank", kDecomposition},
    {"aten.linalg_pinv", kDecomposition},
    {"aten.linalg_qr", kDecomposition},
    {"aten.linalg_solve_triangular", kDecomposition},
    {"aten.linalg_svd", kDecomposition},
    {"aten.linalg_svdvals", kDecomposition},
    {"aten.log_normal", kDistribution},
    {"aten.lu_solve", kDecomposition},
    {"aten.lu_unpack", kDecomposition},
    {"aten.matrix_exp", kNoFunction},
    {"aten.max_pool2d_with_indices_backward", kTraining},
    {"aten.mkldnn_rnn_layer", "its weights are packed for one processor: capture the model without Inductor"},
    {"aten.mode", kNoFunction},
    {"aten.multilabel_margin_loss",
     "a loss of training that ONNX has no operator for: take an output before it"},
    {"aten.mvlgamma", kNoFunction},
    {"aten.nanmedian", kNoFunction},
    {"aten.nanquantile", kNoFunction},
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
    {"aten.set", kMemory},
    {"aten.special_airy_ai", kNoFunction},
    {"aten.special_bessel_j0", kNoFunction},
    {"aten.special_bessel_j1", kNoFunction},
    {"aten.special_bessel_y0", kNoFunction},
    {"aten.special_bessel_y1", kNoFunction},
    {"aten.special_digamma", kNoFunction},
    {"aten.special_erfcx", kNoFunction},
    {"aten.special_erfinv", kNoFunction},
    {"aten.special_gammainc", kNoFunction},
    {"aten.special_gammaincc", kNoFunction},
    {"aten.special_gammaln", kNoFunction},
    {"aten.special_i0", kNoFunction},
    {"aten.special_i0e", kNoFunction},
    {"aten.special_i1", kNoFunction},
    {"aten.special_i1e", kNoFunction},
    {"aten.special_log_ndtr", kNoFunction},
    {"aten.special_multigammaln", kNoFunction},
    {"aten.special_ndtri", kNoFunction},
    {"aten.special_polygamma", kNoFunction},
    {"aten.special_psi", kNoFunction},
    {"aten.special_zeta", kNoFunction},
    {"aten.svd", kDecomposition},
    {"aten.triangular_solve", kDecomposition},
};

}  // namespace

OpMappings refused_ops() {
  OpMappings rows;
  for (const Refused& row : kRefused)
    rows.push_back({OpName(std::string(row.name)), OpName(), nullptr, nullptr, std::string(row.reason)});
  return rows;
}

}  // namespace modelconv::torch
