"""Every TFLite operator that is read, with at least two settings each."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.arrays import flags, integers, ints, real, scalar
from support.tflite_image_cases import image_cases
from support.tflite_index_cases import index_cases
from support.tflite_models import Case, Fed
from support.tflite_recurrent_cases import RECURRENT_CASES


def unary(op: str, low: float = -2, high: float = 2, **attrs: Any) -> list[Case]:
    return [Case(op, [Fed(real(*shape, low=low, high=high))], attrs) for shape in ((2, 3), (1, 4, 5, 3))]


def binary(op: str, **attrs: Any) -> list[Case]:
    return [
        Case(op, [Fed(real(2, 3, 4)), Fed(real(2, 3, 4))], attrs),
        Case(op, [Fed(real(2, 3, 4)), real(4)], attrs),
        Case(op, [real(1), Fed(real(1, 2, 2, 3))], attrs),
    ]


def comparison(op: str) -> list[Case]:
    return [
        Case(op, [Fed(integers(3, 4).astype("float32")), Fed(integers(3, 4).astype("float32"))], outputs=["bool"]),
        Case(op, [Fed(integers(3, 4)), integers(4)], outputs=["bool"]),
        Case(op, [Fed(integers(3, 4, dtype="int64")), Fed(integers(1, 4, dtype="int64"))], outputs=["bool"]),
    ]


def reduction(op: str) -> list[Case]:
    return [
        Case(op, [Fed(real(2, 3, 4)), ints(1)], {"keep_dims": 0}),
        Case(op, [Fed(real(2, 3, 4)), ints(-1, 0)], {"keep_dims": 1}),
        Case(op, [Fed(real(1, 4, 5, 3)), ints(1, 2)], {"keep_dims": 1}),
    ]


def fully_connected() -> list[Case]:
    attrs = {"fused_activation_function": "NONE"}
    return [
        Case("FULLY_CONNECTED", [Fed(real(3, 4)), real(5, 4), real(5)], attrs),
        Case("FULLY_CONNECTED", [Fed(real(2, 3, 4)), real(5, 4), None], {"fused_activation_function": "RELU"}),
        Case("FULLY_CONNECTED", [Fed(real(2, 3, 4)), real(5, 4), real(5)], {**attrs, "keep_num_dims": 1}),
        Case("FULLY_CONNECTED", [Fed(real(2, 2, 2)), real(5, 4), real(5)], {"fused_activation_function": "RELU6"}),
    ]


def batch_matmul() -> list[Case]:
    op = "BATCH_MATMUL"
    return [
        Case(op, [Fed(real(2, 3, 4)), Fed(real(2, 4, 5))]),
        Case(op, [Fed(real(2, 4, 3)), Fed(real(2, 4, 5))], {"adj_x": 1}),
        Case(op, [Fed(real(2, 3, 4)), real(1, 5, 4)], {"adj_y": 1}),
    ]


def fills() -> dict[str, list[Case]]:
    return {
        "FILL": [
            Case("FILL", [ints(2, 3), Fed(scalar(1.5, "float32"))]),
            Case("FILL", [Fed(ints(4, dtype="int64")), scalar(3)], outputs=["int32"]),
        ],
        "RANGE": [
            Case("RANGE", [scalar(1), Fed(scalar(9)), scalar(3)], outputs=["int32"]),
            Case("RANGE", [Fed(scalar(2.0, "float32")), scalar(0.0, "float32"), scalar(-0.5, "float32")]),
        ],
        "ZEROS_LIKE": [*unary("ZEROS_LIKE"), Case("ZEROS_LIKE", [Fed(integers(2, 2))], outputs=["int32"])],
    }


def numeric() -> dict[str, list[Case]]:
    rows = {op: binary(op, fused_activation_function="NONE") for op in ("ADD", "SUB", "MUL")}
    rows["ADD"] += [
        Case("ADD", [Fed(real(2, 3)), Fed(real(3))], {"fused_activation_function": name})
        for name in ("RELU", "RELU6", "RELU_N1_TO_1")
    ]
    rows["MUL"] += [
        Case("MUL", [Fed(integers(2, 3)), Fed(integers(3))], {"fused_activation_function": "NONE"}, ["int32"])
    ]
    rows["DIV"] = [
        Case("DIV", [Fed(real(2, 3)), Fed(real(2, 3, low=0.5))], {"fused_activation_function": "NONE"}),
        Case("DIV", [Fed(integers(2, 3, low=-9)), ints(2, -3, 4)], {"fused_activation_function": "NONE"}, ["int32"]),
    ]
    rows |= {
        op: [*binary(op), Case(op, [Fed(integers(2, 3)), Fed(integers(2, 3))], outputs=["int32"])]
        for op in ("MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE")
    }
    rows["POW"] = [
        Case("POW", [Fed(real(2, 3, low=0.1)), Fed(real(2, 3))]),
        Case("POW", [Fed(integers(4)), ints(2, 3, 0, 1)], outputs=["int32"]),
    ]
    for op in ("FLOOR_DIV", "FLOOR_MOD"):
        rows[op] = [
            Case(op, [Fed(real(3, 4, low=-9, high=9)), real(4, low=1, high=2)]),
            Case(op, [Fed(integers(3, 4, low=-9, high=9)), ints(2, -3, 4, -1)], outputs=["int32"]),
        ]
    rows["ATAN2"] = [
        Case("ATAN2", [Fed(real(3, 4)), Fed(real(3, 4))]),
        Case("ATAN2", [Fed(np.array([0, 1, -1, 0], "float32")), Fed(np.array([0, 0, 0, -1], "float32"))]),
    ]
    rows["ADD_N"] = [
        Case("ADD_N", [Fed(real(2, 3)), Fed(real(2, 3)), Fed(real(2, 3))]),
        Case("ADD_N", [Fed(integers(3)), Fed(integers(3))], outputs=["int32"]),
    ]
    rows["BITWISE_XOR"] = [
        Case("BITWISE_XOR", [Fed(integers(2, 3)), Fed(integers(2, 3))], outputs=["int32"]),
        Case("BITWISE_XOR", [Fed(integers(3, dtype="int8")), ints(7, dtype="int8")], outputs=["int8"]),
    ]
    rows["RIGHT_SHIFT"] = [
        Case("RIGHT_SHIFT", [Fed(integers(2, 3, low=-99, high=99)), integers(2, 3, low=0)], outputs=["int32"]),
        Case(
            "RIGHT_SHIFT",
            [Fed(integers(4, low=0, high=250, dtype="uint8")), ints(1, 2, 0, 3, dtype="uint8")],
            outputs=["uint8"],
        ),
    ]
    for op in ("LOGICAL_AND", "LOGICAL_OR"):
        rows[op] = [
            Case(op, [Fed(flags(2, 3)), Fed(flags(2, 3))], outputs=["bool"]),
            Case(op, [Fed(flags(2, 3)), flags(3)], outputs=["bool"]),
        ]
    rows["LOGICAL_NOT"] = [
        Case("LOGICAL_NOT", [Fed(flags(2, 3))], outputs=["bool"]),
        Case("LOGICAL_NOT", [Fed(flags(4))], outputs=["bool"]),
    ]
    return rows


def casts() -> dict[str, list[Case]]:
    return {
        "CAST": [
            Case(
                "CAST",
                [Fed(real(2, 3, low=-9, high=9))],
                {"in_data_type": "FLOAT32", "out_data_type": "INT32"},
                ["int32"],
            ),
            Case("CAST", [Fed(integers(4))], {"in_data_type": "INT32", "out_data_type": "BOOL"}, ["bool"]),
            Case("CAST", [Fed(flags(4))], {"in_data_type": "BOOL", "out_data_type": "FLOAT32"}),
        ],
        "BITCAST": [Case("BITCAST", [Fed(real(2, 3))], outputs=["int32"]), Case("BITCAST", [Fed(integers(4))])],
        "FAKE_QUANT": [
            Case("FAKE_QUANT", [Fed(real(3, 4))], {"min": -1.0, "max": 1.5, "num_bits": 8, "narrow_range": 0}),
            Case("FAKE_QUANT", [Fed(real(3, 4))], {"min": 0.0, "max": 1.0, "num_bits": 4, "narrow_range": 0}),
        ],
        "DEQUANTIZE": [
            Case("DEQUANTIZE", [real(2, 3).astype("float16")]),
            Case("DEQUANTIZE", [Fed(real(4).astype("float16"))]),
        ],
    }


def extremes() -> dict[str, list[Case]]:
    rows = {}
    for op in ("ARG_MAX", "ARG_MIN"):
        rows[op] = [
            Case(op, [Fed(real(3, 4, 2)), scalar(1)], {"output_type": "INT32"}, ["int32"]),
            Case(op, [Fed(integers(3, 4)), scalar(-1)], {"output_type": "INT64"}, ["int64"]),
        ]
    rows["CUMSUM"] = [
        Case("CUMSUM", [Fed(real(3, 4)), scalar(1)], {"exclusive": a, "reverse": b}) for a in (0, 1) for b in (0, 1)
    ]
    for op in ("REDUCE_ANY", "REDUCE_ALL"):
        rows[op] = [
            Case(op, [Fed(flags(3, 4)), ints(1)], {"keep_dims": 0}, ["bool"]),
            Case(op, [Fed(flags(2, 3, 2)), ints(0, -1)], {"keep_dims": 1}, ["bool"]),
        ]
    return rows


def cases() -> dict[str, list[Case]]:
    rows = {op: unary(op) for op in ("ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "HARD_SWISH", "LOGISTIC", "NEG")}
    rows |= {op: unary(op, low=-4, high=8) for op in ("RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1")}
    rows |= {op: unary(op) for op in ("ROUND", "SIGN", "SIN", "SQUARE", "TANH")}
    rows |= {op: unary(op, low=0.1) for op in ("LOG", "RSQRT", "SQRT")}
    rows["LEAKY_RELU"] = unary("LEAKY_RELU", alpha=0.25)
    rows["GELU"] = unary("GELU", approximate=0) + unary("GELU", approximate=1)
    rows |= {op: comparison(op) for op in ("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL")}
    rows |= {op: reduction(op) for op in ("MEAN", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "SUM")}
    rows["FULLY_CONNECTED"], rows["BATCH_MATMUL"] = fully_connected(), batch_matmul()
    for family in (image_cases, index_cases, fills, numeric, casts, extremes):
        rows |= family()
    return {**rows, **RECURRENT_CASES}


CASES = cases()
