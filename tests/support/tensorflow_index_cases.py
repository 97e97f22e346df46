"""Cases (see tensorflow_arguments.py) of operators on indices: segments, scattering, sets, counting, order."""

import numpy as np
from support.tensorflow_arguments import Case, Const, f, float_scalar, i, int_scalar, ints, positive

SORTED = np.array([0, 0, 1, 3, 3, 3], np.int32)
MIXED = np.array([2, 0, -1, 2, 4, 0], np.int32)
ROWS = np.array([1, 0, 4, 4, 2, 3], np.int32)


def sorted_segments(make: type = f) -> list[Case]:
    return [
        {"data": make(6, 2), "segment_ids": SORTED},
        {"data": make(6), "segment_ids": SORTED.astype(np.int64)},
        {"data": i(6, 3), "segment_ids": SORTED},
    ]


def unsorted_segments() -> list[Case]:
    return [
        {"data": f(6, 2), "segment_ids": MIXED, "num_segments": int_scalar(5)},
        {"data": i(6), "segment_ids": MIXED.astype(np.int64), "num_segments": np.array(6, np.int32)},
        {"data": f(2, 3, 4), "segment_ids": MIXED.reshape(2, 3), "num_segments": int_scalar(5)},
    ]


def sparse_segments(count: int | None = None) -> list[Case]:
    cases = [
        {"data": f(5, 3), "indices": ROWS, "segment_ids": SORTED},
        {"data": f(5), "indices": ROWS.astype(np.int64), "segment_ids": SORTED},
    ]
    return [{**case, "num_segments": int_scalar(count)} for case in cases] if count else cases


def scattered() -> list[Case]:
    return [
        {"tensor": f(5), "indices": np.array([[1], [3], [1]], np.int32), "updates": f(3)},
        {"tensor": f(5, 2), "indices": np.array([[1], [3]], np.int64), "updates": f(2, 2)},
    ]


WEIGHTS = Const(positive(7))
NO_WEIGHTS = Const(np.zeros(0, np.int32))
COUNTED = np.array([1, 4, 1, 0, 9, 1, 4], np.int32)

