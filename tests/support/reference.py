"""ONNX Runtime and TensorFlow as judges, and the tolerances they judge with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray

# Relative to the largest magnitude of the reference: float32 sums in another order differ by a few units of the last
# place times the root of their length, 1e-7 * sqrt(10^4).
CLOSE = 1e-5


def run_onnxruntime(model: Any, inputs: Mapping[str, Array], *, optimise: bool = False) -> dict[str, Array]:
    """Outputs of a path, bytes or ModelProto, by name in output order."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    payload = str(model) if isinstance(model, str | Path) else model
    if not isinstance(payload, str | bytes):
        payload = payload.SerializeToString()
    session = onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def assert_close(actual: Mapping[str, Array], expected: Mapping[str, Array], tolerance: float = CLOSE) -> None:
    """Same names in the same order; floats within `tolerance` of the largest magnitude, everything else equal."""
    assert list(actual) == list(expected)
    for name, reference in expected.items():
        assert_tensor_close(name, actual[name], reference, tolerance)


def assert_tensor_close(name: str, value: Array, reference: Array, tolerance: float = CLOSE) -> None:
    value, reference = np.asarray(value), np.asarray(reference)
    assert (value.dtype, value.shape) == (reference.dtype, reference.shape), name
    if reference.dtype.kind != "f":
        np.testing.assert_array_equal(value, reference, err_msg=name)
        return
    finite = np.isfinite(reference)
    np.testing.assert_array_equal(value[~finite], reference[~finite], err_msg=f"{name}: NaN and infinities")
    scale = float(np.max(np.abs(reference[finite]), initial=0))
    difference = float(np.max(np.abs(value[finite].astype(np.float64) - reference[finite]), initial=0))
    assert difference <= tolerance * scale, f"{name}: off by {difference:.3g}, largest magnitude {scale:.3g}"
