"""Models made by Keras 3 and by tf_keras (Keras 2), saved, converted, and run by everybody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

# The largest difference, relative to the largest magnitude of the output: single precision sums in another order.
CLOSE = 1e-5


def framework(name: str) -> Any:
    return pytest.importorskip(name)


def randomize(model: Any, seed: int = 0) -> None:
    """Weights that show a mistake: no zeros, no ones, positive variances."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        shape = tuple(weight.shape)
        values = rng.normal(size=shape) * 0.5
        if "variance" in weight.name:
            values = rng.uniform(0.3, 2.0, size=shape)
        if np.dtype(np.asarray(weight).dtype).kind == "f":
            weight.assign(values.astype(np.asarray(weight).dtype))
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # Normalization keeps a copy of its statistics
            layer.finalize_state()


def make_input(shape: tuple[int | None, ...], dtype: str, fill: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sizes = [3, *(6 + i if size is None else size for i, size in enumerate(shape))]
    if fill == "integers":
        return rng.integers(0, 9, sizes).astype(dtype)
    values = rng.normal(size=sizes).astype(dtype)
    if fill == "mask":
        values[0, 2:4] = 0
        values[1, 5:] = 1
        values[2, :1] = 0
    return values


def compare(actual: np.ndarray, expected: np.ndarray, tolerance: float = CLOSE) -> None:
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    scale = max(float(np.abs(expected.astype(np.float64)).max(initial=0)), 1e-30)
    worst = float(np.abs(actual.astype(np.float64) - expected.astype(np.float64)).max(initial=0))
    assert worst <= tolerance * scale, f"differs by {worst / scale:.2e} of the largest magnitude"


def outputs_of(model: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    results = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    if isinstance(results, dict):
        return [np.asarray(results[key]) for key in sorted(results)]
    return [np.asarray(result) for result in (results if isinstance(results, list | tuple) else [results])]


def run_onnxruntime(model: Any, inputs: dict[str, np.ndarray], folder: Path) -> list[np.ndarray]:
    runtime = pytest.importorskip("onnxruntime")
    path = folder / "model.onnx"
    model.save(path)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [np.asarray(output) for output in session.run(None, inputs)]


def check_file(
    path: Path, expected: list[np.ndarray], inputs: list[np.ndarray], folder: Path, tolerance: float = CLOSE
) -> Any:
    """Converts a file and compares modelconv's evaluator and ONNX Runtime with Keras."""
    result = mc.convert(path)
    feeds = dict(zip((spec.name for spec in result.model.inputs), inputs, strict=True))
    for actual, wanted in zip(result.model.run(feeds).values(), expected, strict=True):
        compare(actual, wanted, tolerance)
    for actual, wanted in zip(run_onnxruntime(result.model, feeds, folder), expected, strict=True):
        compare(actual, wanted, tolerance)
    return result
