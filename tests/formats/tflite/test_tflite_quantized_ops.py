"""Quantised operators: the integers of LiteRT within one step, in the evaluator and in ONNX Runtime on Q/DQ nodes."""

from __future__ import annotations

from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.processes import skip_without
from support.tflite_models import Array, Case, Fed, Quantized, run_litert, run_onnxruntime

RANDOM = np.random.default_rng(5)
CONV = {"padding": "SAME", "stride_w": 1, "stride_h": 1, "fused_activation_function": "RELU6"}
POOL = {
    **CONV,
    "fused_activation_function": "NONE",
    "filter_width": 2,
    "filter_height": 2,
    "stride_w": 2,
    "stride_h": 2,
}


def stored(*shape: int, dtype: str = "int8") -> Array:
    limits = np.iinfo(dtype)
    return RANDOM.integers(limits.min, limits.max + 1, shape).astype(dtype)


def weights(*shape: int) -> Array:
    return RANDOM.integers(-127, 128, shape).astype("int8")


def bias(count: int) -> Array:
    return RANDOM.integers(-4000, 4000, count).astype("int32")


def per_axis(count: int, axis: int = 0) -> Quantized:
    return Quantized([0.01 * (i + 1) for i in range(count)], 0, axis)


def times(a: Quantized, b: Quantized) -> Quantized:
    return Quantized([float(np.float32(x) * np.float32(np.atleast_1d(a.scales)[0])) for x in np.atleast_1d(b.scales)])


X, Y = Quantized(0.02, 5), Quantized(0.05, -7)
UX, UY = Quantized(0.02, 130), Quantized(0.05, 90)
SX, SY = Quantized(2.0**-10, 0), Quantized(2.0**-9, 0)


def convolutions() -> list[Case]:
    image = Fed(stored(1, 6, 6, 3))
    w, one = per_axis(4), Quantized(0.02, 0)
    depth = per_axis(6, 3)
    u = Fed(stored(1, 6, 6, 3, dtype="uint8"))
    uw = Quantized(0.015, 120)
    return [
        Case(
            "CONV_2D",
            [image, weights(4, 3, 3, 3), bias(4)],
            CONV,
            ["int8"],
            {"x0": X, "x1": w, "x2": times(X, w), "y0": Y},
        ),
        Case(
            "CONV_2D",
            [image, weights(4, 1, 1, 3), bias(4)],
            {**CONV, "fused_activation_function": "NONE"},
            ["int8"],
            {"x0": X, "x1": one, "x2": times(X, one), "y0": Y},
        ),
        Case(
            "CONV_2D",
            [u, stored(4, 3, 3, 3, dtype="uint8"), bias(4)],
            CONV,
            ["uint8"],
            {"x0": UX, "x1": uw, "x2": times(UX, uw), "y0": UY},
        ),
        Case(
            "DEPTHWISE_CONV_2D",
            [image, weights(1, 3, 3, 6), bias(6)],
            {**CONV, "depth_multiplier": 2},
            ["int8"],
            {"x0": X, "x1": depth, "x2": times(X, depth), "y0": Y},
        ),
        Case(
            "TRANSPOSE_CONV",
            [np.array([1, 12, 12, 4], "int32"), weights(4, 3, 3, 3), image, bias(4)],
            {**CONV, "stride_w": 2, "stride_h": 2, "fused_activation_function": "NONE"},
            ["int8"],
            {"x1": w, "x2": X, "x3": times(X, w), "y0": Y},
        ),
        Case(
            "FULLY_CONNECTED",
            [Fed(stored(3, 8)), weights(4, 8), bias(4)],
            {"fused_activation_function": "NONE"},
            ["int8"],
            {"x0": X, "x1": one, "x2": times(X, one), "y0": Quantized(0.1, 3)},
        ),
        Case(
            "FULLY_CONNECTED",
            [Fed(stored(3, 8, dtype="int16")), weights(4, 8), RANDOM.integers(-99999, 99999, 4).astype("int64")],
            {"fused_activation_function": "NONE"},
            ["int16"],
            {"x0": SX, "x1": one, "x2": times(SX, one), "y0": SY},
        ),
    ]


