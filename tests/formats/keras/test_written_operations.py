"""Operators that `.keras` files hold as operations of keras.ops or as one layer, against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

FLOAT, BOOL, INT = np.float32, np.bool_, np.int64
RANDOM = np.random.default_rng(0)
X, Y = (RANDOM.uniform(-1, 1, (2, 3, 4)).astype(FLOAT) for _ in range(2))
PLACES = np.array([[0, 2], [1, 1]], INT)
IMAGE = RANDOM.uniform(-1, 1, (2, 8, 3, 2)).astype(FLOAT)
CHANNELS = RANDOM.uniform(0.5, 2, 8).astype(FLOAT)


def ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, INT)


# Operator, inputs, attributes, types of the results, which inputs are constant.
Case = tuple[str, list[Any], dict[str, Any], list[Any], tuple[int, ...]]
CASES: list[Case] = [
    *((name, [np.abs(X) * 0.9 + 0.01], {}, [FLOAT], ()) for name in ("Sqrt", "Log", "Asin", "Acos", "Atanh")),
    ("Acosh", [np.abs(X) + 1.1], {}, [FLOAT], ()),
    *(
        (name, [X * 3], {}, [FLOAT], ())
        for name in (
            "Floor", "Ceil", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Reciprocal", "Sign", "Round", "Abs", "Neg", "Atan",
            "Asinh", "Erf",
        )
    ),
    *(
        case
        for name in ("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual")
        for case in (
            (name, [X, Y], {}, [BOOL], ()), (name, [X, FLOAT(0.2)], {}, [BOOL], (1,)),
            (name, [Y[0, 0], X], {}, [BOOL], (0,)),
        )
    ),
    *((name, [X > 0, Y > 0], {}, [BOOL], ()) for name in ("And", "Or", "Xor")),
    ("Not", [X > 0], {}, [BOOL], ()),
    ("IsNaN", [np.where(X > 0, np.nan, X)], {}, [BOOL], ()),
    ("IsInf", [np.where(X > 0, -np.inf, X)], {}, [BOOL], ()),
    ("Where", [X > 0, X, Y], {}, [FLOAT], ()),
    ("Where", [X > 0, X, FLOAT(0)], {}, [FLOAT], (2,)),
    ("Where", [X > 0, np.array(3, INT), np.array(-4, INT)], {}, [INT], (1, 2)),
    ("Mod", [PLACES - 3, PLACES + 1], {}, [INT], ()),
    ("Cast", [X * 3], {"to": 7}, [INT], ()),
    ("ArgMax", [X], {"axis": 1}, [INT], ()),
    ("ArgMin", [X], {"axis": -1, "keepdims": 0}, [INT], ()),
    ("Gather", [X, PLACES], {"axis": 1}, [FLOAT], ()),
    ("Gather", [X, ints(2, -1)], {"axis": 2}, [FLOAT], (1,)),
    ("Gather", [X, np.array(1)], {"axis": 1}, [FLOAT], (1,)),
    ("GatherElements", [X, ints(0, 1, 2, -1, 1, 1, 1, 0).reshape(2, 1, 4)], {"axis": 1}, [FLOAT], ()),
    ("Expand", [X, ints(5, 2, 3, 4)], {}, [FLOAT], (1,)),
    ("Tile", [X, ints(1, 2, 3)], {}, [FLOAT], (1,)),
    ("Slice", [X, ints(1, -3), ints(9, -1), ints(1, 2)], {}, [FLOAT], (1, 2, 3)),
    ("Slice", [X, ints(-1), ints(-99), ints(2), ints(-1)], {}, [FLOAT], (1, 2, 3, 4)),
    ("CumSum", [X, np.array(1)], {}, [FLOAT], (1,)),
    ("Trilu", [X], {"upper": 0}, [FLOAT], ()),
    ("Trilu", [X, np.array(1)], {}, [FLOAT], (1,)),
    ("LogSoftmax", [X], {"axis": 1}, [FLOAT], ()),
    ("Einsum", [X, Y], {"equation": "bij,bkj->bik"}, [FLOAT], ()),
    ("TopK", [X, ints(2)], {}, [FLOAT, INT], (1,)),
    ("MatMul", [X, Y.transpose(0, 2, 1)], {}, [FLOAT], ()),
    ("MatMul", [X[0].T.copy(), Y], {}, [FLOAT], (0,)),
    ("Div", [X, FLOAT(3)], {}, [FLOAT], (1,)),
    ("Concat", [X, Y], {"axis": 1}, [FLOAT], (0,)),
    ("ReduceL2", [X, ints(1)], {}, [FLOAT], (1,)),
    ("ReduceProd", [X, ints(1)], {}, [FLOAT], (1,)),
    ("ReduceLogSumExp", [X, ints(1)], {"keepdims": 0}, [FLOAT], (1,)),
    ("InstanceNormalization", [IMAGE, CHANNELS, CHANNELS], {}, [FLOAT], (1, 2)),
    ("GroupNormalization", [IMAGE, CHANNELS, CHANNELS], {"num_groups": 2}, [FLOAT], (1, 2)),
    ("DepthToSpace", [IMAGE], {"blocksize": 2}, [FLOAT], ()),
    ("DepthToSpace", [IMAGE], {"blocksize": 2, "mode": "CRD"}, [FLOAT], ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "types", "constants"),
    [pytest.param(*case, id=f"{number}-{case[0]}") for number, case in enumerate(CASES)],
)
def test_operations(
    op: str, inputs: list[Any], attrs: dict[str, Any], types: list[Any], constants: tuple[int, ...], tmp_path: Path
) -> None:
    keras = pytest.importorskip("keras")
    from conformance.ort_compare import make_model, run_ort

    opset = 21 if op == "GroupNormalization" else 18  # the opset from which its scale is one per channel
    model = make_model(op, inputs, attrs, types, opset, constants=constants)
    mc.convert(model, tmp_path / "model.keras")
    feeds = {f"x{index}": array for index, array in enumerate(inputs) if index not in constants}
    arrays = list(feeds.values())
    results = keras.models.load_model(tmp_path / "model.keras")(arrays if len(arrays) > 1 else arrays[0])
    results = results if isinstance(results, list | tuple) else [results]
    again = list(mc.load(tmp_path / "model.keras").run(feeds).values())
    for actual, read, expected in zip(results, again, run_ort(model, feeds), strict=True):
        for found in (keras.ops.convert_to_numpy(actual), read):
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_a_choice_between_two_numbers_is_read(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    x = keras.Input((3, 4), name="x")
    outputs = [keras.ops.where(x > 0, *numbers) for numbers in ((1.0, 0.0), (2, -1), (2, 0.5))]
    model = keras.Model(x, outputs)
    model.save(tmp_path / "model.keras")
    results = mc.load(tmp_path / "model.keras").run({"x": X})
    for actual, expected in zip(results.values(), model(X), strict=True):
        wanted = keras.ops.convert_to_numpy(expected)
        assert actual.dtype == wanted.dtype
        np.testing.assert_array_equal(actual, wanted)


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "types", "constants", "reason"),
    [
        ("Mod", [X, Y], {"fmod": 1}, [FLOAT], (), "dividend's sign"),
        ("CumSum", [X, np.array(1)], {"reverse": 1}, [FLOAT], (1,), "backwards"),
        ("Div", [PLACES, PLACES + 1], {}, [INT], (), "divides integers"),
        ("IsInf", [X], {"detect_negative": 0}, [BOOL], (), "one sign"),
        ("ArgMax", [X], {"select_last_index": 1}, [INT], (), "last of equal"),
        ("TopK", [X, ints(2)], {"largest": 0}, [FLOAT, INT], (1,), "smallest"),
        ("ReduceL2", [X, ints(1, 2)], {}, [FLOAT], (1,), "several axes"),
    ],
)
def test_what_no_operation_says_is_refused(
    op: str, inputs: list[Any], attrs: dict[str, Any], types: list[Any], constants: tuple[int, ...], reason: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    from conformance.ort_compare import make_model

    with pytest.raises(mc.ModelConvError, match=rf"{op} \(.*{reason}"):
        mc.convert(make_model(op, inputs, attrs, types, 18, constants=constants), tmp_path / "model.keras")
