"""TFLite operators that pick, move and join elements, and that choose among boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.arrays import RANDOM, Array, flags, integers, ints, real, scalar
from support.tflite_models import Case, Fed

SLICED = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}


def strided_slices() -> list[Case]:
    op, x = "STRIDED_SLICE", Fed(real(4, 5, 6))
    return [
        Case(op, [x, ints(1, 0, 2), ints(3, 5, 6), ints(1, 2, 3)], SLICED),
        Case(op, [x, ints(-1, 0, 0), ints(0, 0, -1), ints(-1, 1, 1)], {**SLICED, "begin_mask": 2, "end_mask": 2}),
        Case(op, [x, ints(1, 0, 0), ints(2, 5, 6), ints(1, 1, 1)], {**SLICED, "shrink_axis_mask": 1}),
        Case(op, [x, ints(-1, 2, 0), ints(0, 3, 0), ints(1, 1, 1)], {**SLICED, "shrink_axis_mask": 3, "end_mask": 4}),
        Case(op, [x, ints(0, 1), ints(0, 4), ints(1, 1)], {**SLICED, "ellipsis_mask": 1}),
        Case(op, [x, ints(0, 0, 1), ints(0, 0, 3), ints(1, 1, 1)], {**SLICED, "new_axis_mask": 1, "ellipsis_mask": 2}),
    ]


def selections() -> dict[str, list[Case]]:
    x, y = Fed(real(3, 4)), Fed(real(3, 4))
    return {
        "SELECT": [Case("SELECT", [Fed(flags(3, 4)), x, y]), Case("SELECT", [Fed(flags(3)), x, y])],
        "SELECT_V2": [Case("SELECT_V2", [Fed(flags(3, 4)), x, y]), Case("SELECT_V2", [Fed(flags(4)), x, real(1)])],
    }


def gathers() -> dict[str, list[Case]]:
    x = Fed(real(3, 4, 5))
    return {
        "GATHER": [
            Case("GATHER", [x, ints(2, 0)], {"axis": 0}),
            Case("GATHER", [x, Fed(integers(2, 3, low=0, high=4))], {"axis": 1}),
            Case("GATHER", [x, Fed(integers(3, 2, low=0, high=5))], {"axis": 2, "batch_dims": 1}),
            Case("GATHER", [x, Fed(scalar(1))], {"axis": -1}),
        ],
        "GATHER_ND": [
            Case("GATHER_ND", [x, Fed(integers(2, 2, low=0, high=3))]),
            Case("GATHER_ND", [x, integers(2, 1, low=0, high=3, dtype="int64")]),
        ],
        "EMBEDDING_LOOKUP": [
            Case("EMBEDDING_LOOKUP", [Fed(ints(2, 0, 1)), real(4, 3)]),
            Case("EMBEDDING_LOOKUP", [Fed(ints(3)), real(4, 2, 2)]),
        ],
        "SCATTER_ND": [
            Case("SCATTER_ND", [np.array([[1], [3]], np.int32), Fed(real(2, 4)), ints(5, 4)]),
            Case("SCATTER_ND", [np.array([[1, 0], [1, 0], [2, 1]], np.int32), Fed(real(3)), ints(3, 2)]),
        ],
        "SPARSE_TO_DENSE": [
            Case("SPARSE_TO_DENSE", [ints(1, 3), ints(5), Fed(real(2)), scalar(0.5, "float32")]),
            Case(
                "SPARSE_TO_DENSE",
                [np.array([[0, 1], [2, 0]], np.int32), ints(3, 2), Fed(scalar(4.0, "float32")), scalar(0, "float32")],
            ),
        ],
        "ONE_HOT": [
            Case(
                "ONE_HOT",
                [Fed(ints(0, 2, -1, 4)), scalar(4), scalar(2.0, "float32"), scalar(0.5, "float32")],
                {"axis": -1},
            ),
            Case(
                "ONE_HOT", [Fed(integers(2, 3, low=0, high=3)), scalar(3), scalar(1), scalar(0)], {"axis": 1}, ["int32"]
            ),
        ],
        "TOPK_V2": [
            Case("TOPK_V2", [Fed(real(3, 6)), scalar(2)], outputs=["float32", "int32"]),
            Case("TOPK_V2", [Fed(real(5)), scalar(5)], outputs=["float32", "int32"]),
        ],
        "WHERE": [
            Case("WHERE", [Fed(flags(3, 4))], outputs=["int64"]),
            Case("WHERE", [Fed(flags(7))], outputs=["int64"]),
        ],
        "UNIQUE": [
            Case("UNIQUE", [Fed(ints(3, 1, 3, 2, 1))], {"idx_out_type": "INT32"}, ["int32", "int32"]),
            Case("UNIQUE", [Fed(ints(5, 5, 7).astype("float32"))], {"idx_out_type": "INT64"}, ["float32", "int64"]),
        ],
        "BUCKETIZE": [
            Case("BUCKETIZE", [Fed(real(2, 5))], {"boundaries": [-1.0, 0.0, 0.5]}, ["int32"]),
            Case("BUCKETIZE", [Fed(ints(-2, 0, 1, 9))], {"boundaries": [0.0, 1.0]}, ["int32"]),
        ],
        "HASHTABLE_LOOKUP": [
            Case("HASHTABLE_LOOKUP", [Fed(ints(5, 1, 9)), ints(1, 5, 7), real(3, 2)], outputs=["float32", "uint8"]),
            Case("HASHTABLE_LOOKUP", [Fed(ints(2)), ints(2), real(1, 4)], outputs=["float32", "uint8"]),
        ],
        "EMBEDDING_LOOKUP_SPARSE": [
            Case(
                "EMBEDDING_LOOKUP_SPARSE",
                [
                    Fed(ints(1, 3, 0)),
                    np.array([[0, 0], [2, 0], [2, 1]], np.int32),
                    ints(3, 2),
                    Fed(real(3, low=1)),
                    real(4, 3),
                ],
                {"combiner": name},
            )
            for name in ("SUM", "MEAN", "SQRTN")
        ],
        "SEGMENT_SUM": [
            Case("SEGMENT_SUM", [Fed(real(5, 2)), ints(0, 0, 1, 1, 2)]),
            Case("SEGMENT_SUM", [Fed(real(3)), ints(0, 1, 1)]),
        ],
        "MATRIX_DIAG": [Case("MATRIX_DIAG", [Fed(real(3))]), Case("MATRIX_DIAG", [Fed(real(2, 4))])],
        "MATRIX_SET_DIAG": [
            Case("MATRIX_SET_DIAG", [Fed(real(2, 3, 4)), Fed(real(2, 3))]),
            Case("MATRIX_SET_DIAG", [Fed(real(4, 3)), Fed(real(3))]),
        ],
    }


def unsorted(op: str) -> list[Case]:
    return [
        Case(op, [Fed(real(5, 2)), Fed(ints(2, 0, 1, 2, 0)), scalar(4)]),
        Case(op, [Fed(integers(5)), ints(1, -1, 0, 1, 1), scalar(2)], outputs=["int32"]),
    ]


def shapes() -> dict[str, list[Case]]:
    x = Fed(real(2, 3, 4))
    return {
        "RESHAPE": [
            Case("RESHAPE", [x, ints(4, 6)]),
            Case("RESHAPE", [x, ints(-1, 2)]),
            Case("RESHAPE", [x], {"new_shape": [3, -1]}),
        ],
        "SHAPE": [
            Case("SHAPE", [x], {"out_type": "INT32"}, ["int32"]),
            Case("SHAPE", [x], {"out_type": "INT64"}, ["int64"]),
        ],
        "RANK": [Case("RANK", [x], outputs=["int32"]), Case("RANK", [Fed(real(2))], outputs=["int32"])],
        "SQUEEZE": [
            Case("SQUEEZE", [Fed(real(1, 3, 1))], {"squeeze_dims": [0]}),
            Case("SQUEEZE", [Fed(real(1, 3, 1))], {"squeeze_dims": []}),
        ],
        "EXPAND_DIMS": [Case("EXPAND_DIMS", [x, scalar(1)]), Case("EXPAND_DIMS", [x, scalar(-1)])],
        "TRANSPOSE": [
            Case("TRANSPOSE", [x, ints(2, 0, 1)]),
            Case("TRANSPOSE", [Fed(real(1, 2, 3, 4, 5)), ints(0, 4, 1, 2, 3)]),
        ],
        "BROADCAST_TO": [
            Case("BROADCAST_TO", [Fed(real(3, 1)), ints(2, 3, 4)]),
            Case("BROADCAST_TO", [Fed(integers(1)), ints(3, dtype="int64")], outputs=["int32"]),
        ],
        "BROADCAST_ARGS": [
            Case("BROADCAST_ARGS", [Fed(ints(2, 1, 3)), Fed(ints(4, 1))], outputs=["int32"]),
            Case("BROADCAST_ARGS", [Fed(ints(2, dtype="int64")), ints(3, 1, dtype="int64")], outputs=["int64"]),
        ],
    }


def slices() -> dict[str, list[Case]]:
    x = Fed(real(3, 4, 5))
    return {
        "SLICE": [
            Case("SLICE", [x, ints(1, 0, 2), ints(2, -1, 3)]),
            Case("SLICE", [x, Fed(ints(0, 1, 1)), ints(1, 2, 3)]),
        ],
        "STRIDED_SLICE": strided_slices(),
        "REVERSE_V2": [Case("REVERSE_V2", [x, ints(1)]), Case("REVERSE_V2", [x, ints(0, 1)])],
        "REVERSE_SEQUENCE": [
            Case("REVERSE_SEQUENCE", [x, ints(2, 4, 1)], {"seq_dim": 1, "batch_dim": 0}),
            Case("REVERSE_SEQUENCE", [x, Fed(ints(1, 3, 2, 2))], {"seq_dim": 0, "batch_dim": 1}),
            Case("REVERSE_SEQUENCE", [x, Fed(ints(1, 3, 5, dtype="int64"))], {"seq_dim": 2, "batch_dim": 0}),
        ],
        "DYNAMIC_UPDATE_SLICE": [
            Case("DYNAMIC_UPDATE_SLICE", [x, Fed(real(2, 2, 5)), Fed(ints(1, 1, 0))]),
            Case("DYNAMIC_UPDATE_SLICE", [x, Fed(real(1, 3, 2)), Fed(ints(9, 2, -1))]),
        ],
    }


def joins() -> dict[str, list[Case]]:
    x = Fed(real(4, 6))
    return {
        "CONCATENATION": [
            Case("CONCATENATION", [x, Fed(real(2, 6))], {"axis": 0, "fused_activation_function": "NONE"}),
            Case("CONCATENATION", [x, real(4, 1), Fed(real(4, 2))], {"axis": -1, "fused_activation_function": "NONE"}),
        ],
        "PACK": [
            Case("PACK", [x, Fed(real(4, 6))], {"values_count": 2, "axis": 0}),
            Case("PACK", [x, x, real(4, 6)], {"values_count": 3, "axis": -1}),
        ],
        "UNPACK": [
            Case("UNPACK", [Fed(real(2, 3))], {"num": 2, "axis": 0}, ["float32"] * 2),
            Case("UNPACK", [Fed(real(2, 3))], {"num": 3, "axis": -1}, ["float32"] * 3),
        ],
        "SPLIT": [
            Case("SPLIT", [scalar(0), x], {"num_splits": 2}, ["float32"] * 2),
            Case("SPLIT", [scalar(-1), x], {"num_splits": 3}, ["float32"] * 3),
        ],
        "SPLIT_V": [
            Case("SPLIT_V", [x, ints(1, 3), scalar(0)], {"num_splits": 2}, ["float32"] * 2),
            Case("SPLIT_V", [x, ints(2, -1, 1), scalar(1)], {"num_splits": 3}, ["float32"] * 3),
        ],
        "TILE": [
            Case("TILE", [x, ints(2, 1)]),
            Case("TILE", [Fed(integers(2, 3)), ints(1, 3, dtype="int64")], outputs=["int32"]),
        ],
    }


def boxes(*shape: int) -> Array:
    corner = RANDOM.uniform(0, 0.7, (*shape, 2))
    return np.concatenate([corner, corner + RANDOM.uniform(0.1, 0.3, (*shape, 2))], -1).astype(np.float32)


def detections() -> dict[str, list[Case]]:
    from flatbuffers import flexbuffers

    def suppression(op: str, count: int, most: int, overlap: float, lowest: float) -> Case:
        inputs = [
            Fed(boxes(count)),
            Fed(real(count, low=0, high=1)),
            scalar(most),
            scalar(overlap, "float32"),
            scalar(lowest, "float32"),
        ]
        sigma = [scalar(0, "float32")] if op.endswith("V5") else []
        outputs = ["int32", "float32", "int32"] if op.endswith("V5") else ["int32", "int32"]
        return Case(op, [*inputs, *sigma], outputs=outputs)

    def post_process(classes: int, background: int, **changes: Any) -> Case:
        options = {
            "max_detections": 6,
            "max_classes_per_detection": 1,
            "detections_per_class": 4,
            "use_regular_nms": False,
            "nms_score_threshold": 0.3,
        }
        options |= {
            "nms_iou_threshold": 0.4,
            "num_classes": classes,
            "y_scale": 10.0,
            "x_scale": 10.0,
            "h_scale": 5.0,
            "w_scale": 5.0,
            **changes,
        }
        anchors = np.concatenate([RANDOM.uniform(0, 1, (12, 2)), RANDOM.uniform(0.2, 0.5, (12, 2))], 1).astype(
            np.float32
        )
        inputs = [Fed(real(1, 12, 4)), Fed(real(1, 12, classes + background, low=0, high=1)), anchors]
        attrs = {"custom_options": bytes(flexbuffers.Dumps(options))}
        return Case("TFLite_Detection_PostProcess", inputs, attrs, ["float32"] * 4)

    return {
        **{
            op: [suppression(op, 10, 5, 0.4, 0.2), suppression(op, 6, 6, 0.9, 0.0)]
            for op in ("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5")
        },
        "TFLite_Detection_PostProcess": [
            post_process(3, 1),
            post_process(4, 0, max_detections=12, nms_score_threshold=0.0),
            post_process(3, 1, use_regular_nms=True),
        ],
    }


def windows() -> dict[str, list[Case]]:
    def window(function: str, x: Array, initial: Any, *lists: Array) -> Case:
        start = scalar(initial, x.dtype.name)
        return Case("REDUCE_WINDOW", [Fed(x), start, *lists], {"reduce_function": function}, [x.dtype.name])

    wide = [ints(*row, dtype="int64") for row in ((1, 3, 2), (1, 2, 1), (1, 1, 2))]
    x = real(2, 7, 6)
    return {
        "REDUCE_WINDOW": [window(name, x, 0.5, *wide) for name in ("ADD", "MUL", "MINIMUM", "MAXIMUM")],
        "DILATE": [
            Case("DILATE", [Fed(real(2, 3)), ints(1, 3), scalar(0.5, "float32")]),
            Case("DILATE", [Fed(real(2, 3, 2)), ints(2, 2, 1), scalar(-1, "float32")]),
        ],
    }


def index_cases() -> dict[str, list[Case]]:
    rows = {f"UNSORTED_SEGMENT_{kind}": unsorted(f"UNSORTED_SEGMENT_{kind}") for kind in ("MAX", "MIN", "PROD", "SUM")}
    for family in (gathers, shapes, slices, joins, detections, windows, selections):
        rows |= family()
    return rows