def elementwise() -> list[Case]:
    a, b = Fed(stored(2, 3, 4)), Fed(stored(2, 3, 4))
    plain = {"fused_activation_function": "NONE"}
    rows = [
        Case(op, [a, b], plain, ["int8"], {"x0": X, "x1": Quantized(0.03, -2), "y0": Y}) for op in ("ADD", "SUB", "MUL")
    ]
    rows += [
        Case(
            "ADD",
            [Fed(stored(2, 4, dtype="uint8")), stored(4, dtype="uint8")],
            plain,
            ["uint8"],
            {"x0": UX, "x1": Quantized(0.01, 100), "y0": UY},
        )
    ]
    rows += [
        Case(
            "MUL",
            [Fed(stored(2, 4, dtype="int16")), stored(4, dtype="int16")],
            plain,
            ["int16"],
            {"x0": SX, "x1": SX, "y0": Quantized(2.0**-11, 0)},
        )
    ]
    rows += [Case(op, [a, b], {}, ["int8"], {"x0": X, "x1": X, "y0": X}) for op in ("MAXIMUM", "MINIMUM")]
    rows += [Case(op, [a, b], {}, ["bool"], {"x0": X, "x1": X}) for op in ("LESS", "GREATER_EQUAL")]
    return rows


def activations() -> list[Case]:
    a, u, s = Fed(stored(2, 8)), Fed(stored(2, 8, dtype="uint8")), Fed(stored(2, 8, dtype="int16"))
    sigmoid, tanh = Quantized(1 / 256, -128), Quantized(1 / 128, 0)
    return [
        Case("LOGISTIC", [a], {}, ["int8"], {"x0": X, "y0": sigmoid}),
        Case("LOGISTIC", [u], {}, ["uint8"], {"x0": UX, "y0": Quantized(1 / 256, 0)}),
        Case("TANH", [a], {}, ["int8"], {"x0": X, "y0": tanh}),
        Case("SOFTMAX", [a], {"beta": 1.0}, ["int8"], {"x0": X, "y0": sigmoid}),
        Case("SOFTMAX", [u], {"beta": 1.0}, ["uint8"], {"x0": UX, "y0": Quantized(1 / 256, 0)}),
        Case("HARD_SWISH", [a], {}, ["int8"], {"x0": X, "y0": Y}),
        Case("LEAKY_RELU", [a], {"alpha": 0.3}, ["int8"], {"x0": X, "y0": Y}),
        Case("RELU", [a], {}, ["int8"], {"x0": X, "y0": X}),
        Case("RELU6", [u], {}, ["uint8"], {"x0": UX, "y0": UY}),
        Case("ABS", [a], {}, ["int8"], {"x0": X, "y0": Quantized(0.02, -128)}),
        Case("EXP", [a], {}, ["int8"], {"x0": X, "y0": Quantized(0.05, -128)}),
        Case("L2_NORMALIZATION", [a], {}, ["int8"], {"x0": X, "y0": tanh}),
        Case("QUANTIZE", [Fed(RANDOM.uniform(-3, 3, (3, 5)).astype("float32"))], {}, ["int8"], {"y0": X}),
        Case("QUANTIZE", [a], {}, ["int8"], {"x0": X, "y0": Y}),
        Case("QUANTIZE", [a], {}, ["uint8"], {"x0": X, "y0": UX}),
        Case("DEQUANTIZE", [a], {}, ["float32"], {"x0": X}),
        Case("DEQUANTIZE", [u], {}, ["float32"], {"x0": UX}),
        Case("DEQUANTIZE", [s], {}, ["float32"], {"x0": SX}),
        Case("DEQUANTIZE", [weights(3, 2)], {}, ["float32"], {"x0": Quantized([0.1, 0.2, 0.3], 0, 0)}),
    ]


def moves() -> list[Case]:
    a = Fed(stored(2, 4, 4, 2))
    pads = np.array([[0, 0], [1, 1], [0, 2], [0, 0]], "int32")
    lists = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}
    four = [np.array(row, "int32") for row in ([0, 1, 0, 0], [2, 4, 4, 2], [1, 2, 1, 1])]
    size = np.array([6, 5], "int32")
    same = {"x0": X, "y0": X}
    return [
        Case("PAD", [a, pads], {}, ["int8"], same),
        Case("MAX_POOL_2D", [a], POOL, ["int8"], same),
        Case("AVERAGE_POOL_2D", [a], POOL, ["int8"], same),
        Case("AVERAGE_POOL_2D", [Fed(stored(2, 4, 4, 2, dtype="uint8"))], POOL, ["uint8"], {"x0": UX, "y0": UX}),
        Case("MEAN", [a, np.array([1, 2], "int32")], {"keep_dims": 0}, ["int8"], {"x0": X, "y0": Y}),
        Case("SUM", [a, np.array([1], "int32")], {"keep_dims": 1}, ["int8"], {"x0": X, "y0": Quantized(0.1, 0)}),
        Case("REDUCE_MAX", [a, np.array([1], "int32")], {"keep_dims": 0}, ["int8"], same),
        Case("RESHAPE", [a, np.array([4, -1], "int32")], {}, ["int8"], same),
        Case("TRANSPOSE", [a, np.array([0, 3, 1, 2], "int32")], {}, ["int8"], same),
        Case("STRIDED_SLICE", [a, *four], lists, ["int8"], same),
        Case(
            "CONCATENATION",
            [a, Fed(stored(2, 4, 4, 1))],
            {"axis": 3, "fused_activation_function": "NONE"},
            ["int8"],
            {**same, "x1": X},
        ),
        Case(
            "CONCATENATION",
            [Fed(stored(2, 3, dtype="uint8")), Fed(stored(2, 3, dtype="uint8"))],
            {"axis": 1, "fused_activation_function": "NONE"},
            ["uint8"],
            {"x0": UX, "x1": UY, "y0": UY},
        ),
        Case("RESIZE_NEAREST_NEIGHBOR", [a, size], {"half_pixel_centers": 1}, ["int8"], same),
        Case("RESIZE_BILINEAR", [a, size], {"half_pixel_centers": 1}, ["int8"], same),
        Case("ARG_MAX", [a, np.array(3, "int32")], {"output_type": "INT32"}, ["int32"], {"x0": X}),
        Case("GATHER", [a, np.array([1, 0], "int32")], {"axis": 1}, ["int8"], same),
        Case("SPLIT", [np.array(1, "int32"), a], {"num_splits": 2}, ["int8", "int8"], {"x1": X, "y0": X, "y1": X}),
        Case(
            "BATCH_MATMUL",
            [Fed(stored(2, 3, 4)), Fed(stored(2, 4, 5))],
            {},
            ["int8"],
            {"x0": X, "x1": Quantized(0.01, 2), "y0": Quantized(0.03, 1)},
        ),
    ]


