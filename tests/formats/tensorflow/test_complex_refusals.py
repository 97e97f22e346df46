"""Operators that do not know how complex numbers are represented are refused, wherever they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest


@pytest.mark.parametrize("inside_a_branch", [False, True])
def test_refused(inside_a_branch: bool, tf: Any, tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.complex64, [3], name="x")
        flag = tf.compat.v1.placeholder(tf.bool, [], name="flag")
        y = tf.cond(flag, lambda: tf.math.cumsum(x), lambda: x) if inside_a_branch else tf.math.cumsum(x)
        tf.math.real(y, name="y")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(mc.UnsupportedOpError, match=r"tf\.Cumsum.*it works on complex numbers"):
        mc.load(path, outputs=["y"])


def test_complex_constants_and_inputs(tf: Any, tmp_path: Path) -> None:
    weights = np.array([1 + 2j, -3j, 0.5], np.complex64)
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.complex64, [None, 3], name="x")
        tf.identity(x * weights + 1j, name="y")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    model = mc.load(path, outputs=["y"])
    array = np.array([[1, 2j, 3 - 1j], [0, 1, -1]], np.complex64)
    result = model.run({"x": np.stack([array.real, array.imag], -1)})["y"]
    np.testing.assert_allclose(result[..., 0] + 1j * result[..., 1], array * weights + 1j, rtol=1e-6)
