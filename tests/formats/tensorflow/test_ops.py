"""Every row of the operator table against TensorFlow: the evaluator and ONNX Runtime have to agree with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.tensorflow_arguments import Const, Typed
from support.tensorflow_op_cases import CASES

ALL = [(op, index, dynamic) for op, cases in CASES.items() for index in range(len(cases)) for dynamic in (False, True)]

# Outputs that ONNX cannot give: reserved space.
WANTED_OUTPUTS = {"FusedBatchNorm": 1, "FusedBatchNormV2": 1, "FusedBatchNormV3": 1}

# With no size known, nothing says how large the result is, or TensorFlow itself refuses to build the node.
NEEDS_STATIC = {
    "Conv2DBackpropInput",
    "Conv3DBackpropInputV2",
    "Dilation2D",
    "MatrixDiagV2",
    "MatrixDiagV3",
    "MatrixInverse",
    "MatrixSetDiagV2",
    "MatrixSetDiagV3",
}


def placeholders_of(case: dict[str, Any]) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for name, value in case.items():
        if isinstance(value, np.ndarray):
            arrays[f"in_{name}"] = value
        elif isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            arrays.update({f"in_{name}_{index}": item for index, item in enumerate(value)})
    return arrays


@pytest.mark.parametrize(("op", "index", "dynamic"), ALL, ids=lambda value: str(value))
def test_operator(op: str, index: int, dynamic: bool, tf: Any, freeze: Any, check: Any) -> None:
    if dynamic and op in NEEDS_STATIC:
        pytest.skip("its size does not follow from an unknown input")
    case = CASES[op][index]

    def build(**placeholders: Any) -> Any:
        arguments = {}
        for name, value in case.items():
            if isinstance(value, np.ndarray):
                arguments[name] = placeholders[f"in_{name}"]
            elif isinstance(value, list) and value and isinstance(value[0], np.ndarray):
                arguments[name] = [placeholders[f"in_{name}_{i}"] for i in range(len(value))]
            elif isinstance(value, Typed):
                arguments[name] = tf.constant(value.value.astype(tf.as_dtype(value.dtype).as_numpy_dtype))
            elif isinstance(value, Const):
                arguments[name] = tf.constant(value.value)
            else:
                arguments[name] = value
        outputs = tf.nest.flatten(getattr(tf.raw_ops, op)(**arguments))
        return outputs[: WANTED_OUTPUTS.get(op)]

    frozen = freeze(build, placeholders_of(case), dynamic)
    assert op in {node.op for node in frozen.graph_def.node}
    check(frozen)
