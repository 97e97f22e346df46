"""Mistakes in manifests: all of them in one error, before any work."""

from __future__ import annotations

import inspect
from pathlib import Path

import modelconv as mc
import pytest
from modelconv.batching.settings import NOT_IN_MANIFESTS, SETTINGS
from modelconv.errors import BadArgumentError
from support import onnx_models

GOOD = '[[model]]\nsource = "mlp.onnx"\ntarget = "out.onnx"\n'

MISTAKES: list[tuple[str, str]] = [
    ("", "there is no model"),
    ("model = 3", "there is no model"),
    ("[[modle]]\n" + GOOD, "unknown table 'modle': did you mean 'model'"),
    ("defaults = 3\n" + GOOD, "'defaults' is not a table"),
    ('[defaults]\nsourc = "x"\n' + GOOD, "[defaults]: unknown key 'sourc'"),
    (GOOD + 'outpts = ["y"]', "model 1 'mlp': unknown key 'outpts': did you mean 'outputs'"),
    (GOOD + "opset = true", "'opset' is True, not a number"),
    (GOOD + 'simplify = "no"', "'simplify' is 'no', not true or false"),
    (GOOD + 'outputs = "y"', "not a list of names"),
    (GOOD + "input_shapes = [1, 3]", "not a table: { x = [1, 3, 224, 224] }"),
    (GOOD + "input_shapes = { x = 3 }", "gives 'x' 3, not a list of sizes"),
    (GOOD + 'dynamic_axes = { x = { first = "n" } }', "not by their numbers"),
    (GOOD + 'input_layout = "nhcw"', "neither 'nchw' nor 'nhwc'"),
    (GOOD + 'weights = "none.npz"', "none.npz', which is not there"),
    (GOOD + 'quantize = "int8"', "not 'float16', 'dynamic' or a table"),
    (GOOD + 'quantize = { io_type = "int8" }', "has no calibration"),
    (GOOD + 'quantize = { calibration = "none*.npz" }', "which no file fits"),
    (GOOD + 'quantize = { calibraton = "mlp.onnx" }', "did you mean 'calibration'"),
    (GOOD + "verify = { rtoll = 1 }", "did you mean 'rtol'"),
    (GOOD + "verify = 1", "not a table"),
    ('[[model]]\ntarget = "out.onnx"', "'source' is missing"),
    ('[[model]]\nsource = "mlp.onnx"', "'target' is missing"),
    ('[[model]]\nsource = "mpl.onnx"\ntarget = "out.onnx"', "did you mean 'mlp.onnx'"),
    ('[[model]]\nsource = "mlp.onnx"\ntarget = "mlp.onnx"', "is its source"),
    ('[[model]]\nsource = "mlp.onnx"\ntarget = "out.xyz"', "names no format that can be written"),
    (GOOD + 'target_format = "tflit"', "did you mean tflite"),
    (GOOD + GOOD, "is that of 'mlp', too"),
    (GOOD + GOOD.replace("out.onnx", "b.onnx"), "2 models have this name"),
    ("[[model]\n", "is no TOML"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_mistakes(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mlp.onnx").write_bytes(onnx_models.mlp().SerializeToString())
    (tmp_path / "batch.toml").write_text(text)
    with pytest.raises(BadArgumentError) as caught:
        mc.batch(tmp_path / "batch.toml", workers=0)
    assert message in str(caught.value)
    assert "batch.toml" in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batch.toml", "mlp.onnx"]


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    (tmp_path / "batch.toml").write_text('[defaults]\nopst = 3\n[[model]]\nsorce = "a"\n[[model]]\nsource = "a"')
    with pytest.raises(BadArgumentError, match="5 mistakes") as caught:
        mc.batch(tmp_path / "batch.toml")
    for text in ("opst", "'sorce'", "model 2 'a': 'target' is missing"):
        assert text in str(caught.value)


def test_every_argument_of_convert_is_a_key_or_left_out_on_purpose() -> None:
    arguments = set(inspect.signature(mc.convert).parameters) - {"source", "target"}
    assert arguments == set(SETTINGS) | set(NOT_IN_MANIFESTS)


def test_live_objects_are_not_for_batches(tmp_path: Path) -> None:
    with pytest.raises(BadArgumentError, match="not a path"):
        mc.batch([{"source": onnx_models.mlp(), "target": tmp_path / "out.onnx"}])
    with pytest.raises(BadArgumentError, match="are for folders"):
        mc.batch([], target_format="onnx")


def test_a_manifest_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadArgumentError, match="cannot be read"):
        mc.batch(tmp_path / "none.toml")
