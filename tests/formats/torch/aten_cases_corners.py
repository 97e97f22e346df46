"""Corners that samples of PyTorch's own tests (tests/conformance/torch_op_info.py) have shown: tensors without axes,
bool and integers where ONNX takes floats, sizes that rounding decides."""

from __future__ import annotations

import numpy as np
from support.aten import Case, bools, case, floats, ints

SCALAR, LINE, X = floats(), floats(6), floats(3, 4)
WHOLE, TRUTH = ints(3, 4), bools(3, 4)
PLACE = np.array([0])
GONE = np.full((3, 2), np.nan, np.float32)

CASES: list[Case] = [
    # --- tensors without axes have one
    case("aten.topk", lambda torch, x: torch.topk(x, 1), SCALAR),
    case("aten.kthvalue", lambda torch, x: torch.kthvalue(x, 1), SCALAR),
    case("aten.cummax", lambda torch, x: torch.cummax(x, 0), SCALAR),
    case("aten.cummin", lambda torch, x: torch.cummin(x, 0), TRUTH),
    case("aten.index_add", lambda torch, x, i: x.index_add(0, i, x * 2, alpha=3), SCALAR, PLACE),
    case("aten.index_copy", lambda torch, x, i: x.index_copy(0, i, x * 2), SCALAR, PLACE),
    case("aten.index_fill", lambda torch, x, i: x.index_fill(0, i, 2.5), SCALAR, PLACE),
    case("aten.index_reduce", lambda torch, x, i: x.index_reduce(0, i, x * 2, "mean"), SCALAR, PLACE),
    case("aten.index_reduce", lambda torch, x, i: x.index_reduce(0, i, x, "mean"), ints(4), np.array([0, 0, 2, 1])),
    case("aten.masked_scatter", lambda torch, x, m: x.masked_scatter(m, torch.ones(12)), LINE[:4], TRUTH),
    case("aten.unfold", lambda torch, x: x.unfold(0, 1, 1), SCALAR),
    case("aten.nonzero_static", lambda torch, x: torch.nonzero_static(x, size=2), SCALAR),
    case("aten.cosine_similarity", lambda torch, x, y: torch.cosine_similarity(x, y, dim=0), SCALAR, floats(seed=1)),
    case("aten.linalg_vander", lambda torch, x: torch.linalg.vander(x, N=3), SCALAR),
    case("aten.atleast_2d", lambda torch, x, y: torch.atleast_2d(x, y), SCALAR, LINE),
    case("aten.atleast_3d", lambda torch, x, y: torch.atleast_3d(x, y), X, LINE),
    # --- bool
    case("aten.addr", lambda torch, x, a, b: torch.addr(x, a, b), TRUTH, bools(3), bools(4)),
    case("aten.outer", lambda torch, a, b: torch.outer(a, b), bools(3), bools(4)),
    case("aten.kron", lambda torch, a, b: torch.kron(a, b), TRUTH, bools(2, 1)),
    case("aten.add", lambda torch, a, b: torch.add(a, b, alpha=True), TRUTH, bools(3, 4, seed=1)),
    case("aten.fmax", lambda torch, a, b: torch.fmax(a, b), TRUTH, bools(3, 4, seed=1)),
    case("aten.fmin", lambda torch, a, b: torch.fmin(a, b), WHOLE, ints(3, 4, seed=1)),
    case("aten.heaviside", lambda torch, a, b: torch.heaviside(a, b), TRUTH, bools(3, 4, seed=1)),
    case("aten.clamp_min", lambda torch, a, b: torch.clamp_min(a, b), TRUTH, bools(3, 4, seed=1)),
    case("aten.masked_fill", lambda torch, x, m: x.masked_fill(m, False), TRUTH, bools(3, 4, seed=1)),
    case(
        "aten.scatter_reduce",
        lambda torch, x, i, y: x.scatter_reduce(0, i, y, "amax", include_self=False),
        TRUTH,
        ints(2, 4, low=0, high=3),
        bools(2, 4),
    ),
    # --- integers
    case("aten.pairwise_distance", lambda torch, a, b: torch.pairwise_distance(a, b), WHOLE, ints(3, 4, seed=1)),
    case("aten.trapezoid", lambda torch, y: torch.trapezoid(y, dx=0.5), WHOLE),
    case(
        "aten.conv1d",
        lambda torch, x, w: torch.conv1d(x, w, padding=1),
        ints(2, 3, 6),
        ints(4, 3, 3),
        without_onnxruntime="it has no Conv of float64",
    ),
    case("aten.max_pool2d", lambda torch, x: torch.max_pool2d(x, 2), ints(1, 2, 4, 6)),
    case(
        "aten.avg_pool2d",
        lambda torch, x: torch.nn.functional.avg_pool2d(x, 2),
        ints(1, 2, 4, 6),
        without_onnxruntime="it has no AveragePool of float64",
    ),
    case("aten.addmm", lambda torch, x, a, b: torch.addmm(x, a, b, beta=2, alpha=3), ints(4), ints(3, 2), ints(2, 4)),
    case("aten.pow", lambda torch, a, b: torch.pow(a, b), ints(12, low=-3, high=4), ints(12, low=-2, high=4)),
    case("aten.arange", lambda torch, x: torch.arange(0.5, -2.5, -1.7, dtype=torch.int64) + x, ints(1)),
    case("aten.arange", lambda torch, x: torch.arange(0.5, 4.5, 1.7, dtype=torch.int32) + x, ints(1, dtype="int32")),
    case("aten.linspace", lambda torch, x: torch.linspace(0.6, 9.9, 4, dtype=torch.int64) + x, ints(4)),
    case("aten.logspace", lambda torch, x: torch.logspace(2, 1.2, 2, dtype=torch.int64) + x, ints(2)),
    # --- what is not looked at
    case("aten.addmm", lambda torch, x, a, b: torch.addmm(x, a, b, beta=0), GONE, floats(3, 4), floats(4, 2)),
    case("aten.baddbmm", lambda torch, x, a, b: torch.baddbmm(x, a, b, beta=0), GONE, floats(1, 3, 4), floats(1, 4, 2)),
    case(
        "aten.pad",
        lambda torch, x: torch.nn.functional.pad(x, (-4, 5), mode="replicate"),
        floats(2, 3, 4),
    ),
    # --- sizes
    case(
        "aten.conv_transpose2d",
        lambda torch, x, w: torch.conv_transpose2d(x, w, stride=(2, 1), padding=(2, 3), output_padding=3, dilation=4),
        floats(1, 2, 4, 5),
        floats(2, 3, 3, 4),
    ),
    case(
        "aten.conv1d",
        lambda torch, x, w: torch.conv1d(x, w, padding="same", dilation=2),
        floats(2, 3, 7),
        floats(4, 3, 4),
        other=(floats(2, 3, 9), floats(4, 3, 4)),
    ),
    case(
        "aten.upsample_nearest2d",
        lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=(0.9, 1.7)),
        floats(1, 2, 20, 10),
        other=(floats(1, 2, 30, 20),),
    ),
    case("aten.einsum", lambda torch, a, b: torch.einsum("...ik,...kj->...ij", a, b), floats(2, 3, 4), floats(4, 5)),
    case("aten.einsum", lambda torch, a, b: torch.einsum("...ik, ...j -> ij", a, b), floats(2, 3, 4), floats(5)),
    case("aten.fft_irfft", lambda torch, x: torch.fft.irfft(x, n=7), X),
    case("aten.fft_irfftn", lambda torch, x: torch.fft.irfftn(x), X),
    case("aten.linalg_matrix_power", lambda torch, x: torch.linalg.matrix_power(x, 0), floats(2, 3, 3)),
    case("aten.linalg_matrix_power", lambda torch, x: torch.linalg.matrix_power(x, 3), floats(3, 3)),
    case("aten.view_as_real_copy", lambda torch, x: torch.view_as_real_copy(torch.view_as_complex(x)), floats(3, 2)),
    case("aten.view_as_real_copy", lambda torch, x: torch.view_as_real_copy(torch.view_as_complex(x)), floats(2, 4, 2)),
]
