"""StableHLO operators inside of TFLite files. LiteRT runs few of them, so NumPy formulas of the specification judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.processes import skip_without
from support.tested_module import tflite_from_text
from support.tflite_models import Array, Case, Fed, run_onnxruntime

RANDOM = np.random.default_rng(3)


def real(*shape: int, low: float = -2, high: float = 2) -> Array:
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def whole(*shape: int, low: int = -5, high: int = 6, dtype: str = "int32") -> Array:
    return RANDOM.integers(low, high, shape).astype(dtype)


def ints(*values: int) -> Array:
    return np.array(values, np.int32)


X, Y, B = real(2, 3), real(2, 3), RANDOM.random((2, 3)) < 0.5
COMPARE = {"compare_type": "FLOAT"}
# operator, inputs, options, expected, its type and shape in the file
Row = tuple[str, list[Array], dict[str, Any], Array]

ELEMENTWISE: list[Row] = [
    ("LOGISTIC", [X], {}, 1 / (1 + np.exp(-X))),
    ("ADD", [X, Y], {}, X + Y),
    ("ADD", [B, ~B], {}, np.ones_like(B)),
    ("SUBTRACT", [X, Y], {}, X - Y),
    ("MULTIPLY", [X, Y], {}, X * Y),
    ("DIVIDE", [X, np.abs(Y) + 1], {}, X / (np.abs(Y) + 1)),
    ("DIVIDE", [ints(7, -7), ints(2, 2)], {}, ints(3, -3)),
    ("MAXIMUM", [X, Y], {}, np.maximum(X, Y)),
    ("MINIMUM", [X, Y], {}, np.minimum(X, Y)),
    ("POWER", [np.abs(X), Y], {}, np.abs(X) ** Y),
    ("REMAINDER", [X, Y], {}, np.fmod(X, Y)),
    ("REMAINDER", [ints(7, -7), ints(4, 4)], {}, ints(3, -3)),
    ("AND", [B, ~B], {}, np.zeros_like(B)),
    ("AND", [ints(12, 7), ints(10, 2)], {}, ints(8, 2)),
    ("OR", [ints(12, 7), ints(10, 8)], {}, ints(14, 15)),
    ("ABS", [X], {}, np.abs(X)),
    ("NEGATE", [X], {}, -X),
    ("COSINE", [X], {}, np.cos(X)),
    ("EXPONENTIAL", [X], {}, np.exp(X)),
    ("FLOOR", [X], {}, np.floor(X)),
    ("LOG", [np.abs(X)], {}, np.log(np.abs(X))),
    ("RSQRT", [np.abs(X)], {}, 1 / np.sqrt(np.abs(X))),
    ("CBRT", [X], {}, np.cbrt(X)),
    ("TANH", [X], {}, np.tanh(X)),
    ("SELECT", [B, X, Y], {}, np.where(B, X, Y)),
    ("CLAMP", [np.float32(-1), X, np.float32(0.5)], {}, np.clip(X, -1, 0.5)),
    ("SHIFT_LEFT", [ints(1, -3, 5), ints(4, 1, 40)], {}, ints(16, -6, 0)),
    ("CONVERT", [X * 3], {}, (X * 3).astype(np.int32)),
    ("COMPARE", [X, Y], {**COMPARE, "comparison_direction": "LT"}, X < Y),
    ("COMPARE", [ints(1, 2), ints(1, 3)], {**COMPARE, "comparison_direction": "NE"}, np.array([False, True])),
    ("COMPARE", [X, Y], {**COMPARE, "comparison_direction": "GE"}, X >= Y),
]

Z = real(3, 4, 5)
SHAPES: list[Row] = [
    ("RESHAPE", [Z], {}, Z.reshape(5, 12)),
    ("TRANSPOSE", [Z], {"permutation": [2, 0, 1]}, Z.transpose(2, 0, 1)),
    ("CONCATENATE", [X, Y], {"dimension": 1}, np.concatenate([X, Y], 1)),
    ("BROADCAST_IN_DIM", [X], {"broadcast_dimensions": [0, 2]}, np.broadcast_to(X[:, None], (2, 4, 3))),
    ("BROADCAST_IN_DIM", [X], {"broadcast_dimensions": [2, 0]}, np.broadcast_to(X.T[:, None], (3, 4, 2))),
    ("BROADCAST_IN_DIM", [np.float32(3)], {"broadcast_dimensions": []}, np.full((2, 2), 3, np.float32)),
    ("SLICE", [Z], {"start_indices": [1, 0, 1], "limit_indices": [3, 4, 5], "strides": [1, 2, 3]}, Z[1:3, ::2, 1:5:3]),
    ("DYNAMIC_SLICE", [Z, np.int32(1), np.int32(9), np.int32(-2)], {"slice_sizes": [2, 2, 3]}, Z[1:3, 2:4, :3]),
    ("IOTA", [], {"iota_dimension": 1}, np.broadcast_to(np.arange(3, dtype=np.int32), (2, 3))),
    (
        "PAD",
        [X, np.float32(7)],
        {"edge_padding_low": [1, 0], "edge_padding_high": [0, 2], "interior_padding": [0, 1]},
        np.array([[7] * 7, *([a, 7, b, 7, c, 7, 7] for a, b, c in X)], np.float32),
    ),
    (
        "PAD",
        [X, np.float32(7)],
        {"edge_padding_low": [0, -1], "edge_padding_high": [0, 0], "interior_padding": [0, 0]},
        X[:, 1:],
    ),
]


def updated() -> Array:
    result = Z.copy()
    result[1:2, 2:4, 1:3] = 9
    return result


W, K = real(1, 6, 7, 2), real(3, 3, 2, 4)


def convolved(image: Array, kernel: Array, stride: int, pad: int) -> Array:
    padded = np.pad(image, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    height = (padded.shape[1] - kernel.shape[0]) // stride + 1
    width = (padded.shape[2] - kernel.shape[1]) // stride + 1
    result = np.zeros((image.shape[0], height, width, kernel.shape[3]), np.float32)
    for i in range(height):
        for j in range(width):
            window = padded[:, i * stride : i * stride + kernel.shape[0], j * stride : j * stride + kernel.shape[1]]
            result[:, i, j] = np.einsum("bhwc,hwco->bo", window, kernel)
    return result


NHWC = {
    "input_batch_dimension": 0,
    "input_feature_dimension": 3,
    "input_spatial_dimensions": [1, 2],
    "kernel_input_feature_dimension": 2,
    "kernel_output_feature_dimension": 3,
    "kernel_spatial_dimensions": [0, 1],
    "output_batch_dimension": 0,
    "output_feature_dimension": 3,
    "output_spatial_dimensions": [1, 2],
    "feature_group_count": 1,
    "batch_group_count": 1,
}
DOT = {"lhs_batching_dimensions": [0], "rhs_batching_dimensions": [0]}
P, Q = real(2, 3, 4), real(2, 4, 5)
ROWS = whole(2, 1, low=0, high=3)
PRODUCTS: list[Row] = [
    (
        "DYNAMIC_UPDATE_SLICE",
        [Z, np.full((1, 2, 2), 9, np.float32), np.int32(1), np.int32(9), np.int32(1)],
        {},
        updated(),
    ),
    ("CONVOLUTION", [W, K], {**NHWC, "window_strides": [1, 1], "padding": [1, 1, 1, 1]}, convolved(W, K, 1, 1)),
    ("CONVOLUTION", [W, K], {**NHWC, "window_strides": [2, 2], "padding": [0, 0, 0, 0]}, convolved(W, K, 2, 0)),
    ("DOT_GENERAL", [P, Q], {**DOT, "lhs_contracting_dimensions": [2], "rhs_contracting_dimensions": [1]}, P @ Q),
    (
        "DOT_GENERAL",
        [P, real(4, 3)],
        {"lhs_contracting_dimensions": [2, 1], "rhs_contracting_dimensions": [0, 1]},
        np.zeros(0),  # filled in below
    ),
    (
        "GATHER",
        [Z, ROWS],
        {
            "offset_dims": [1, 2],
            "collapsed_slice_dims": [0],
            "start_index_map": [0],
            "index_vector_dim": 1,
            "slice_sizes": [1, 4, 5],
        },
        Z[ROWS[:, 0]],
    ),
    (
        "GATHER",
        [Z, ints(0, 3, 9)],
        {
            "offset_dims": [0, 2],
            "collapsed_slice_dims": [1],
            "start_index_map": [1],
            "index_vector_dim": 1,
            "slice_sizes": [3, 1, 5],
        },
        Z[:, [0, 3, 3]],
    ),
]
PRODUCTS[4] = (*PRODUCTS[4][:3], np.einsum("bij,ji->b", PRODUCTS[4][1][0], PRODUCTS[4][1][1]))


def check(row: Row) -> None:
    op, arrays, attrs, expected = row
    expected = np.asarray(expected)
    inputs = [Fed(np.asarray(array)) for array in arrays]
    name = "bool" if expected.dtype == bool else expected.dtype.name
    case = Case(f"STABLEHLO_{op}", inputs, attrs, [name], shapes=[expected.shape])
    model = mc.load(case.model())
    feeds = case.feeds()
    results = [model.run(feeds)["y0"], run_onnxruntime(model.to_onnx().SerializeToString(), feeds)[0]]
    for result in results:
        assert (result.dtype, result.shape) == (expected.dtype, expected.shape), case.text()
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5, err_msg=case.text())


@pytest.mark.parametrize("row", [*ELEMENTWISE, *SHAPES, *PRODUCTS], ids=lambda row: row[0])
def test_operator(row: Row) -> None:
    skip_without("onnxruntime")
    check(row)


# --- with a subgraph

BODY = (
    "graph {name}(a{n}: float32[], b{n}: float32[]) -> (c{n}: float32[]) {{\n"
    " c{n}: float32[] = tflite.STABLEHLO_{op}(a{n}, b{n})\n}}"
)


def with_body(text: str) -> mc.Model:
    return mc.load(tflite_from_text(text))


REDUCTIONS: list[tuple[str, Callable[..., Array], float]] = [
    ("ADD", np.sum, 0.5),
    ("MULTIPLY", np.prod, 1),
    ("MAXIMUM", np.max, -9),
    ("MINIMUM", np.min, 9),
]


@pytest.mark.parametrize(("op", "formula", "initial"), REDUCTIONS, ids=[row[0] for row in REDUCTIONS])
def test_reduce(op: str, formula: Callable[..., Array], initial: float) -> None:
    body = BODY.format(name="r", n=1, op=op)
    model = with_body(
        f"graph main(x: float32[3, 4, 5]) -> (y: float32[4]) {{\n i: float32[] = {{{initial!r}}}\n"
        f" y: float32[4] = tflite.STABLEHLO_REDUCE[body={body}, dimensions=[0, 2]](x, i)\n}}"
    )
    expected = formula(Z, axis=(0, 2))
    expected = expected + initial if op == "ADD" else expected
    np.testing.assert_allclose(model.run({"x": Z})["y"], expected, rtol=1e-5)


def test_reduce_window() -> None:
    body = BODY.format(name="r", n=1, op="MAXIMUM")
    model = with_body(
        "graph main(x: float32[1, 6, 6, 1]) -> (y: float32[1, 3, 3, 1]) {\n i: float32[] = {-100.0}\n"
        f" y: float32[1, 3, 3, 1] = tflite.STABLEHLO_REDUCE_WINDOW[body={body}, window_dimensions=[1, 3, 3, 1], "
        "window_strides=[1, 2, 2, 1], padding=[0, 0, 1, 0, 1, 0, 0, 0]](x, i)\n}"
    )
    x = real(1, 6, 6, 1)
    padded = np.pad(x, ((0, 0), (1, 0), (1, 0), (0, 0)), constant_values=-100)
    windows = [[padded[0, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3, 0].max() for j in range(3)] for i in range(3)]
    np.testing.assert_array_equal(model.run({"x": x})["y"][0, :, :, 0], windows)


@pytest.mark.parametrize("direction", ["LT", "GT"])
def test_sort(direction: str) -> None:
    comparator = (
        "graph c(a: float32[], b: float32[], p: int32[], q: int32[]) -> (l: bool[]) {\n l: bool[] = "
        f'tflite.STABLEHLO_COMPARE[comparison_direction="{direction}"](a, b)\n}}'
    )
    model = with_body(
        "graph main(x: float32[3, 4], n: int32[3, 4]) -> (y: float32[3, 4], m: int32[3, 4]) {\n"
        f" y: float32[3, 4], m: int32[3, 4] = tflite.STABLEHLO_SORT[comparator={comparator}, dimension=1](x, n)\n}}"
    )
    x, n = real(3, 4), np.broadcast_to(np.arange(4, dtype=np.int32), (3, 4)).copy()
    order = np.argsort(x if direction == "LT" else -x, axis=1, kind="stable")
    results = model.run({"x": x, "n": n})
    np.testing.assert_array_equal(results["y"], np.take_along_axis(x, order, 1))
    np.testing.assert_array_equal(results["m"], np.take_along_axis(n, order, 1))


def test_scatter() -> None:
    body = BODY.format(name="u", n=1, op="ADD")
    model = with_body(
        "graph main(x: float32[4, 3], u: float32[2, 3]) -> (y: float32[4, 3]) {\n i: int32[2, 1] = {2, 0}\n"
        f" y: float32[4, 3] = tflite.STABLEHLO_SCATTER[update_computation={body}, update_window_dims=[1], "
        "inserted_window_dims=[0], scatter_dims_to_operand_dims=[0], index_vector_dim=1](x, i, u)\n}"
    )
    x, u = real(4, 3), real(2, 3)
    expected = x.copy()
    expected[[2, 0]] += u
    np.testing.assert_allclose(model.run({"x": x, "u": u})["y"], expected, rtol=1e-6)


def test_composite_is_its_decomposition() -> None:
    model = with_body(
        "graph main(x: float32[2]) -> (y: float32[2]) {\n y: float32[2] = tflite.STABLEHLO_COMPOSITE["
        "decomposition=graph d(a: float32[2]) -> (b: float32[2]) {\n b: float32[2] = tflite.NEG(a)\n}, "
        'name="acme.negate"](x)\n}'
    )
    np.testing.assert_array_equal(model.run({"x": np.float32([1, 2])})["y"], [-1, -2])


@pytest.mark.parametrize(
    ("op", "reason"),
    [("RNG_BIT_GENERATOR", "random bits"), ("CUSTOM_CALL", "not in the file")],
)
def test_what_is_refused_says_why(op: str, reason: str) -> None:
    text = f"graph main(x: float32[2]) -> (y: float32[2]) {{\n y: float32[2] = tflite.STABLEHLO_{op}(x)\n}}"
    with pytest.raises(mc.UnsupportedOpError, match=reason):
        with_body(text)
