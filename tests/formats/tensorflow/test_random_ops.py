"""Random operators: other numbers than TensorFlow's, of the same shape, type and distribution."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_formula_cases import FLOATS, INTEGERS, SAMPLE_TYPES, SHUFFLED

SHAPE = np.array([50, 40], np.int32)


@pytest.fixture
def draw(tf: Any, freeze: Any, tmp_path: Path, run_onnxruntime: Callable[..., Any]) -> Callable[..., Any]:
    """Results of modelconv's evaluator and of ONNX Runtime, and TensorFlow's type."""

    def run(op: str, **arguments: Any) -> tuple[list[np.ndarray], np.dtype[Any]]:
        frozen = freeze(lambda shape: getattr(tf.raw_ops, op)(shape=shape, **arguments), {"shape": SHAPE})
        model = mc.load(frozen.write(tmp_path), outputs=frozen.outputs)
        results = [model.run(frozen.inputs)[frozen.outputs[0]], run_onnxruntime(model, frozen.inputs)[0]]
        return [np.asarray(result) for result in results], frozen.expected[0].dtype

    return run


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform(draw: Any, dtype: type) -> None:
    results, expected = draw("RandomUniform", dtype=dtype, seed=3)
    for values in results:
        assert values.dtype == expected == dtype
        assert values.shape == tuple(SHAPE)
        assert 0 <= values.min() < 0.01
        assert 0.99 < values.max() < 1
        assert abs(values.mean() - 0.5) < 0.03


@pytest.mark.parametrize("dtype", FLOATS)
def test_normal(draw: Any, dtype: type) -> None:
    results, expected = draw("RandomStandardNormal", dtype=dtype)
    for values in results:
        assert values.dtype == expected == dtype
        assert values.shape == tuple(SHAPE)
        assert abs(values.mean()) < 0.1
        assert abs(values.std() - 1) < 0.1


@pytest.mark.parametrize(("low", "high", "dtype"), INTEGERS)
def test_whole_numbers(draw: Any, low: int, high: int, dtype: type) -> None:
    results, expected = draw("RandomUniformInt", minval=dtype(low), maxval=dtype(high))
    for values in results:
        assert values.dtype == expected == dtype
        assert values.shape == tuple(SHAPE)
        assert low <= values.min() < low + (high - low) * 0.05
        assert low + (high - low) * 0.75 < values.max() < high


@pytest.mark.parametrize("array", SHUFFLED)
def test_shuffle(array: np.ndarray, tf: Any, freeze: Any, tmp_path: Path, run_onnxruntime: Callable[..., Any]) -> None:
    frozen = freeze(lambda x: tf.raw_ops.RandomShuffle(value=x), {"x": array})
    model = mc.load(frozen.write(tmp_path))
    for values in (model.run(frozen.inputs)[model.outputs[0].name], run_onnxruntime(model, frozen.inputs)[0]):
        assert not np.array_equal(values, array)
        np.testing.assert_array_equal(values[np.argsort(values.reshape(len(values), -1)[:, 0])], array)


@pytest.mark.parametrize("dtype", SAMPLE_TYPES)
def test_multinomial(dtype: type, tf: Any, freeze: Any, tmp_path: Path, run_onnxruntime: Callable[..., Any]) -> None:
    logits = np.log(np.array([[0.1, 0.2, 0.7], [0.98, 0.01, 0.01]], np.float32))
    frozen = freeze(
        lambda x: tf.raw_ops.Multinomial(logits=x, num_samples=np.int32(2000), output_dtype=dtype), {"x": logits}
    )
    model = mc.load(frozen.write(tmp_path))
    for values in (model.run(frozen.inputs)[model.outputs[0].name], run_onnxruntime(model, frozen.inputs)[0]):
        assert values.dtype == frozen.expected[0].dtype
        assert values.shape == (2, 2000)
        for row, chances in zip(values, np.exp(logits), strict=True):
            np.testing.assert_allclose(np.bincount(row, minlength=3) / 2000, chances, atol=0.05)
