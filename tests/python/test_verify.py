"""verify_against(): what counts as equal, what is measured, where two models part."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support import onnx_models
from support.processes import skip_without

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def identity(size: int, dtype: int = FLOAT) -> onnx.ModelProto:
    """y = x: the reference's numbers are compared with the inputs themselves."""
    info = onnx_models.tensor_info
    return onnx_models.make_model(
        [helper.make_node("Identity", ["x"], ["y"], name="copy")],
        [info("x", [size], dtype)],
        [info("y", [size], dtype)],
    )


def compare(value: Any, reference: Any, dtype: Any = np.float32, **options: Any) -> mc.TensorComparison:
    value, reference = np.asarray(value, dtype), np.asarray(reference, dtype)
    model = identity(value.size, helper.np_dtype_to_tensor_dtype(value.dtype))
    return mc.verify_against(model, {"y": reference}, inputs={"x": value}, **options).outputs[0]


def test_figures() -> None:
    value, reference = np.array([3.0, 4.0, 0.5]), np.array([3.0, 4.0, 0.0])
    figures = compare(value, reference)
    assert figures.name == "y"
    assert not figures.passed
    assert figures.max_abs == 0.5
    assert figures.max_rel == 0.125  # of the largest magnitude, 4
    assert figures.mismatched == 1
    assert figures.elements == 3
    assert figures.cosine == pytest.approx(25 / (5 * math.sqrt(25.25)))
    assert figures.snr_db == pytest.approx(20.0)  # 10 log10(25 / 0.25)


def test_figures_of_equal_tensors() -> None:
    figures = compare([1.0, -2.0], [1.0, -2.0])
    assert figures.passed
    assert (figures.max_abs, figures.max_rel, figures.mismatched, figures.ulp_max) == (0, 0, 0, 0)
    assert figures.cosine == pytest.approx(1)
    assert figures.snr_db == math.inf


@pytest.mark.parametrize(
    ("value", "reference", "options", "passed"),
    [
        ([1 + 0.9e-5, 1.0], [1.0, 1.0], {}, True),
        ([1 + 1.2e-5, 1.0], [1.0, 1.0], {}, False),
        ([1 + 1.2e-5, 1.0], [1.0, 1.0], {"rtol": 2e-5}, True),
        # The error is measured against the largest magnitude of the tensor, not each element's own.
        ([0.0009, 100.0], [0.0, 100.0], {}, True),
        ([0.0011, 100.0], [0.0, 100.0], {}, False),
        # A tensor of tiny numbers is not passed by an absolute tolerance larger than all of them.
        ([2e-9, 1e-9], [1e-9, 1e-9], {}, False),
        ([1.0, 0.0], [1.1, 0.0], {"rtol": 0, "atol": 0.2}, True),
        ([1.0, 0.0], [1.1, 0.0], {"rtol": 0, "atol": 0.05}, False),
        ([1.0, 2.0], [1.0, 2.0], {"rtol": 0, "atol": 0}, True),
        ([0.0, 0.0], [0.0, -0.0], {"rtol": 0, "atol": 0}, True),
        ([0.0, 0.0], [0.0, 0.0], {}, True),
        ([1e-12, 0.0], [0.0, 0.0], {}, False),
    ],
)
def test_tolerances(value: list[float], reference: list[float], options: dict[str, float], passed: bool) -> None:
    assert compare(value, reference, **options).passed is passed


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "reference", "mismatched"),
    [
        ([NAN, INF, -INF, 1.0], [NAN, INF, -INF, 1.0], 0),
        ([NAN, 1.0], [1.0, 1.0], 1),
        ([1.0, 1.0], [NAN, 1.0], 1),
        ([INF, 1.0], [-INF, 1.0], 1),
        ([INF, 1.0], [3e38, 1.0], 1),
        ([NAN, 1.0], [INF, 1.0], 1),
    ],
)
def test_nan_and_infinities_are_a_class_of_their_own(
    value: list[float], reference: list[float], mismatched: int
) -> None:
    figures = compare(value, reference, rtol=1e3, atol=1e3)  # no tolerance covers them
    assert figures.passed is (mismatched == 0)
    assert figures.non_finite_mismatched == mismatched
    assert figures.mismatched == mismatched
    assert math.isfinite(figures.max_abs)  # of the finite elements


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "bool"])
def test_integers_are_exact(dtype: str) -> None:
    assert compare([1, 0], [1, 0], dtype).passed
    wrong = compare([1, 1], [1, 0], dtype, rtol=10, atol=10)
    assert not wrong.passed
    assert wrong.mismatched == 1


