"""What Keras's own layer tests build: their layers, settings and inputs, recorded by running the tests.

The tests are installed with Keras (keras/src/layers/**/*_test.py). Calls of `run_layer_test` are recorded and not run;
with `calls`, so is each outermost call of a layer with tensors that a test makes itself.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import io
import os
import unittest
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@dataclass
class Recorded:
    """One layer and what it is called with. Making it may fail, where the test expects it to."""

    test: str
    layer: str
    make: Callable[[Any], Any]
    """From the module that has the layers' classes: keras.layers or tf_keras.layers."""
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    keep_weights: bool = False
    """The weights are the test's own."""


def filled(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    """Uniform from 0 to 3, as Keras's own inputs for these tests, but always the same."""
    return (np.random.default_rng(seed).uniform(size=shape) * 3).astype(dtype)


def is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(size, int) for size in value)


def arrays_of(shape: Any, dtype: Any, seed: int = 0) -> Any:
    """The structure of shapes as one of arrays; the keys of a dictionary lose their `_shape`."""
    if is_shape(shape):
        return filled(shape, dtype or "float32", seed)
    if isinstance(shape, dict):
        types = dtype or dict.fromkeys(shape)
        return {
            key.removesuffix("_shape"): arrays_of(shape[key], types[key], seed + place)
            for place, key in enumerate(shape)
        }
    types = dtype or [None] * len(shape)
    return type(shape)(arrays_of(part, types[place], seed + place) for place, part in enumerate(shape))


def is_number_array(value: Any) -> bool:
    return not hasattr(value, "dense_shape") and not hasattr(value, "row_splits") and hasattr(value, "shape")


def layer_made(cls: type, settings: dict[str, Any], module: Any) -> Any:
    """Of the other generation of Keras where that has a class of this name."""
    return (cls if module is None else getattr(module, cls.__name__))(**settings)


def recorder(found: list[Recorded]) -> Callable[..., None]:
    def run_layer_test(
        self: Any, layer_cls: type, init_kwargs: Any, input_shape: Any = None, input_dtype: Any = None, **more: Any
    ) -> None:
        data = more.get("input_data")
        if data is None and (input_shape is None or more.get("input_sparse") or more.get("input_ragged")):
            return
        data = arrays_of(input_shape, input_dtype) if data is None else data
        keywords = {key: value for key, value in (more.get("call_kwargs") or {}).items() if key != "training"}
        arguments = () if isinstance(data, dict) else (data,)
        keywords.update(data if isinstance(data, dict) else {})
        make = functools.partial(layer_made, layer_cls, dict(init_kwargs or {}))
        found.append(Recorded(self.id(), layer_cls.__name__, make, arguments, keywords))

    return run_layer_test


class CallRecorder:
    """Stands in for Layer.__call__."""

    def __init__(self, original: Callable[..., Any], found: list[Recorded]) -> None:
        self.original, self.found = original, found
        self.test, self.depth = "", 0

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        self.depth += 1
        try:
            result = self.original(layer, *args, **kwargs)
        finally:
            self.depth -= 1
        if self.depth == 0 and is_eager(args, kwargs):
            keywords = {key: value for key, value in kwargs.items() if key != "training"}
            make = functools.partial(lambda layer, module: layer, layer)
            self.found.append(
                Recorded(self.test, type(layer).__name__, make, numbers_of(args), numbers_of(keywords), True)
            )
        return result


def leaves(structure: Any) -> list[Any]:
    import keras

    return list(keras.tree.flatten(structure))


def is_eager(*structures: Any) -> bool:
    """Tensors with values, at least one."""
    tensors = [leaf for leaf in leaves(structures) if hasattr(leaf, "shape")]
    return bool(tensors) and all(hasattr(tensor, "__array__") and is_number_array(tensor) for tensor in tensors)


def numbers_of(structure: Any) -> Any:
    import keras

    return keras.tree.map_structure(lambda leaf: np.asarray(leaf) if hasattr(leaf, "shape") else leaf, structure)


def test_modules(folder: str) -> Iterator[Any]:
    import keras

    root = Path(keras.__file__).parent / "src"
    for path in sorted((root / folder).rglob("*_test.py")):
        try:
            yield importlib.import_module("keras.src." + ".".join(path.relative_to(root).with_suffix("").parts))
        except ImportError:  # of frameworks that are not installed
            continue


def tests_in(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests_in(part)
        else:
            yield part


def calls_run_layer_test(test: unittest.TestCase) -> bool:
    method = inspect.unwrap(getattr(test, test._testMethodName))
    return "run_layer_test" in inspect.getsource(method)


def record(pattern: str = "", calls: bool = False, folder: str = "layers") -> list[Recorded]:
    """The tests whose name contains `pattern`, in order."""
    import keras
    from keras.src import testing

    found: list[Recorded] = []
    watched = CallRecorder(keras.layers.Layer.__call__, found)
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        stack.enter_context(mock.patch.object(testing.TestCase, "run_layer_test", recorder(found)))
        if calls:
            replaced = lambda layer, *args, **kwargs: watched.call(layer, *args, **kwargs)  # noqa: E731
            stack.enter_context(mock.patch.object(keras.layers.Layer, "__call__", replaced))
        for module in test_modules(folder):
            for test in tests_in(unittest.defaultTestLoader.loadTestsFromModule(module)):
                if pattern in test.id() and (calls or calls_run_layer_test(test)):
                    watched.test = test.id()
                    test.run(unittest.TestResult())
    for row in found:
        row.test = row.test.removeprefix("keras.src.layers.")
    return found
