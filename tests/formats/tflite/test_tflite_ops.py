"""Each operator by itself: LiteRT is the judge of the evaluator, and of ONNX Runtime on the converted model."""

from __future__ import annotations

import modelconv as mc
import numpy as np
import pytest
from support.processes import skip_without
from support.tflite_models import Array, Case, run_litert, run_onnxruntime
from support.tflite_op_cases import CASES


@pytest.mark.parametrize("op", sorted(CASES))
def test_operator(op: str) -> None:
    skip_without("ai_edge_litert", "onnxruntime")
    for case in CASES[op]:
        check(case)


def check(case: Case) -> None:
    content, feeds = case.model(), case.feeds()
    expected = defined(case, run_litert(content, feeds))
    model = mc.load(content)
    assert_close(defined(case, list(model.run(feeds).values())), expected, case, "modelconv")
    actual = run_onnxruntime(model.to_onnx().SerializeToString(), feeds)
    assert_close(defined(case, actual), expected, case, "ONNX Runtime")


def defined(case: Case, outputs: list[Array]) -> list[Array]:
    """LiteRT leaves rows behind the last detection as they were."""
    if case.op != "TFLite_Detection_PostProcess":
        return outputs
    return [*(output[:, : int(outputs[3][0])] for output in outputs[:3]), outputs[3]]


def assert_close(actual: list[Array], expected: list[Array], case: Case, who: str) -> None:
    """Floats within the case's tolerance of the largest magnitude; others equal, quantised ones to one step."""
    assert len(actual) == len(expected), case.text()
    for i, (value, wanted) in enumerate(zip(actual, expected, strict=True)):
        note = f"{who}: {case.text()}"
        assert (value.dtype, value.shape) == (wanted.dtype, wanted.shape), note
        if np.issubdtype(wanted.dtype, np.floating):
            largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
            np.testing.assert_allclose(value, wanted, rtol=0, atol=case.tolerance * max(largest, 1e-30), err_msg=note)
        elif f"y{i}" in case.quantized:
            assert np.abs(value.astype(np.int64) - wanted.astype(np.int64)).max(initial=0) <= 1, note
        else:
            np.testing.assert_array_equal(value, wanted, err_msg=note)
