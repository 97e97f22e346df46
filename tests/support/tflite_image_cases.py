"""TFLite operators on images: convolutions, pooling, resizing, padding, normalisation."""

from __future__ import annotations

import numpy as np
from support.arrays import integers, ints, real
from support.tflite_models import Case, Fed

CONV = {"padding": "VALID", "stride_w": 1, "stride_h": 1, "fused_activation_function": "NONE"}
POOL = {**CONV, "filter_width": 2, "filter_height": 3}


def convolutions() -> list[Case]:
    image = Fed(real(2, 7, 9, 3))
    return [
        Case("CONV_2D", [image, real(4, 3, 2, 3), real(4)], CONV),
        Case("CONV_2D", [image, real(4, 3, 3, 3), real(4)], {**CONV, "padding": "SAME"}),
        Case("CONV_2D", [image, real(4, 2, 2, 3), real(4)], {**CONV, "padding": "SAME", "stride_w": 2, "stride_h": 3}),
        Case("CONV_2D", [image, real(5, 3, 3, 3), real(5)], {**CONV, "dilation_w_factor": 2, "dilation_h_factor": 2}),
        Case("CONV_2D", [image, real(4, 1, 1, 3), real(4)], {**CONV, "fused_activation_function": "RELU6"}),
        Case("CONV_2D", [Fed(real(1, 5, 5, 4)), real(6, 3, 3, 2), real(6)], {**CONV, "padding": "SAME"}),
    ]


def depthwise() -> list[Case]:
    image = Fed(real(1, 6, 7, 3))
    attrs = {**CONV, "depth_multiplier": 2}
    return [
        Case("DEPTHWISE_CONV_2D", [image, real(1, 3, 3, 6), real(6)], attrs),
        Case(
            "DEPTHWISE_CONV_2D",
            [image, real(1, 3, 2, 6), real(6)],
            {**attrs, "padding": "SAME", "stride_w": 2, "stride_h": 2},
        ),
        Case(
            "DEPTHWISE_CONV_2D",
            [image, real(1, 3, 3, 3), real(3)],
            {**attrs, "depth_multiplier": 1, "fused_activation_function": "RELU"},
        ),
        Case(
            "DEPTHWISE_CONV_2D",
            [image, real(1, 2, 2, 6), real(6)],
            {**attrs, "dilation_w_factor": 2, "dilation_h_factor": 3, "padding": "SAME"},
        ),
    ]


def transposed() -> list[Case]:
    op = "TRANSPOSE_CONV"
    image = Fed(real(1, 4, 5, 3))
    return [
        Case(op, [ints(1, 6, 7, 2), real(2, 3, 3, 3), image], CONV),
        Case(
            op,
            [ints(1, 8, 10, 2), real(2, 3, 3, 3), image, real(2)],
            {**CONV, "padding": "SAME", "stride_w": 2, "stride_h": 2},
        ),
        Case(
            op,
            [ints(1, 9, 11, 2), real(2, 3, 3, 3), image, real(2)],
            {**CONV, "stride_w": 2, "stride_h": 2, "fused_activation_function": "RELU"},
        ),
        Case(
            op, [ints(1, 8, 15, 2), real(2, 2, 4, 3), image], {**CONV, "padding": "SAME", "stride_w": 3, "stride_h": 2}
        ),
    ]


def convolutions_3d() -> list[Case]:
    attrs = {**CONV, "stride_d": 1}
    image = Fed(real(1, 4, 5, 6, 2))
    return [
        Case("CONV_3D", [image, real(2, 3, 2, 2, 4), real(4)], attrs),
        Case(
            "CONV_3D",
            [image, real(3, 3, 3, 2, 4), real(4)],
            {**attrs, "padding": "SAME", "stride_d": 2, "stride_w": 2, "stride_h": 2},
        ),
    ]


def transposed_3d() -> list[Case]:
    attrs = {**CONV, "stride_d": 1}
    image = Fed(real(1, 2, 3, 4, 2))
    return [
        Case("CONV_3D_TRANSPOSE", [ints(1, 3, 4, 6, 3), real(2, 2, 3, 3, 2), image], attrs),
        Case(
            "CONV_3D_TRANSPOSE",
            [ints(1, 4, 6, 8, 3), real(3, 3, 3, 3, 2), image, real(3)],
            {**attrs, "padding": "SAME", "stride_d": 2, "stride_w": 2, "stride_h": 2},
        ),
    ]


def pools(op: str) -> list[Case]:
    image = Fed(real(2, 7, 8, 3))
    return [
        Case(op, [image], POOL),
        Case(
            op, [image], {**POOL, "padding": "SAME", "stride_w": 2, "stride_h": 2, "fused_activation_function": "RELU"}
        ),
        Case(op, [image], {**POOL, "padding": "SAME"}),
    ]


