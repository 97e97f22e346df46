"""Operators of the domain com.microsoft against ONNX Runtime, which defines them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("modelconv._core")

from conformance.ort_compare import compare

MICROSOFT = "com.microsoft"
SEEDS = range(6)


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def whole(rng: np.random.Generator, dtype: Any, *shape: int) -> np.ndarray:
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)


@pytest.mark.parametrize("a_turned", [0, 1])
@pytest.mark.parametrize("b_turned", [0, 1])
def test_fused_matmul(a_turned: int, b_turned: int) -> None:
    rng = np.random.default_rng(0)
    a = normal(rng, 2, *((5, 3) if a_turned else (3, 5)))
    b = normal(rng, 2, *((4, 5) if b_turned else (5, 4)))
    attributes = {"transA": a_turned, "transB": b_turned, "alpha": 0.5}
    compare("FusedMatMul", [a, b], attributes, domain=MICROSOFT)


@pytest.mark.parametrize("turned", [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize(
    ("activation", "parameters"),
    [
        ("Relu", {}),
        ("Tanh", {}),
        ("Sigmoid", {}),
        ("LeakyRelu", {"activation_alpha": 0.1}),
        ("HardSigmoid", {"activation_alpha": 0.3, "activation_beta": 0.4}),
    ],
)
def test_fused_gemm(activation: str, parameters: dict[str, float], turned: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    a = normal(rng, *((5, 3) if turned[0] else (3, 5)))
    b = normal(rng, *((4, 5) if turned[1] else (5, 4)))
    attributes = {"activation": activation, "transA": turned[0], "transB": turned[1], **parameters}
    compare("FusedGemm", [a, b], attributes, domain=MICROSOFT)
    for addend in (normal(rng, 4), normal(rng, 3, 1), normal(rng, 3, 4)):
        compare("FusedGemm", [a, b, addend], {**attributes, "alpha": 0.5, "beta": 2.0}, domain=MICROSOFT)


@pytest.mark.parametrize(
    ("activation", "parameters"),
    [("Relu", []), ("Tanh", []), ("Sigmoid", []), ("LeakyRelu", [0.1]), ("Clip", [-0.5, 0.5])],
)
def test_fused_conv(activation: str, parameters: list[float]) -> None:
    rng = np.random.default_rng(0)
    inputs = [normal(rng, 1, 3, 8, 8), normal(rng, 4, 3, 3, 3), normal(rng, 4)]
    attributes: dict[str, Any] = {"activation": activation, "pads": [1, 1, 1, 1]}
    if parameters:
        attributes["activation_params"] = parameters
    compare("FusedConv", inputs, attributes, domain=MICROSOFT)


def test_gelu_family() -> None:
    rng = np.random.default_rng(0)
    x, bias = normal(rng, 3, 4, 8) * 2, normal(rng, 8)
    compare("Gelu", [x], domain=MICROSOFT)
    compare("BiasGelu", [x, bias], domain=MICROSOFT)
    compare("FastGelu", [x], domain=MICROSOFT, tolerance=(1e-4, 1e-4))
    compare("FastGelu", [x, bias], domain=MICROSOFT, tolerance=(1e-4, 1e-4))
    compare("QuickGelu", [x], {"alpha": 1.5}, domain=MICROSOFT, tolerance=(1e-4, 1e-4))


def test_skip_layer_normalization() -> None:
    rng = np.random.default_rng(0)
    x, skip, gamma, beta, bias = (
        normal(rng, 2, 3, 16),
        normal(rng, 2, 3, 16),
        *(normal(rng, 16) for _ in range(3)),
    )
    outputs = [np.float32, None, None, np.float32]
    for op, inputs in (
        ("SkipLayerNormalization", [x, skip, gamma, beta, bias]),
        ("SkipLayerNormalization", [x, skip[:1], gamma, None, None]),
        ("SkipSimplifiedLayerNormalization", [x, skip, gamma, bias]),
    ):
        compare(op, inputs, {"epsilon": 1e-5}, outputs, domain=MICROSOFT, tolerance=(1e-4, 1e-4))


def test_embed_layer_normalization() -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 20, (2, 5)).astype(np.int32)
    segments = rng.integers(0, 2, (2, 5)).astype(np.int32)
    mask = np.asarray([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)
    tables = [normal(rng, 20, 8), normal(rng, 10, 8), normal(rng, 2, 8), normal(rng, 8), normal(rng, 8)]
    inputs = [ids, segments, *tables, mask]
    compare("EmbedLayerNormalization", inputs, {"epsilon": 1e-5}, [np.float32, np.int32], domain=MICROSOFT)


@pytest.mark.parametrize("seed", SEEDS)
def test_products_with_float_results(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, k, n = 3, int(rng.integers(1, 300)), 6
    b = whole(rng, np.uint8, k, n)
    b_scale, b_zero = np.asarray(0.02, np.float32), np.asarray(120, np.uint8)
    bias = normal(rng, n)
    compare(
        "DynamicQuantizeMatMul",
        [normal(rng, m, k), b, b_scale, b_zero, bias],
        domain=MICROSOFT,
        tolerance=(1e-4, 1e-3),
    )
    a = whole(rng, np.uint8, m, k)
    a_scale, a_zero = np.asarray(0.1, np.float32), np.asarray(100, np.uint8)
    compare(
        "MatMulIntegerToFloat",
        [a, b, a_scale, b_scale, a_zero, b_zero, bias],
        output_types=[np.float32],
        domain=MICROSOFT,
        tolerance=(1e-4, 1e-3),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_qlinear(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dtype = [np.uint8, np.int8][seed % 2]
    x, y = whole(rng, dtype, 2, 3, 4, 5), whole(rng, dtype, 3, 1, 5)
    small, large, zero = np.asarray(0.02, np.float32), np.asarray(0.05, np.float32), np.asarray(7, dtype)
    pair, single = [x, small, zero, y, large, zero, large, zero], [x, small, zero, large, zero]
    for op in ("QLinearAdd", "QLinearMul"):
        compare(op, pair, domain=MICROSOFT, constants=(1, 2, 4, 5, 6, 7), off_by_one=True)
    fine = [
        x,
        small,
        zero,
        np.asarray(1 / 256, np.float32),
        np.asarray(0 if dtype == np.uint8 else -128, dtype),
    ]
    compare("QLinearSigmoid", fine, domain=MICROSOFT, constants=(1, 2, 3, 4), off_by_one=True)
    softmax = {"axis": -1, "opset": 13}
    compare("QLinearSoftmax", fine, softmax, domain=MICROSOFT, constants=(1, 2, 3, 4), off_by_one=True)
    compare("QLinearLeakyRelu", single, {"alpha": 0.1}, domain=MICROSOFT, constants=(1, 2, 3, 4), off_by_one=True)
    compare("QLinearGlobalAveragePool", single, domain=MICROSOFT, constants=(1, 2, 3, 4), off_by_one=True)
    pool = {"kernel_shape": [2, 3], "pads": [1, 1, 0, 1], "count_include_pad": seed % 2}
    compare("QLinearAveragePool", single, pool, domain=MICROSOFT, constants=(1, 2, 3, 4), off_by_one=True)
    parts = [large, zero, x, small, zero, x[:, :1], large, zero]
    compare(
        "QLinearConcat",
        parts,
        {"axis": 1},
        [dtype],
        domain=MICROSOFT,
        constants=(0, 1, 3, 4, 6, 7),
        off_by_one=True,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_dynamic_quantize_lstm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps, batch, inputs, hidden, ways = 4, 2, 6, 5, 1 + seed % 2
    w, r = whole(rng, np.int8, ways, inputs, 4 * hidden), whole(rng, np.int8, ways, hidden, 4 * hidden)
    scales, zeros = np.full(ways, 0.01, np.float32), np.zeros(ways, np.int8)
    arguments = [
        normal(rng, steps, batch, inputs), w, r, normal(rng, ways, 8 * hidden), None, None, None, None,
        scales, zeros, scales, zeros,
    ]  # fmt: skip
    attributes = {"hidden_size": hidden, "direction": "bidirectional" if ways == 2 else "forward"}
    constants = (1, 2, 3, 8, 9, 10, 11)
    compare(
        "DynamicQuantizeLSTM",
        arguments,
        attributes,
        [np.float32] * 3,
        domain=MICROSOFT,
        constants=constants,
        tolerance=(1e-3, 1e-3),
    )
