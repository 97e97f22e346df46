"""verify_against(per_layer=True): where two models part."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import helper
from support import onnx_models
from support.processes import run_command, skip_without


def deep(layers: int = 6, seed: int = 0) -> onnx.ModelProto:
    """Convolution, batch normalisation and Relu, again and again."""
    nodes, weights = [], {}
    value = "x"
    for i in range(layers):
        shape = onnx_models.random_array
        weights |= {
            f"w{i}": shape(8, 8 if i else 3, 3, 3, seed=seed + i) * 0.3,
            f"scale{i}": 1 + 0.1 * shape(8, seed=i + 10),
            f"bias{i}": shape(8, seed=i + 20),
            f"mean{i}": shape(8, seed=i + 30),
            f"var{i}": 1 + np.abs(shape(8, seed=i + 40)),
        }
        norm = [f"c{i}", f"scale{i}", f"bias{i}", f"mean{i}", f"var{i}"]
        nodes += [
            helper.make_node("Conv", [value, f"w{i}"], [f"c{i}"], name=f"conv{i}", pads=[1, 1, 1, 1]),
            helper.make_node("BatchNormalization", norm, [f"n{i}"], name=f"norm{i}"),
            helper.make_node("Relu", [f"n{i}"], [f"r{i}"], name=f"relu{i}"),
        ]
        value = f"r{i}"
    nodes.append(helper.make_node("GlobalAveragePool", [value], ["y"], name="pool"))
    info = onnx_models.tensor_info
    weights = {name: np.asarray(array, np.float32) for name, array in weights.items()}
    return onnx_models.make_model(nodes, [info("x", ["N", 3, 12, 12])], [info("y", ["N", 8, 1, 1])], weights)


def with_one_weight_changed(name: str, factor: float = 1.5) -> onnx.ModelProto:
    array = onnx_models.weight(deep(), name).copy()
    array.flat[array.size // 2] *= factor
    return onnx_models.with_weight(deep(), name, array)


REFERENCES = {
    "ONNX Runtime": (deep, "onnxruntime"),
    "modelconv": (lambda: mc.load(deep()), "modelconv"),
    "simplified": (lambda: mc.simplify(deep()), "modelconv"),  # convolution and normalisation are one node
}


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("fuses", [False, True])
def test_a_changed_weight_is_found(reference: str, fuses: bool) -> None:
    build, runner = REFERENCES[reference]
    changed = with_one_weight_changed("w3")
    report = mc.verify_against(mc.simplify(changed) if fuses else mc.load(changed), build(), per_layer=True, samples=2)
    assert report.reference == runner
    layer = report.first_divergence
    assert layer is not None
    unfused = not fuses and reference != "simplified"
    assert layer.name == ("c3" if unfused else "n3")
    if unfused:
        assert (layer.node, layer.op) == ("conv3", "Conv")
    # The layer of the changed weight is among the nodes that are named, on both sides.
    assert any("conv3" in node or "norm3" in node for node in layer.made_by)
    assert len(layer.made_by) == (2 if reference == "simplified" and not fuses else 1)
    assert any("3'" in node for node in layer.reference_made_by)
    assert len(layer.reference_made_by) == (2 if fuses and reference != "simplified" else 1)
    assert str(layer.name) in report.to_text()
    passed = {row.name: row.passed for row in report.layers}
    assert all(passed[f"r{i}"] for i in range(3))


@pytest.mark.parametrize("name", ["scale2", "bias4", "mean1", "var5", "w0"])
def test_the_layer_of_any_weight_is_found(name: str) -> None:
    report = mc.verify_against(mc.load(with_one_weight_changed(name, 2.0)), deep(), per_layer=True)
    assert report.first_divergence is not None
    assert report.first_divergence.name == ("c" if name[0] == "w" else "n") + name[-1]


def test_each_side_runs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without("onnxruntime")
    from modelconv.runners.onnxruntime import OnnxRuntimeRunner

    runs: list[str] = []
    original = OnnxRuntimeRunner.run

    def counted(self: Any, *arguments: Any) -> Any:
        runs.append("reference")
        return original(self, *arguments)

    monkeypatch.setattr(OnnxRuntimeRunner, "run", counted)
    monkeypatch.setattr(
        "modelconv.layer_verification.LayerVerification._own_errors", lambda self: pytest.fail("a second run")
    )
    report = mc.verify_against(mc.load(with_one_weight_changed("w3")), deep(), per_layer=True)
    assert runs == ["reference"]
    assert report.first_divergence is not None


def test_equal_models_have_no_divergence() -> None:
    report = mc.verify_against(mc.simplify(deep()), deep(), per_layer=True)
    assert report.passed
    assert report.first_divergence is None
    assert len(report.layers) >= 12
    assert "no layer diverges" in report.to_text()


def test_external_data_layer_by_layer(tmp_path: Path) -> None:
    skip_without("onnxruntime")
    path = tmp_path / "external.onnx"
    onnx.save(deep(), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    report = mc.verify_against(mc.load(with_one_weight_changed("w2")), path, per_layer=True)
    assert report.reference == "onnxruntime"
    assert report.first_divergence is not None
    assert report.first_divergence.name == "c2"


def growing(extra: float) -> onnx.ModelProto:
    """Ten layers that triple the distance of two inputs each; `extra` is added in the third."""
    nodes, weights = [], {"three": np.array(3, np.float32), "extra": np.array(extra, np.float32)}
    value = "x"
    for i in range(10):
        nodes.append(helper.make_node("Mul", [value, "three"], [f"t{i}"], name=f"triple{i}"))
        value = f"t{i}"
        if i == 2:
            nodes.append(helper.make_node("Add", [value, "extra"], ["added"], name="shift"))
            value = "added"
        nodes.append(helper.make_node("Sin", [value], [f"s{i}"], name=f"sine{i}"))
        value = f"s{i}"
    return onnx_models.make_model(
        nodes, [onnx_models.tensor_info("x", [16])], [onnx_models.tensor_info("s9", [16])], weights
    )


def test_an_error_below_the_tolerance_that_grows_is_traced_to_its_origin() -> None:
    """The shift of 4e-6 passes where it is made; what grows out of it does not, and is not to be blamed."""
    report = mc.verify_against(mc.load(growing(4e-6)), mc.load(growing(0.0)), per_layer=True)
    assert not report.passed
    assert next(row for row in report.layers if row.name == "added").passed
    assert report.first_divergence is not None
    assert report.first_divergence.name == "added"
    assert report.first_divergence.node == "shift"


def test_nan_is_traced_to_its_origin() -> None:
    report = mc.verify_against(mc.load(growing(math.nan)), mc.load(growing(0.0)), per_layer=True)
    assert report.first_divergence is not None
    assert report.first_divergence.name == "added"
    assert report.first_divergence.non_finite_mismatched == 16


def test_made_up_names_are_not_taken_for_the_sources() -> None:
    """Two Transposes move; the values they make have names of their own, which match no tensor of the source."""
    nodes = [
        helper.make_node("Transpose", ["x"], ["value"], name="t1", perm=[0, 2, 3, 1]),
        helper.make_node("Exp", ["value"], ["value_1"], name="exp"),
        helper.make_node("Transpose", ["value_1"], ["value_2"], name="t2", perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["value_2", "w"], ["y"], name="conv"),
    ]
    info = onnx_models.tensor_info
    w = {"w": onnx_models.random_array(2, 3, 1, 1)}
    model = onnx_models.make_model(nodes, [info("x", [1, 3, 5, 5])], [info("y", [1, 2, 5, 5])], w)
    simplified = mc.simplify(model)
    assert "Transpose" not in simplified.op_counts()
    report = mc.verify_against(simplified, model, per_layer=True)
    assert report.passed
    assert report.first_divergence is None


def test_large_recordings_go_to_a_file() -> None:
    from modelconv.layers import LayerStore

    store = LayerStore(limit=1000)
    arrays = {f"v{i}": onnx_models.random_array(10, 10, seed=i) for i in range(5)}
    for name, array in arrays.items():
        store[name] = array
    assert len(store._spilled) == 3
    for name, array in arrays.items():
        assert name in store
        np.testing.assert_array_equal(store[name], array)
    assert "w" not in store
    store.close()


def test_command_names_the_layer(tmp_path: Path) -> None:
    onnx.save(deep(), tmp_path / "original.onnx")
    onnx.save(with_one_weight_changed("w3"), tmp_path / "changed.onnx")
    np.save(tmp_path / "x.npy", onnx_models.random_array(2, 3, 12, 12))
    paths = [str(tmp_path / "changed.onnx"), str(tmp_path / "original.onnx")]
    result = run_command(["verify", *paths, "--per-layer", "--input", f"x={tmp_path / 'x.npy'}"])
    assert result.returncode == 1
    assert "first divergence: 'c3', made by Conv 'conv3'" in result.stderr
    assert run_command(["verify", *paths, "--tolerance", "exact"]).returncode == 1
    refused = run_command(["verify", *paths, "--tolerance", "lose"])
    assert refused.returncode == 2
    assert "close, loose" in refused.stderr
