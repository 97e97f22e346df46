"""Cases (see tensorflow_arguments.py) of operators on strings, sparse and ragged tensors, and complex numbers."""

import numpy as np
from support.tensorflow_arguments import Case, Const, b, f, float_scalar, i, int_scalar, ints


def words(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


def text(value: str) -> Const:
    return Const(np.array(value, dtype=object))


def c(*shape: int) -> np.ndarray:
    return (f(*shape) + 1j * f(*shape)).astype(np.complex64)


def longs(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


COORDINATES = np.array([[0, 1], [0, 3], [2, 0], [3, 2], [3, 3]], np.int64)
SENTENCES = words("to be or", "not", "", "to  be ")

SEQUENCE_CASES: dict[str, list[Case]] = {
    "Angle": [{"input": c(3)}, {"input": c(2, 2)}],
    "AsString": [{"input": i(4)}, {"input": b(3)}, {"input": i(2, 2, dtype=np.int64)}],
    "CTCGreedyDecoder": [
        {"inputs": f(6, 2, 4), "sequence_length": np.array([6, 3], np.int32)},
        {
            "inputs": np.repeat(f(4, 3, 5), 2, 0),
            "sequence_length": np.array([8, 1, 5], np.int32),
            "merge_repeated": True,
        },
        {"inputs": f(6, 2, 4), "sequence_length": np.array([4, 6], np.int32), "blank_index": 0},
    ],
    "Complex": [{"real": f(3), "imag": f(3)}, {"real": f(2, 2), "imag": f(2, 2)}],
    "ComplexAbs": [{"x": c(3)}, {"x": c(2, 3)}],
    "Conj": [{"input": c(3)}, {"input": c(2, 3)}],
    "ConjugateTranspose": [{"x": c(2, 3), "perm": ints(1, 0)}, {"x": f(2, 3, 4), "perm": ints(2, 0, 1)}],
    "FFT": [{"input": c(8)}, {"input": c(2, 3, 5)}],
    "FFT2D": [{"input": c(4, 6)}, {"input": c(2, 3, 5)}],
    "FFT3D": [{"input": c(2, 4, 6)}, {"input": c(2, 2, 3, 4)}],
    "IFFT": [{"input": c(8)}, {"input": c(2, 3, 5)}],
    "IFFT2D": [{"input": c(4, 6)}, {"input": c(2, 3, 5)}],
    "IFFT3D": [{"input": c(2, 4, 6)}, {"input": c(2, 2, 3, 4)}],
    "IRFFT": [
        {"input": c(5), "fft_length": ints(8)},
        {"input": c(2, 4), "fft_length": ints(7)},
        {"input": c(2, 6), "fft_length": np.array([6], np.int32)},
        {"input": c(2, 3), "fft_length": ints(5)},
    ],
    "IRFFT2D": [{"input": c(4, 5), "fft_length": ints(4, 8)}, {"input": c(2, 3, 3), "fft_length": ints(3, 5)}],
    "IRFFT3D": [
        {"input": c(2, 4, 5), "fft_length": ints(2, 4, 8)},
        {"input": c(2, 2, 3, 3), "fft_length": ints(2, 3, 4)},
    ],
    "Imag": [{"input": c(3)}, {"input": c(2, 3)}],
    "RFFT": [
        {"input": f(8), "fft_length": ints(8)},
        {"input": f(2, 7), "fft_length": ints(7)},
        {"input": f(2, 7), "fft_length": ints(4)},
        {"input": f(2, 9), "fft_length": np.array([8], np.int32)},
    ],
    "RFFT2D": [{"input": f(4, 6), "fft_length": ints(4, 6)}, {"input": f(2, 5, 6), "fft_length": ints(4, 5)}],
    "RFFT3D": [
        {"input": f(2, 4, 6), "fft_length": ints(2, 4, 6)},
        {"input": f(2, 2, 3, 5), "fft_length": ints(2, 3, 5)},
    ],
    "RaggedGather": [
        {
            "params_nested_splits": [longs(0, 2, 2, 5)],
            "params_dense_values": f(5, 2),
            "indices": np.array([2, 0, 1, 2], np.int64),
            "OUTPUT_RAGGED_RANK": 1,
        },
        {
            "params_nested_splits": [longs(0, 1, 3), longs(0, 2, 3, 6)],
            "params_dense_values": f(6),
            "indices": np.array([1, 0], np.int64),
            "OUTPUT_RAGGED_RANK": 2,
        },
    ],
    "RaggedRange": [
        {"starts": np.array([1, 5, 9], np.int32), "limits": np.array([4, 5, 2], np.int32), "deltas": ints(1, 2, -3)},
        {"starts": float_scalar(0), "limits": np.array([2, 0.5], np.float32), "deltas": float_scalar(0.4)},
    ],
    "RaggedTensorToSparse": [
        {"rt_nested_splits": [longs(0, 2, 2, 5)], "rt_dense_values": f(5)},
        {"rt_nested_splits": [longs(0, 2, 3), longs(0, 1, 4, 4)], "rt_dense_values": i(4)},
    ],
    "RaggedTensorToTensor": [
        {
            "shape": Const(longs(-1, -1)),
            "values": f(5),
            "default_value": float_scalar(-1),
            "row_partition_tensors": [longs(0, 2, 2, 5)],
            "row_partition_types": ["ROW_SPLITS"],
        },
        {
            "shape": Const(longs(4, 2, 3)),
            "values": f(5, 3),
            "default_value": float_scalar(9),
            "row_partition_tensors": [longs(0, 2, 2, 5)],
            "row_partition_types": ["ROW_SPLITS"],
        },
        {
            "shape": Const(longs(-1, -1)),
            "values": i(4),
            "default_value": int_scalar(0),
            "row_partition_tensors": [np.array(3, np.int64), longs(0, 0, 2, 2)],
            "row_partition_types": ["FIRST_DIM_SIZE", "VALUE_ROWIDS"],
        },
    ],
    "Real": [{"input": c(3)}, {"input": c(2, 3)}],
    "RegexFullMatch": [
        {"input": words("abc", "abd", "b"), "pattern": text("a.*c")},
        {"input": words("x1"), "pattern": text("[a-z][0-9]")},
    ],
    "SparseFillEmptyRows": [
        {"indices": COORDINATES, "values": f(5), "dense_shape": Const(longs(6, 4)), "default_value": float_scalar(-1)},
        {
            "indices": np.add(COORDINATES[:2], [1, 0]),
            "values": i(2),
            "dense_shape": longs(3, 4),
            "default_value": np.array(7, np.int32),
        },
    ],
    "SparseReshape": [
        {"input_indices": COORDINATES, "input_shape": Const(longs(4, 6)), "new_shape": Const(longs(3, -1))},
        {"input_indices": COORDINATES, "input_shape": Const(longs(4, 6)), "new_shape": Const(longs(2, 3, 4))},
    ],
    "SparseToDense": [
        {
            "sparse_indices": COORDINATES,
            "output_shape": Const(longs(4, 4)),
            "sparse_values": f(5),
            "default_value": float_scalar(2),
        },
        {
            "sparse_indices": np.array([1, 3], np.int32),
            "output_shape": ints(5),
            "sparse_values": np.array(1, np.int32),
            "default_value": np.array(0, np.int32),
        },
        {
            "sparse_indices": np.array(2, np.int32),
            "output_shape": ints(4),
            "sparse_values": np.array(1.5, np.float32),
            "default_value": float_scalar(0),
        },
    ],
    "StaticRegexFullMatch": [
        {"input": words("abc", "abd", "b"), "pattern": "a.*c"},
        {"input": words("x1", "xx").reshape(2, 1), "pattern": "[a-z][0-9]"},
    ],
    "StringJoin": [
        {"inputs": [words("a", "b"), words("c", "d")], "separator": "-"},
        {"inputs": [words("a", "b"), words("c", "d"), words("e", "")]},
    ],
    "StringLower": [{"input": words("Abc", "DE f")}, {"input": words("X", "y").reshape(2, 1)}],
    "StringSplit": [
        {"input": words("a,b,,c", "", "d,"), "delimiter": text(",")},
        {"input": words("a,b,,c", "x", "d,"), "delimiter": text(","), "skip_empty": False},
    ],
    "StringSplitV2": [
        {"input": SENTENCES, "sep": text("")},
        {"input": words("a,b,,c", "d"), "sep": text(",")},
        {"input": words("a,b,,c", "d,e"), "sep": text(","), "maxsplit": 1},
    ],
    "StringToNumber": [
        {"string_tensor": words("1.5", "-2", "1e3")},
        {"string_tensor": words("12", "-7"), "out_type": np.int32},
        {"string_tensor": words("12", "-7"), "out_type": np.int64},
    ],
    "StringUpper": [{"input": words("Abc", "DE f")}, {"input": words("X", "y").reshape(2, 1)}],
}