def narrow() -> list[Case]:
    """Weights of four bits, two in a byte; float weights behind integers (dynamic range)."""
    import ml_dtypes

    four = RANDOM.integers(-7, 8, (4, 8)).astype(ml_dtypes.int4)
    one = Quantized(0.05, 0)
    plain = {"fused_activation_function": "NONE"}
    return [
        Case("DEQUANTIZE", [four], {}, ["float32"], {"x0": one}),
        Case(
            "FULLY_CONNECTED",
            [Fed(stored(3, 8)), four, bias(4)],
            plain,
            ["int8"],
            {"x0": X, "x1": one, "x2": times(X, one), "y0": Quantized(0.2, 3)},
        ),
    ]


FAMILIES = {
    "convolutions": convolutions,
    "elementwise": elementwise,
    "activations": activations,
    "moves": moves,
    "narrow": narrow,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_quantized_operators(family: str) -> None:
    skip_without("ai_edge_litert", "onnxruntime")
    problems = [problem for case in FAMILIES[family]() for problem in compare(case)]
    assert not problems, "\n".join(problems)


def compare(case: Case) -> list[str]:
    content, feeds = case.model(), case.feeds()
    expected = run_litert(content, feeds)
    model = mc.load(content)
    problems = far_off(list(model.run(feeds).values()), expected, case, "modelconv")
    return problems + far_off(
        run_onnxruntime(model.to_onnx().SerializeToString(), feeds), expected, case, "ONNX Runtime"
    )


def far_off(actual: list[Any], expected: list[Any], case: Case, who: str) -> list[str]:
    problems = []
    for i, (value, wanted) in enumerate(zip(actual, expected, strict=True)):
        assert (value.dtype, value.shape) == (wanted.dtype, wanted.shape), case.text()
        step = (
            1 if f"y{i}" in case.quantized else 1e-6 * np.abs(wanted).max(initial=0) if wanted.dtype.kind == "f" else 0
        )
        error = np.abs(value.astype(np.float64) - wanted.astype(np.float64)).max(initial=0)
        if error > step:
            problems.append(f"{who} is {error} off: {case.text()}")
    return problems


@pytest.mark.parametrize(("dtype", "zero_point"), [("int8", 3), ("uint8", 128), ("int16", 0)])
def test_scales_and_zero_points_are_kept(dtype: str, zero_point: int) -> None:
    """Every bit of the scale, the zero point, the type; per axis as well."""
    scale = float(np.float32(0.123456789))
    w = per_axis(4)
    x = Quantized(scale, zero_point)
    case = Case(
        "FULLY_CONNECTED",
        [Fed(stored(3, 8, dtype=dtype)), weights(4, 8), None],
        {"fused_activation_function": "NONE"},
        [dtype],
        {"x0": x, "x1": w, "y0": x},
    )
    core = mc.load(case.model())
    values = core.weights
    assert np.asarray(values["x0/scale"]) == np.float32(scale)
    assert np.asarray(values["x0/zero_point"]) == zero_point
    assert np.asarray(values["x0/zero_point"]).dtype == dtype
    np.testing.assert_array_equal(np.asarray(values["x1/scale"]), np.float32(w.scales))
    assert core.inputs[0].dtype == dtype
