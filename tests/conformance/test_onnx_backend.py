"""All backend tests of the onnx package pass in modelconv's three ways, but for those listed here with the reason."""

from __future__ import annotations

import pytest

from conformance import onnx_backend, random_policy, ways

pytest.importorskip("onnx")

KNOWN_FAILURES = {
    "test_image_decoder*": "compressed pictures are out of scope",
    "test_gradient_of_add*": "Gradient differentiates another part of the graph",
    # Recorded -4.8e-15 as 1.9e-7: the rounding of a float32 transform, beyond the test's absolute tolerance of 1e-7.
    "test_dft_inverse*": "more exact than what was recorded",
    # MatMul and Softmax of float16 compute in float32; one element in a hundred is a unit in its last place off.
    "test_attention_4d_causal_fp16_expanded": "more exact than what was recorded",
}
LEAST_SHARE = 0.99


@pytest.mark.slow
@pytest.mark.parametrize("way", list(ways.OWN))
def test_all_but_the_known_pass(way: str) -> None:
    cases = onnx_backend.load_cases(list(onnx_backend.KINDS), "*")
    results = onnx_backend.run_all([(case, way) for case in cases])
    failed = {result.name: result.problem for result in results if result.problem}
    assert {n: p for n, p in failed.items() if not random_policy.matches(n, tuple(KNOWN_FAILURES))} == {}
    assert len(cases) > 2000
    assert len(cases) - len(failed) >= LEAST_SHARE * len(cases)
