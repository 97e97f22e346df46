"""Names of operators that TensorFlow itself does not have: extensions and other converters write them into graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

X = np.linspace(-4, 4, 12, dtype=np.float32).reshape(3, 4)
FLAGS = np.array([True, True, False, False]), np.array([True, False, True, False])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


CASES: dict[str, tuple[list[np.ndarray], Callable[..., np.ndarray]]] = {
    "HardSwish": ([X], lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "LogicalXor": ([*FLAGS], np.logical_xor),
    "Mish": ([X], lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "Swish": ([X], lambda x: x * sigmoid(x)),
}


@pytest.mark.parametrize("op", CASES)
def test_operator(
    op: str, tf: Any, tmp_path: Path, assert_close: Callable[..., None], run_onnxruntime: Callable[..., Any]
) -> None:
    arrays, reference = CASES[op]
    graph = tf.compat.v1.GraphDef()
    for index, array in enumerate(arrays):
        node = graph.node.add(name=f"x{index}", op="Placeholder")
        node.attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    result = graph.node.add(name="y", op=op, input=[f"x{index}" for index in range(len(arrays))])
    result.attr["T"].type = tf.as_dtype(arrays[0].dtype).as_datatype_enum
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.SerializeToString())
    model = mc.load(path)
    inputs = {f"x{index}": array for index, array in enumerate(arrays)}
    expected = np.asarray(reference(*arrays))
    assert_close(model.run(inputs)["y"], expected)
    assert_close(run_onnxruntime(model, inputs)[0], expected)
