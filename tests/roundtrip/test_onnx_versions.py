"""Models of the onnx package's backend tests, written at other operator sets: still valid, and the same results.

The runtime that checks them is ONNX Runtime, not modelconv's evaluator.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conformance import onnx_backend
from modelconv import _core
from modelconv.errors import UnsupportedOpError

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def cases() -> list[Any]:
    found = onnx_backend.load_cases(list(onnx_backend.KINDS), "*")
    return [case for case in found if not onnx_backend.is_skipped(case.name)]


def model_of(case: Any) -> Any:
    return case.model if case.model is not None else onnx.load(Path(case.model_dir) / "model.onnx")


def run_session(model: Any, feeds: dict[str, Any]) -> list[Any] | None:
    """None where ONNX Runtime has no kernel or refuses."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options)
        return session.run(None, feeds)
    except Exception:  # its exceptions have no common base
        return None


def agrees(results: list[Any] | None, expected: list[Any], case: Any) -> bool:
    if results is None:
        return False
    pairs = zip(results, map(onnx_backend.to_plain, expected), strict=True)
    return not any(onnx_backend.difference(got, want, case.rtol, case.atol) for got, want in pairs)


def complaint_of_checker(model: Any) -> str:
    """What onnx's own full check says; it has a few complaints about its own test models too."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return str(error)
    return ""


def problem_with(case: Any, opset: int, target: Path) -> str | None:
    """Empty when ONNX Runtime computes the same; None when nothing could be compared."""
    model = model_of(case)
    source = model.SerializeToString()
    if any(node.domain not in ("", "ai.onnx") for node in model.graph.node):
        return None
    try:
        _core.load_bytes(source).save(target, opset=opset)
    except UnsupportedOpError:
        return None  # a refusal is an answer
    complaint = complaint_of_checker(target)
    if complaint:
        return None if complaint_of_checker(model) else complaint
    compared = False
    initialised = {tensor.name for tensor in model.graph.initializer}
    names = [info.name for info in model.graph.input if info.name not in initialised]
    for inputs, expected in onnx_backend.data_sets(case, model):
        feeds = {name: onnx_backend.to_plain(value) for name, value in zip(names, inputs, strict=False)}
        if not all(isinstance(value, np.ndarray) and value.dtype.kind != "V" for value in feeds.values()):
            continue
        # What ONNX Runtime gets right from the source it must get right from what we write.
        if agrees(run_session(source, feeds), expected, case):
            compared = True
            if not agrees(run_session(str(target), feeds), expected, case):
                return "other results"
    return "" if compared else None


@pytest.mark.slow
@pytest.mark.parametrize("opset", [9, 13, 18, 21])
def test_written_at_opset(cases: list[Any], opset: int, tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    problems = {case.name: problem_with(case, opset, target) for case in cases}
    assert sum(problem == "" for problem in problems.values()) > 500
    assert {name: problem for name, problem in problems.items() if problem} == {}