INDEX_CASES: dict[str, list[Case]] = {
    "Bincount": [
        {"arr": COUNTED, "size": int_scalar(6), "weights": NO_WEIGHTS},
        {"arr": COUNTED, "size": np.array(12, np.int32), "weights": WEIGHTS},
    ],
    "BroadcastArgs": [
        {"s0": ints(3, 1), "s1": ints(4)},
        {"s0": np.array([4], np.int32), "s1": np.array([2, 1, 4], np.int32)},
    ],
    "Bucketize": [
        {"input": f(3, 4), "boundaries": [-0.5, 0.0, 0.7]},
        {"input": i(5), "boundaries": [-3.0, 2.0]},
        {"input": f(3), "boundaries": []},
    ],
    "DenseBincount": [
        {"input": COUNTED, "size": int_scalar(6), "weights": NO_WEIGHTS},
        {"input": np.stack([COUNTED, COUNTED[::-1] // 2]), "size": int_scalar(5), "weights": NO_WEIGHTS},
        {"input": COUNTED, "size": int_scalar(6), "weights": NO_WEIGHTS, "binary_output": True},
        {"input": COUNTED, "size": int_scalar(20), "weights": WEIGHTS},
    ],
    "DenseToDenseSetOperation": [
        {"set1": i(3, 5, low=0, high=6), "set2": i(3, 4, low=0, high=6), "set_operation": operation}
        for operation in ("a-b", "b-a", "intersection", "union")
    ]
    + [
        {
            "set1": i(2, 2, 6, low=-3, high=3, dtype=dtype),
            "set2": i(2, 2, 1, low=-3, high=3, dtype=dtype),
            "set_operation": operation,
        }
        for operation, dtype in (("a-b", np.int64), ("union", np.int16))
    ],
    "DynamicPartition": [
        {"data": f(6, 2), "partitions": np.array([0, 2, 0, 1, 1, 0], np.int32), "num_partitions": 3},
        {"data": f(2, 3, 2), "partitions": np.array([[0, 1, 0], [1, 1, 0]], np.int32), "num_partitions": 2},
    ],
    "DynamicStitch": [
        {"indices": [np.array([0, 3], np.int32), np.array([2, 1], np.int32)], "data": [f(2, 3), f(2, 3)]},
        {"indices": [np.array([[0, 3], [1, 2]], np.int32), np.array([4], np.int32)], "data": [f(2, 2, 2), f(1, 2)]},
    ],
    "InvertPermutation": [{"x": ints(2, 0, 1)}, {"x": np.array([1, 0, 3, 2], np.int32)}],
    "LinSpace": [
        {"start": float_scalar(0), "stop": float_scalar(1), "num": int_scalar(7)},
        {"start": np.array(-2, np.float32), "stop": np.array(4, np.float32), "num": np.array(4, np.int32)},
        {"start": float_scalar(3), "stop": float_scalar(5), "num": int_scalar(1)},
    ],
    "ListDiff": [
        {"x": np.array([1, 2, 3, 4, 5, 2], np.int32), "y": np.array([2, 5], np.int32)},
        {"x": np.array([1.5, 2.5], np.float32), "y": np.array([7, 1.5], np.float32), "out_idx": np.int64},
    ],
    "LowerBound": [
        {"sorted_inputs": np.sort(f(2, 6)), "values": f(2, 4)},
        {"sorted_inputs": np.sort(i(1, 6)), "values": i(1, 9), "out_type": np.int64},
    ],
    "ParallelDynamicStitch": [
        {"indices": [np.array([0, 3], np.int32), np.array([2, 1], np.int32)], "data": [f(2, 3), f(2, 3)]},
        {"indices": [np.array([1], np.int32), np.array([0, 2], np.int32)], "data": [f(1), f(2)]},
    ],
    "Reverse": [
        {"tensor": f(3, 4), "dims": Const(np.array([False, True]))},
        {"tensor": f(3, 4), "dims": Const(np.array([True, True]))},
        {"tensor": f(3), "dims": Const(np.array([False]))},
    ],
    "ReverseSequence": [
        {"input": f(3, 4, 2), "seq_lengths": np.array([1, 4, 2], np.int32), "seq_dim": 1, "batch_dim": 0},
        {"input": f(4, 3), "seq_lengths": np.array([1, 4, 2], np.int64), "seq_dim": 0, "batch_dim": 1},
        {"input": f(2, 3, 5), "seq_lengths": np.array([1, 4, 5], np.int32), "seq_dim": 2, "batch_dim": 1},
        {"input": f(2, 3, 5), "seq_lengths": np.array([1, 4], np.int32), "seq_dim": 2, "batch_dim": 0},
    ],
    "Roll": [
        {"input": f(3, 5), "shift": int_scalar(2), "axis": int_scalar(1)},
        {"input": f(3, 5), "shift": np.array([-1, 7], np.int32), "axis": ints(0, -1)},
    ],
    "SegmentMax": sorted_segments(),
    "SegmentMean": sorted_segments()[:2],
    "SegmentMin": sorted_segments(),
    "SegmentProd": sorted_segments(),
    "SegmentSum": sorted_segments(),
    "SparseSegmentMean": sparse_segments(),
    "SparseSegmentMeanWithNumSegments": sparse_segments(6),
    "SparseSegmentSqrtN": sparse_segments(),
    "SparseSegmentSqrtNWithNumSegments": sparse_segments(6),
    "SparseSegmentSum": sparse_segments(),
    "SparseSegmentSumWithNumSegments": sparse_segments(6),
    "TensorScatterMax": scattered(),
    "TensorScatterMin": scattered(),
    "TensorScatterSub": scattered(),
    "Unique": [
        {"x": np.array([3, 1, 3, 2, 1], np.int32)},
        {"x": np.array([0.5, -1, 0.5], np.float32), "out_idx": np.int64},
    ],
    "UniqueV2": [
        {"x": np.array([3, 1, 3, 2, 1], np.int64), "axis": ints(0)},
        {"x": np.array([[1, 2], [3, 4], [1, 2]], np.int64), "axis": ints(0)},
        {"x": np.array([3, 1, 3], np.int64), "axis": ints()},
    ],
    "UniqueWithCounts": [
        {"x": np.array([3, 1, 3, 2, 1], np.int32)},
        {"x": np.array([0.5, -1, 0.5], np.float32), "out_idx": np.int64},
    ],
    "UniqueWithCountsV2": [
        {"x": np.array([3, 1, 3, 2, 1], np.int64), "axis": ints(0)},
        {"x": np.array([[1, 2], [3, 4], [1, 2]], np.int64), "axis": ints(0)},
    ],
    "UnravelIndex": [
        {"indices": np.array([5, 0, 11], np.int32), "dims": ints(3, 4)},
        {"indices": np.array(17, np.int64), "dims": Const(np.array([2, 3, 4], np.int64))},
    ],
    "UnsortedSegmentMax": unsorted_segments(),
    "UnsortedSegmentMin": unsorted_segments(),
    "UnsortedSegmentProd": unsorted_segments(),
    "UnsortedSegmentSum": unsorted_segments(),
    "UpperBound": [
        {"sorted_inputs": np.sort(f(2, 6)), "values": f(2, 4)},
        {"sorted_inputs": np.sort(i(1, 6)), "values": i(1, 9), "out_type": np.int64},
    ],
}