def test_large_integers_are_exact() -> None:
    """2^60 and 2^60 + 1 are the same float64."""
    assert not compare([2**60 + 1], [2**60], "int64").passed


@pytest.mark.parametrize("reference", [np.zeros(4, np.float32), np.zeros(3, np.float64), np.zeros((3, 1), np.float32)])
def test_other_shapes_and_dtypes_fail(reference: np.ndarray) -> None:
    report = mc.verify_against(identity(3), {"y": reference}, inputs={"x": np.zeros(3, np.float32)})
    assert not report.passed
    assert report.outputs[0].problem


def test_against_a_file_runs_its_framework(cnn_path: Path) -> None:
    skip_without("onnxruntime")
    report = mc.verify_against(mc.simplify(cnn_path), cnn_path, samples=2)
    assert report.passed
    assert report
    assert (report.reference, report.samples) == ("onnxruntime", 2)


def test_against_a_model_runs_modelconv(cnn_path: Path) -> None:
    report = mc.verify_against(mc.simplify(cnn_path), mc.load(cnn_path))
    assert report.passed
    assert report.reference == "modelconv"


def test_against_a_message_and_bytes(mlp_path: Path) -> None:
    for reference in (onnx_models.mlp(), mlp_path.read_bytes()):
        assert mc.verify_against(mlp_path, reference).passed


def test_against_recorded_outputs(mlp_path: Path) -> None:
    x = {"x": onnx_models.random_array(3, 4)}
    recorded = mc.load(mlp_path).run(x)
    report = mc.verify_against(mlp_path, recorded, inputs=x)
    assert report.passed
    assert report.reference == "recorded outputs"
    assert not mc.verify_against(mlp_path, {"y": recorded["y"] + 1}, inputs=x)


@pytest.mark.parametrize("wrap", [lambda y: y, lambda y: [y], lambda y: (y,), lambda y: {"y": y}])
def test_against_a_callable(wrap: Any) -> None:
    model = onnx_models.mlp()
    w1, b1, w2, b2 = (onnx_models.weight(model, name) for name in ("w1", "b1", "w2", "b2"))

    def by_hand(x: np.ndarray) -> Any:
        logits = np.maximum(x @ w1 + b1, 0) @ w2 + b2
        exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return wrap(exponents / exponents.sum(axis=-1, keepdims=True))

    report = mc.verify_against(model, by_hand, samples=3)
    assert report.passed, report
    assert report.reference == "callable"


