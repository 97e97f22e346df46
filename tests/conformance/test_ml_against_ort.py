"""Operators of the domain ai.onnx.ml against ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("modelconv._core")

import modelconv as mc

from conformance.ort_compare import compare, make_model, run_ort

ML = "ai.onnx.ml"
FLOAT = [np.float32]
SHAPES = [(4, 3), (3,), (1, 1), (0, 3)]


def numbers(dtype: Any, *shape: int) -> np.ndarray:
    return (np.random.default_rng(7).standard_normal(shape) * 10).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_scaler(dtype: Any, shape: tuple[int, ...]) -> None:
    columns = shape[-1]
    x = numbers(dtype, *shape)
    compare("Scaler", [x], {"offset": [0.5], "scale": [2.0]}, FLOAT, domain=ML)
    per_column = {"offset": [float(i) for i in range(columns)], "scale": [0.5 + i for i in range(columns)]}
    compare("Scaler", [x], per_column, FLOAT, domain=ML)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("norm", ["MAX", "L1", "L2"])
def test_normalizer(dtype: Any, shape: tuple[int, ...], norm: str) -> None:
    compare("Normalizer", [numbers(dtype, *shape)], {"norm": norm}, FLOAT, domain=ML)


@pytest.mark.parametrize("norm", ["MAX", "L1", "L2"])
@pytest.mark.parametrize("row", [[0, 0, 0], [-3, -2, -1], [-1, 0, 0], [3, -4, 0]], ids=str)
def test_normalizer_of_rows_with_zeros_and_signs(norm: str, row: list[int]) -> None:
    compare("Normalizer", [np.array([row, [1, 2, 3]], np.float32)], {"norm": norm}, domain=ML)


def test_binarizer() -> None:
    compare("Binarizer", [numbers(np.float32, 2, 3, 4)], {"threshold": 1.5}, domain=ML)
    compare("Binarizer", [np.array([-1, 0, 1, np.inf, -np.inf], np.float32)], domain=ML)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32])
def test_binarizer_where_onnxruntime_has_none(dtype: Any) -> None:
    """It takes float32 only, and no NaN."""
    x = np.array([-2, 0, 1, 2, np.nan if dtype is np.float32 else 3]).astype(dtype)
    model = make_model("Binarizer", [x], {"threshold": 1.0}, [dtype], 21, ML)
    result = mc.load(model).run({"x0": x})["y0"]
    assert result.dtype == dtype
    assert result.tolist() == (x > 1).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32])
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 4, 3)], ids=str)
@pytest.mark.parametrize("indices", [[0], [2, 0, 2], [1, 1]], ids=str)
def test_array_feature_extractor(dtype: Any, shape: tuple[int, ...], indices: list[int]) -> None:
    compare("ArrayFeatureExtractor", [numbers(dtype, *shape), np.array(indices)], domain=ML)


def test_array_feature_extractor_of_strings() -> None:
    x, indices = np.array([["a", "b"], ["c", "d"]], object), np.array([1])
    feeds = {"x0": x, "x1": indices}
    model = make_model("ArrayFeatureExtractor", [x, indices], {}, [object], 21, ML)
    assert mc.load(model).run(feeds)["y0"].tolist() == run_ort(model, feeds)[0].tolist() == [["b"], ["d"]]


REFUSED: list[tuple[str, list[np.ndarray], dict[str, Any]]] = [
    ("Scaler", [numbers(np.float32, 4, 3)], {"offset": [0.0, 1.0], "scale": [1.0, 1.0]}),
    ("Scaler", [numbers(np.float32, 4, 3)], {"offset": [0.0], "scale": [1.0, 1.0, 1.0]}),
    ("Scaler", [numbers(np.float32, 2, 2, 2)], {"offset": [0.0], "scale": [1.0]}),
    ("Normalizer", [numbers(np.float32, 4, 3)], {"norm": "L3"}),
    ("ArrayFeatureExtractor", [numbers(np.float32, 4, 3), np.array([3])], {}),
    ("ArrayFeatureExtractor", [numbers(np.float32, 4, 3), np.array([-1])], {}),
]


@pytest.mark.parametrize(("op", "inputs", "attributes"), REFUSED, ids=lambda value: str(value)[:40])
def test_refused(op: str, inputs: list[np.ndarray], attributes: dict[str, Any]) -> None:
    model = make_model(op, list(inputs), attributes, FLOAT, 21, ML)
    with pytest.raises(mc.ShapeError, match=op):
        mc.load(model).run({f"x{i}": value for i, value in enumerate(inputs)})
