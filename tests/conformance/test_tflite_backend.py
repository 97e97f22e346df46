"""The share of the onnx package's tests of single operators that convert to TFLite and run equal in LiteRT."""

from __future__ import annotations

import collections

import pytest
from support.processes import skip_without

from conformance import tflite_backend

skip_without("ai_edge_litert")

LEAST_SHARE = 0.78
# Tests of a type or corner that ONNX leaves open (shifts by more than the width), or of rounding in float16.
MOST_WRONG = 20


@pytest.mark.slow
def test_most_are_equal_and_almost_none_is_wrong() -> None:
    cases = tflite_backend.load_cases()
    kinds = collections.Counter(outcome.kind for outcome in tflite_backend.run_all(cases))
    assert len(cases) > 1500
    assert kinds["equal"] >= LEAST_SHARE * len(cases)
    assert kinds["wrong"] <= MOST_WRONG
