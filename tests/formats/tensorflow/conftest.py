"""Graphs built by TensorFlow, run by it, and run by modelconv."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.damage import write_each

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


@dataclass
class Frozen:
    """A frozen graph with inputs and what TensorFlow computes from them."""

    graph_def: Any
    inputs: dict[str, np.ndarray]
    outputs: list[str]
    expected: list[np.ndarray] = field(default_factory=list)

    def write(self, folder: Path, name: str = "frozen.pb") -> Path:
        path = folder / name
        path.write_bytes(self.graph_def.SerializeToString())
        return path


@pytest.fixture(scope="session")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


@pytest.fixture
def freeze(tf: Any) -> Callable[..., Frozen]:
    """freeze(build, {name: array}, dynamic=False): build(**placeholders) returns one or several tensors."""

    def freeze_graph(build: Callable[..., Any], inputs: dict[str, np.ndarray], dynamic: bool = False) -> Frozen:
        with tf.Graph().as_default() as graph:
            placeholders = {
                name: tf.compat.v1.placeholder(array.dtype, [None] * array.ndim if dynamic else array.shape, name=name)
                for name, array in inputs.items()
            }
            results = tf.nest.flatten(build(**placeholders))
            outputs = [tensor.name for tensor in results]
            with tf.compat.v1.Session(graph=graph) as session:
                expected = session.run(results, {f"{name}:0": array for name, array in inputs.items()})
            arrays = {name: as_converted(array) for name, array in inputs.items()}
            return Frozen(
                graph.as_graph_def(), arrays, outputs, [as_converted(np.asarray(value)) for value in expected]
            )

    return freeze_graph


def as_converted(array: np.ndarray) -> np.ndarray:
    """Complex tensors are real ones with one axis more in a converted model, strings are text."""
    if array.dtype.kind == "c":
        return np.stack([array.real, array.imag], axis=-1)
    if array.dtype == object:
        texts = [value.decode() if isinstance(value, bytes) else value for value in array.ravel()]
        return np.array(texts, dtype=object).reshape(array.shape)
    return array


# The largest difference, relative to the largest magnitude of the output: single precision sums in another order.
CLOSE = 1e-5


def compare(actual: np.ndarray, expected: np.ndarray, tolerance: float = CLOSE) -> None:
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(actual, expected)
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(actual[~finite], expected[~finite])
    if finite.any():
        scale = max(float(np.abs(expected[finite]).max()), 1e-30)
        worst = float(np.abs(actual[finite].astype(np.float64) - expected[finite].astype(np.float64)).max())
        assert worst <= tolerance * scale, f"differs by {worst / scale:.2e} of the largest magnitude"


@pytest.fixture
def check(tmp_path: Path) -> Callable[[Frozen], Any]:
    """Converts, compares modelconv's evaluator and ONNX Runtime with TensorFlow; returns the model."""

    def check_frozen(frozen: Frozen) -> Any:
        model = mc.load(frozen.write(tmp_path), outputs=frozen.outputs)
        used = {name: frozen.inputs[name] for name in (spec.name for spec in model.inputs)}
        for actual, expected in zip(run_by_onnxruntime(model, used, tmp_path), frozen.expected, strict=True):
            compare(actual, expected)
        results = model.run(used)
        for name, expected in zip(frozen.outputs, frozen.expected, strict=True):
            compare(results[name], expected)
        return model

    return check_frozen


def run_by_onnxruntime(model: Any, inputs: dict[str, np.ndarray], folder: Path) -> list[np.ndarray]:
    runtime = pytest.importorskip("onnxruntime")
    path = folder / "model.onnx"
    model.save(path)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [np.asarray(output) for output in session.run(None, inputs)]


@pytest.fixture
def assert_close() -> Callable[..., None]:
    return compare


@pytest.fixture
def run_onnxruntime(tmp_path: Path) -> Callable[..., list[np.ndarray]]:
    return lambda model, inputs: run_by_onnxruntime(model, inputs, tmp_path)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[..., list[Path]]]:
    """write(contents, suffix): files in a folder of their own, which has to hold nothing else in the end."""
    folder = tmp_path / "files"
    written: list[Path] = []

    def write_files(contents: Iterable[bytes], suffix: str) -> list[Path]:
        paths = write_each(contents, folder, suffix)
        written.extend(paths)
        return paths

    yield write_files
    assert sorted(folder.iterdir()) == sorted(written)
