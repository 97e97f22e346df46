"""Operators that TensorFlow does not run by itself, against their formulas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_formula_cases import FORMULA_CASES

ALL = [(op, index) for op, cases in FORMULA_CASES.items() for index in range(len(cases))]


@pytest.mark.parametrize(("op", "index"), ALL)
def test_operator(
    op: str, index: int, tf: Any, tmp_path: Path, assert_close: Callable[..., None], run_onnxruntime: Callable[..., Any]
) -> None:
    case, graph = FORMULA_CASES[op][index], tf.compat.v1.GraphDef()
    for place, array in enumerate(case.arrays):
        node = graph.node.add(name=f"x{place}", op="Placeholder")
        node.attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    result = graph.node.add(name="y", op=op, input=[f"x{place}" for place in range(len(case.arrays))])
    result.attr["T"].type = tf.as_dtype(case.arrays[0].dtype).as_datatype_enum
    for name, value in case.attrs.items():
        result.attr[name].CopyFrom(tf.compat.v1.AttrValue(**value))
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.SerializeToString())
    expected = case.reference(*case.arrays)
    expected = expected if isinstance(expected, list) else [expected]
    model = mc.load(path, outputs=[f"y:{place}" for place in range(len(expected))])
    inputs = {f"x{place}": array for place, array in enumerate(case.arrays)}
    for results in (list(model.run(inputs).values()), run_onnxruntime(model, inputs)):
        for actual, wanted in zip(results, expected, strict=True):
            assert_close(actual, np.asarray(wanted))