def test_an_error_in_a_callable_reaches_the_caller() -> None:
    def fail(x: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mc.verify_against(identity(2), fail)


def test_one_changed_weight_is_named() -> None:
    """The first layer whose output differs is the one with the changed weight, not one after it."""
    model = onnx_models.mlp()
    changed = onnx_models.with_weight(model, "w2", onnx_models.weight(model, "w2") * np.float32(1.5))
    report = mc.verify_against(changed, model, per_layer=True)
    assert not report.passed
    assert report.first_divergence is not None
    assert (report.first_divergence.node, report.first_divergence.op) == ("fc2", "Gemm")
    assert report.first_divergence.name == "logits"
    assert [(layer.node, layer.passed) for layer in report.layers] == [
        ("fc1", True),
        ("act", True),
        ("fc2", False),
        ("probabilities", False),
    ]
    assert "fc2" in report.to_text()


def test_layers_survive_simplification(cnn_path: Path) -> None:
    report = mc.verify_against(mc.simplify(cnn_path), cnn_path, per_layer=True)
    assert report.passed
    assert report.first_divergence is None
    assert report.layers
    assert all(layer.passed for layer in report.layers)


def test_a_failed_report_raises() -> None:
    model = onnx_models.mlp()
    changed = onnx_models.with_weight(model, "w2", onnx_models.weight(model, "w2") * np.float32(1.01))
    report = mc.verify_against(changed, model)
    assert not report
    with pytest.raises(mc.VerificationError, match=r"\by\b") as caught:
        report.raise_if_failed()
    assert caught.value.report is report
    assert mc.verify_against(model, model).raise_if_failed() is None


def test_json_has_every_figure() -> None:
    report = mc.verify_against(
        identity(2), {"y": np.array([1, np.inf], np.float32)}, inputs={"x": np.array([1, 2], np.float32)}
    )
    data = json.loads(report.to_json(), parse_constant=pytest.fail)  # NaN and Infinity are no JSON
    assert data["passed"] is False
    (output,) = data["outputs"]
    assert set(output) >= {"name", "max_abs", "max_rel", "cosine", "snr_db", "mismatched", "passed"}
    assert (output["name"], output["mismatched"]) == ("y", 1)


def test_html_is_a_table_and_escapes_names() -> None:
    name = "<script>&"
    model = onnx_models.make_model(
        [helper.make_node("Identity", ["x"], [name])],
        [onnx_models.tensor_info("x", [2])],
        [onnx_models.tensor_info(name, [2])],
    )
    report = mc.verify_against(model, {name: np.zeros(2, np.float32)}, inputs={"x": np.zeros(2, np.float32)})
    for html in (report.to_html(), report._repr_html_()):
        assert "</table>" in html
        assert "passed" in html
        assert "<script>" not in html
        assert "&lt;script&gt;&amp;" in html
    assert "passed" in repr(report)


def test_samples_and_seeds() -> None:
    seen: list[np.ndarray] = []

    def record(x: np.ndarray) -> np.ndarray:
        seen.append(x.copy())
        return x

    assert mc.verify_against(identity(8), record, samples=3, seed=1).passed
    assert len(seen) == 3
    assert not np.array_equal(seen[0], seen[1])
    mc.verify_against(identity(8), record, samples=1, seed=1)
    np.testing.assert_array_equal(seen[3], seen[0])
    mc.verify_against(identity(8), record, samples=1, seed=77)
    assert not np.array_equal(seen[4], seen[0])


def test_given_samples_are_all_used() -> None:
    batches = [{"x": np.full(2, number, np.float32)} for number in range(4)]
    seen: list[float] = []

    def reference(x: np.ndarray) -> np.ndarray:
        seen.append(float(x[0]))
        return x if x[0] != 2 else x + 1

    report = mc.verify_against(identity(2), reference, inputs=batches)
    assert seen == [0, 1, 2, 3]
    assert report.samples == 4
    assert not report.passed  # one bad sample is enough
    assert (report.outputs[0].mismatched, report.outputs[0].elements) == (2, 8)


def test_missing_inputs_are_made_up(tmp_path: Path) -> None:
    model = onnx_models.choice()
    assert mc.verify_against(model, model, inputs={"flag": np.array(True)}).passed


def test_unknown_input_names_are_refused() -> None:
    with pytest.raises(mc.ShapeError, match="'x'"):
        mc.verify_against(identity(2), lambda x: x, inputs={"X": np.zeros(2, np.float32)})


def test_a_missing_output_is_named() -> None:
    with pytest.raises(mc.ModelConvError, match="'y'"):
        mc.verify_against(identity(2), {"z": np.zeros(2, np.float32)})


def test_a_reference_that_its_framework_cannot_run() -> None:
    skip_without("onnxruntime")
    model = onnx_models.unknown_ops()
    with pytest.raises(mc.ModelConvError, match=r"ONNX Runtime.*Whirl"):
        mc.verify_against(identity(2), model, by_position=True)


def test_other_names_match_by_position() -> None:
    other = onnx_models.make_model(
        [helper.make_node("Identity", ["in"], ["out"])],
        [onnx_models.tensor_info("in", [2])],
        [onnx_models.tensor_info("out", [2])],
    )
    with pytest.raises(mc.ModelConvError):
        mc.verify_against(identity(2), other)
    assert mc.verify_against(identity(2), other, by_position=True).passed


def test_sequences_are_compared() -> None:
    parts = onnx_models.make_model(
        [helper.make_node("SplitToSequence", ["x"], ["y"], axis=0)],
        [onnx_models.tensor_info("x", [3])],
        [helper.make_tensor_sequence_value_info("y", FLOAT, ["part"])],
    )
    x = np.array([1, 2, 3], np.float32)
    expected = [x[:1], x[1:2], x[2:]]
    assert mc.verify_against(parts, {"y": expected}, inputs={"x": x}).passed
    assert not mc.verify_against(parts, {"y": expected[:2]}, inputs={"x": x}).passed
    assert not mc.verify_against(parts, {"y": [*expected[:2], x[:1]]}, inputs={"x": x}).passed


@pytest.mark.parametrize(
    ("tolerances", "passed"),
    [
        (None, False),
        ("close", False),
        ("loose", True),
        ("exact", False),
        (2e-4, True),
        ((2e-4, 0.0), True),
        ({"y": "loose"}, True),
    ],
)
def test_named_tolerances(tolerances: Any, passed: bool) -> None:
    assert compare([1.0001, 1.0], [1.0, 1.0], tolerances=tolerances).passed is passed


def test_unknown_tolerance_is_refused() -> None:
    with pytest.raises(mc.ModelConvError, match="no tolerance 'lose'"):
        compare([1.0], [1.0], tolerances="lose")


def test_inputs_from_files(tmp_path: Path) -> None:
    x = onnx_models.random_array(3)
    np.save(tmp_path / "x.npy", x)
    assert mc.verify_against(identity(3), {"y": x}, inputs={"x": tmp_path / "x.npy"}).passed
    with pytest.raises(mc.ModelConvError, match=r"\.npy"):
        mc.verify_against(identity(3), {"y": x}, inputs={"x": "x.wav"})


def column(*numbers: float) -> np.ndarray:
    return np.array(numbers)[:, None, None]


def test_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes of the pixels; Pillow itself stands aside."""
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    monkeypatch.setattr("modelconv.input_files.load_pixels", lambda path, size: pixels)
    info = onnx_models.tensor_info
    model = onnx_models.make_model(
        [helper.make_node("Identity", ["x"], ["y"])], [info("x", [1, 3, 2, 3])], [info("y", [1, 3, 2, 3])]
    )
    planes = pixels.transpose(2, 0, 1)[None].astype(np.float32)
    for options, expected in (
        ({}, planes / 255),
        ({"mean": 10.0}, planes - 10),
        ({"std": 2.0}, planes / 2),
        ({"mean": [1, 2, 3], "std": [2, 4, 8]}, (planes - column(1, 2, 3)) / column(2, 4, 8)),
    ):
        seen = expected.astype(np.float32)
        assert mc.verify_against(model, {"y": seen}, inputs={"x": "p.png"}, **options).passed, options


def test_images_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    model = onnx_models.cnn()
    with pytest.raises(mc.ModelConvError, match="Pillow"):
        mc.verify_against(model, {}, inputs={"image": tmp_path / "p.png"})


def test_longer_inputs_are_tried_when_the_first_are_too_short() -> None:
    info = onnx_models.tensor_info
    model = onnx_models.make_model(
        [helper.make_node("Conv", ["x", "w"], ["y"])],
        [info("x", [1, 2, "steps"])],
        [info("y", [1, 3, None])],
        {"w": onnx_models.random_array(3, 2, 20)},
    )
    assert mc.verify_against(model, mc.load(model)).passed
    with pytest.raises(mc.ShapeError):
        mc.verify_against(model, mc.load(model), inputs={"x": onnx_models.random_array(1, 2, 8)})
