"""What TensorFlow computes from files that modelconv wrote for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from modelconv.runners.tensorflow import session_config

Arrays = Mapping[str, np.ndarray]


def run_frozen(path: Path, feeds: Arrays, outputs: list[str], renamed: Mapping[str, str] | None = None) -> list[Any]:
    """Outputs in order; names as the model has them, `renamed` says how the file spells them."""
    import tensorflow as tf

    names = dict(renamed or {})
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(tf.compat.v1.GraphDef.FromString(path.read_bytes()), name="")
        with tf.compat.v1.Session(graph=graph, config=session_config()) as session:
            given = {f"{names.get(name, name)}:0": array for name, array in feeds.items()}
            return list(session.run([f"{names.get(name, name)}:0" for name in outputs], given))


def run_saved_model(path: Path, feeds: Arrays, outputs: list[str]) -> list[Any]:
    """The serving signature of a folder, through TensorFlow 2's loader."""
    import tensorflow as tf

    before = tf.config.optimizer.get_experimental_options().get("remapping", True)
    tf.config.optimizer.set_experimental_options({"remapping": False})  # as in session_config()
    try:
        signature = tf.saved_model.load(str(path)).signatures["serving_default"]
        results = signature(**{name: tf.constant(array) for name, array in feeds.items()})
        return [results[name].numpy() for name in outputs]
    finally:
        tf.config.optimizer.set_experimental_options({"remapping": before})


def assert_equal(actual: Any, expected: Any, tolerance: float) -> None:
    """Same element type and shape; floats within the tolerance of the largest magnitude."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(actual[~finite], expected[~finite])
    if finite.any():
        scale = max(float(np.abs(expected[finite].astype(np.float64)).max()), 1e-30)
        worst = float(np.abs(actual[finite].astype(np.float64) - expected[finite].astype(np.float64)).max())
        assert worst <= tolerance * scale, f"differs by {worst / scale:.1e} of the largest magnitude"
