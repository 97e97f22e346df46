"""The page of a VerificationReport: its numbers are the report's."""

from __future__ import annotations

import dataclasses
import math
import re

import modelconv as mc
import numpy as np
import pytest
from modelconv.error_histogram import ERROR_EDGES, add_histograms, count_errors
from support import onnx_models
from support.pages import HOSTILE, Tables, Tags, assert_self_contained


def test_figures_in_the_page_are_those_of_the_report(failed_report: mc.VerificationReport) -> None:
    page = failed_report.to_html()
    tables = Tables(page)
    for row in [*failed_report.outputs, *failed_report.layers]:
        cells = tables.row(row.name)
        figures = [f"{row.max_abs:.2e}", f"{row.max_rel:.2e}", f"{row.cosine:.7f}"]
        shown = [cell for cell in cells if cell not in ("0",)]
        if row.max_abs > 0:
            assert [cell for cell in shown if cell in figures] == figures
            assert f"{row.snr_db:.1f}" in cells
        assert f"{row.mismatched:,}" in cells
        assert f"{row.elements:,}" in cells
        assert ("passed" if row.passed else "failed") in cells
    assert "against modelconv on 2 samples, rtol 1e-05, atol 1e-05" in page
    assert "0 of 1 output within the tolerance" in page


def test_first_divergence_is_named(failed_report: mc.VerificationReport) -> None:
    assert failed_report.first_divergence is not None
    assert failed_report.first_divergence.op == "Conv"
    page = failed_report.to_html()
    assert "First divergence" in page
    assert "Conv &#x27;conv2&#x27;" in page
    dots = [attributes for tag, attributes in Tags(page).found if tag == "circle"]
    assert sum(each["class"] == "mark" for each in dots) == 1
    assert sum(each["class"] == "off" for each in dots) == sum(not layer.passed for layer in failed_report.layers)
    assert sum(each["class"] == "ok" for each in dots) == sum(layer.passed for layer in failed_report.layers)


def test_no_layers_no_curve() -> None:
    report = mc.verify_against(onnx_models.mlp(), mc.load(onnx_models.mlp()))
    page = report.to_html()
    assert report.passed
    assert "1 of 1 output within the tolerance" in page
    assert "First divergence" not in page
    assert "Layers" not in page
    assert_self_contained(page)


def test_histogram_counts_every_element_once(failed_report: mc.VerificationReport) -> None:
    (output,) = failed_report.outputs
    assert sum(output.errors) == output.elements
    bars = re.findall(r"<title>([\d,]+) elements: ([^<]*)</title></rect>", failed_report.to_html())
    assert sum(int(count.replace(",", "")) for count, _ in bars) == output.elements
    # What lies in bins beyond the tolerance is what the report counts as mismatched, but for the bin that it parts.
    beyond = sum(n for n, low in zip(output.errors[2:], ERROR_EDGES, strict=False) if low >= output.allowed)
    within = sum(output.errors[:2]) + sum(
        n for n, high in zip(output.errors[2:], ERROR_EDGES[1:], strict=False) if high <= output.allowed
    )
    assert beyond <= output.mismatched <= output.elements - within


@pytest.mark.parametrize(
    ("value", "reference", "bins"),
    [
        ([1.0, 2.0], [1.0, 2.0], {0: 2}),
        ([1.0, 2.0 + 2e-11], [1.0, 2.0], {0: 1, 1: 1}),
        ([4.0, 0.004], [4.0, 0.0], {0: 1, 2 + 14: 1}),  # 1e-3 of the largest magnitude
        ([9.0, 4.0], [1.0, 4.0], {0: 1, 2 + 20: 1}),
        ([math.nan, math.nan, math.inf, 1.0], [math.nan, 1.0, 1.0, 1.0], {0: 2, 23: 2}),
        ([0.5], [0.0], {2 + 19: 1}),
        ([], [], {}),
    ],
)
def test_bins(value: list[float], reference: list[float], bins: dict[int, int]) -> None:
    counts, _ = count_errors(np.array(value), np.array(reference), (1e-5, 1e-5))
    assert {index: count for index, count in enumerate(counts) if count} == bins
    assert len(counts) == len(ERROR_EDGES) + 3


@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("tolerance", [(1e-5, 1e-5), (0.0, 1e-3), (1e-3, 0.0)])
def test_allowed_is_the_bound_of_the_comparison(scale: float, tolerance: tuple[float, float]) -> None:
    """An error just below the line passes, one just above does not."""
    reference = np.array([scale, 0.0])
    _, allowed = count_errors(reference, reference, tolerance)
    rtol, atol = tolerance
    model = onnx_models.make_model(
        [onnx_models.helper.make_node("Identity", ["x"], ["y"])],
        [onnx_models.tensor_info("x", [2], onnx_models.TensorProto.DOUBLE)],
        [onnx_models.tensor_info("y", [2], onnx_models.TensorProto.DOUBLE)],
    )
    for factor, passes in ((0.99, True), (1.01, False)):
        value = reference + np.array([0.0, allowed * factor * scale])
        report = mc.verify_against(model, {"y": reference}, inputs={"x": value}, rtol=rtol, atol=atol)
        assert report.passed is passes
        assert report.outputs[0].allowed == pytest.approx(allowed)


def test_types_that_are_no_numbers_are_not_counted() -> None:
    words = np.array(["a", "b"], object)
    assert count_errors(words, words, (0, 0)) == ((), 0.0)
    assert count_errors(np.zeros(2), np.zeros(3), (0, 0)) == ((), 0.0)
    assert add_histograms([(), (1, 2), (3, 4)]) == (4, 6)
    assert add_histograms([()]) == ()
    assert sum(count_errors(np.array([True, False]), np.array([True, True]), (0, 0))[0]) == 2


def test_non_finite_values_have_a_place_in_the_chart() -> None:
    layer = mc.LayerComparison("l", False, math.nan, math.nan, 0.0, -math.inf, 3, 3, 3, 0, 0, 0, op="Exp")
    report = mc.VerificationReport([], layers=[layer, dataclasses.replace(layer, name="m", problem="[2] and [3]")])
    page = report.to_html()
    assert "nan" not in re.findall(r'c[xy]="([^"]*)"', page)
    assert_self_contained(page)


def test_hostile_names() -> None:
    figures = mc.LayerComparison(
        HOSTILE, False, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, HOSTILE, (0, 1), 1e-5, HOSTILE, HOSTILE, (HOSTILE,), (HOSTILE,)
    )
    report = mc.VerificationReport([figures], [figures], figures, reference=HOSTILE)
    for html in (report.to_html(), report._repr_html_()):
        assert_self_contained(html)
        assert "\x07" not in html
        assert "\u202e" not in html
        assert "&lt;script&gt;" in html


def test_same_report_same_bytes(failed_report: mc.VerificationReport) -> None:
    assert failed_report.to_html() == failed_report.to_html()
