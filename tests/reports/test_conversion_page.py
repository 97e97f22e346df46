"""The page of a Conversion, and what notebooks show."""

from __future__ import annotations

import html
from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from modelconv.quantization import QuantizationReport, QuantizedLayer
from support import onnx_models
from support.pages import HOSTILE, Tables, assert_self_contained


@pytest.fixture
def conversion(saved: Path, tmp_path: Path) -> mc.Conversion:
    return mc.convert(saved, tmp_path / "out.onnx", explain=True, verify=True)


def test_numbers_in_the_page_are_those_of_the_report(conversion: mc.Conversion) -> None:
    page = conversion.to_html()
    tables, report = Tables(page), conversion.report
    assert report.ops_before["BatchNormalization"] == 1
    for op in report.ops_before | report.ops_after:
        before, after = report.ops_before.get(op, 0), report.ops_after.get(op, 0)
        assert tables.row(op)[1:3] == [str(before), str(after)]
    for rule, count in report.rewrites.items():
        row = next(row for row in tables.rows if row and row[0].startswith(rule))
        assert row[1] == str(count)
    for stage, seconds in report.seconds.items():
        assert tables.row(stage)[1] == f"{seconds:.3f}"
    assert "6 \u2192 5" in page
    assert report.explanation is not None
    for nodes in report.explanation.applied.values():
        assert all(f"<li>{html.escape(node)}</li>" in page for node in nodes)
    assert conversion.verification is not None
    (output,) = conversion.verification.outputs
    assert f"{output.max_abs:.2e}" in tables.row("scores") or output.max_abs == 0
    assert_self_contained(page)


def test_quantised_layers_are_ranked_by_error(saved: Path) -> None:
    images = onnx_models.random_array(8, 3, 16, 16, seed=1)
    conversion = mc.convert(saved, quantize=mc.Int8(calibration=images))
    assert conversion.report.quantization is not None
    rows = Tables(conversion.to_html()).rows
    start = next(index for index, row in enumerate(rows) if "SQNR dB" in row) + 1
    ranked = conversion.report.quantization.culprits(100)
    assert [rows[start + i][0] for i in range(len(ranked))] == [layer.name for layer in ranked]
    assert [float(rows[start + i][2]) for i in range(len(ranked))] == [round(layer.sqnr_db, 1) for layer in ranked]


def test_a_conversion_with_everything_is_escaped(conversion: mc.Conversion) -> None:
    report = conversion.report
    report.warnings = [HOSTILE]
    report.layout = [HOSTILE]
    report.renamed = {HOSTILE: HOSTILE}
    report.rewrites[HOSTILE] = 3
    report.ops_before[HOSTILE] = 2
    report.quantization = QuantizationReport("int8", [QuantizedLayer(HOSTILE, HOSTILE, 1.0, 0, -np.inf, np.inf)])
    for text in (conversion.to_html(), conversion._repr_html_()):
        assert_self_contained(text)
        assert "&lt;script&gt;" in text


def test_a_plan_is_told(saved: Path, tmp_path: Path) -> None:
    conversion = mc.convert(saved, tmp_path / "out.tflite", plan=True)
    assert conversion.plan is not None
    for text in (conversion.to_html(), conversion._repr_html_()):
        assert html.escape(conversion.plan.to_text()) in text
        assert_self_contained(text)


def test_same_conversion_same_bytes(conversion: mc.Conversion) -> None:
    assert conversion.to_html() == conversion.to_html()


def test_notebook_cells(cnn: mc.Model, conversion: mc.Conversion, failed_report: mc.VerificationReport) -> None:
    model = cnn._repr_html_()
    assert "[N, 3, 16, 16]" in model
    assert "6 nodes" in model
    assert Tables(model).row("input") == ["input", "image", "float32", "[N, 3, 16, 16]"]
    assert "onnx \u2192 onnx" in conversion._repr_html_()
    cell = failed_report._repr_html_()
    assert "failed" in cell
    (output,) = failed_report.outputs
    assert f"{output.max_rel:.2e}" in Tables(cell).row("scores")
    for text in (model, cell, conversion._repr_html_()):
        assert_self_contained(text)
        assert len(text) < 20_000
        assert "<style" not in text  # it would reach the notebook's other cells


def test_a_cell_of_a_large_model_is_small() -> None:
    inputs = [onnx_models.tensor_info(f"x{i}", [1]) for i in range(200)]
    node = onnx_models.helper.make_node("Sum", [f"x{i}" for i in range(200)], ["y"])
    model = mc.load(onnx_models.make_model([node], inputs, [onnx_models.tensor_info("y", [1])]))
    cell = model._repr_html_()
    assert "and 189 more" in cell
    assert len(cell) < 20_000
