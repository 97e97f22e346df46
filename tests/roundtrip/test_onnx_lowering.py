"""Models of the onnx package's backend tests, written at other operator sets: valid, and the same results, or refused.

The table of all of them: `python -m conformance.opset_lowering`.
"""

from __future__ import annotations

import collections

import pytest
from conformance import onnx_backend, opset_lowering
from conformance.opset_lowering import Lowering

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

OPSETS = [9, 11, 13, 17, 18, 21, 28]
# Tests whose model must be written at an opset, so that refusals do not become the answer to everything.
LEAST_WRITTEN = {9: 1000, 11: 1300, 13: 1500, 17: 1580, 18: 1600, 21: 1700, 28: 2000}


@pytest.fixture(scope="module")
def lowerings() -> list[Lowering]:
    return opset_lowering.lower_all(onnx_backend.load_cases(list(onnx_backend.KINDS), "*"), OPSETS)


@pytest.mark.slow
@pytest.mark.parametrize("opset", OPSETS)
def test_written_at_opset(lowerings: list[Lowering], opset: int) -> None:
    mine = [lowering for lowering in lowerings if lowering.opset in (0, opset)]
    problems = {x.name: f"{x.end}: {x.problem}" for x in mine if x.end in ("different", "invalid")}
    assert problems == {}
    ends = collections.Counter(lowering.end for lowering in mine)
    assert ends["equal"] + ends["own"] >= LEAST_WRITTEN[opset]
    assert ends["own"] < 30  # everything else was judged by another runtime
    assert all(lowering.ops and all(op for op, _ in lowering.ops) for lowering in mine if lowering.end == "refused")