def resizes(op: str) -> list[Case]:
    image = Fed(real(1, 4, 5, 3))
    rows = []
    for size in (ints(8, 10), ints(3, 7), ints(1, 1)):
        for attrs in ({}, {"half_pixel_centers": 1}, {"align_corners": 1}):
            rows.append(Case(op, [image, size], {"align_corners": 0, "half_pixel_centers": 0, **attrs}))
    return rows


def spaces() -> dict[str, list[Case]]:
    return {
        "DEPTH_TO_SPACE": [
            Case("DEPTH_TO_SPACE", [Fed(real(1, 2, 3, 8))], {"block_size": 2}),
            Case("DEPTH_TO_SPACE", [Fed(real(2, 1, 2, 9))], {"block_size": 3}),
        ],
        "SPACE_TO_DEPTH": [
            Case("SPACE_TO_DEPTH", [Fed(real(1, 4, 6, 2))], {"block_size": 2}),
            Case("SPACE_TO_DEPTH", [Fed(real(2, 3, 6, 1))], {"block_size": 3}),
        ],
        "BATCH_TO_SPACE_ND": [
            Case("BATCH_TO_SPACE_ND", [Fed(real(4, 2, 3, 2)), ints(2, 2), np.array([[0, 0], [0, 0]], np.int32)]),
            Case("BATCH_TO_SPACE_ND", [Fed(real(6, 2, 3, 2)), ints(2, 3), np.array([[1, 0], [0, 2]], np.int32)]),
        ],
        "SPACE_TO_BATCH_ND": [
            Case("SPACE_TO_BATCH_ND", [Fed(real(1, 4, 6, 2)), ints(2, 2), np.array([[0, 0], [0, 0]], np.int32)]),
            Case("SPACE_TO_BATCH_ND", [Fed(real(2, 3, 5, 2)), ints(2, 3), np.array([[1, 0], [0, 1]], np.int32)]),
        ],
    }


def pads() -> dict[str, list[Case]]:
    sizes = np.array([[0, 1], [2, 0], [1, 1]], np.int32)
    return {
        "PAD": [
            Case("PAD", [Fed(real(2, 3, 4)), sizes]),
            Case("PAD", [Fed(integers(2, 3, 4)), sizes.astype("int64")], outputs=["int32"]),
        ],
        "PADV2": [
            Case("PADV2", [Fed(real(2, 3, 4)), sizes, real(1)]),
            Case("PADV2", [Fed(integers(2, 3, 4)), sizes, ints(7)], outputs=["int32"]),
        ],
        "MIRROR_PAD": [
            Case("MIRROR_PAD", [Fed(real(3, 4, 3)), np.array([[0, 1], [2, 0], [1, 1]], np.int32)], {"mode": "REFLECT"}),
            Case(
                "MIRROR_PAD", [Fed(real(3, 4, 3)), np.array([[0, 1], [2, 3], [1, 1]], np.int32)], {"mode": "SYMMETRIC"}
            ),
        ],
    }


def normalizations() -> dict[str, list[Case]]:
    lrn = {"radius": 2, "bias": 1.0, "alpha": 0.5, "beta": 0.75}
    return {
        "L2_NORMALIZATION": [
            Case("L2_NORMALIZATION", [Fed(real(3, 4))]),
            Case("L2_NORMALIZATION", [Fed(real(1, 2, 2, 5))]),
        ],
        "LOCAL_RESPONSE_NORMALIZATION": [
            Case("LOCAL_RESPONSE_NORMALIZATION", [Fed(real(1, 3, 3, 7))], lrn),
            Case(
                "LOCAL_RESPONSE_NORMALIZATION", [Fed(real(2, 2, 2, 4))], {**lrn, "radius": 1, "beta": 0.5, "bias": 2.0}
            ),
        ],
        "SOFTMAX": [
            Case("SOFTMAX", [Fed(real(2, 5))], {"beta": 1.0}),
            Case("SOFTMAX", [Fed(real(2, 3, 4))], {"beta": 0.5}),
        ],
        "LOG_SOFTMAX": [Case("LOG_SOFTMAX", [Fed(real(2, 5))]), Case("LOG_SOFTMAX", [Fed(real(2, 3, 4))])],
        "PRELU": [Case("PRELU", [Fed(real(1, 3, 3, 4)), real(1, 1, 4)]), Case("PRELU", [Fed(real(2, 3)), real(3)])],
    }


def image_cases() -> dict[str, list[Case]]:
    rows = {op: pools(op) for op in ("AVERAGE_POOL_2D", "L2_POOL_2D", "MAX_POOL_2D")}
    rows |= {op: resizes(op) for op in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")}
    rows["CONV_2D"], rows["DEPTHWISE_CONV_2D"], rows["TRANSPOSE_CONV"] = convolutions(), depthwise(), transposed()
    rows["CONV_3D"], rows["CONV_3D_TRANSPOSE"] = convolutions_3d(), transposed_3d()
    return rows | spaces() | pads() | normalizations()
