"""convert() and load(): what they read, write, rename, reshape, report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from support import onnx_models
from support.reference import assert_close, run_onnxruntime


def test_written_model_is_valid_and_computes_the_same(
    cnn_path: Path, tmp_path: Path, image: dict[str, np.ndarray]
) -> None:
    target = tmp_path / "out.onnx"
    result = mc.convert(cnn_path, target)
    onnx.checker.check_model(target, full_check=True)
    expected = run_onnxruntime(cnn_path, image)
    assert_close(run_onnxruntime(target, image), expected)
    assert_close(result.model.run(image), expected)


def test_conversion_says_what_was_done(cnn_path: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.onnx"
    result = mc.convert(cnn_path, target)
    assert result.path == target
    assert (result.source_format, result.target_format) == ("onnx", "onnx")
    assert result.report.ops_before["BatchNormalization"] == 1
    assert "BatchNormalization" not in result.report.ops_after
    assert result.report.ops_after == result.model.op_counts()
    assert sum(result.report.rewrites.values()) > 0
    assert set(result.report.seconds) == {"read", "simplify", "write"}
    assert all(seconds >= 0 for seconds in result.report.seconds.values())
    assert result.verification is None


def test_without_target_nothing_is_written(cnn_path: Path, tmp_path: Path) -> None:
    result = mc.convert(cnn_path)
    assert (result.path, result.target_format) == (None, None)
    assert list(tmp_path.iterdir()) == [cnn_path]


def test_without_simplify_the_operators_stay(cnn_path: Path, tmp_path: Path) -> None:
    result = mc.convert(cnn_path, tmp_path / "out.onnx", simplify=False)
    assert result.report.ops_after == result.report.ops_before
    written = onnx.load(tmp_path / "out.onnx")
    assert [node.op_type for node in written.graph.node] == [node.op_type for node in onnx_models.cnn().graph.node]


SOURCES = {
    "path": lambda path: path,
    "text path": str,
    "bytes": lambda path: path.read_bytes(),
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "message": onnx.load,
    "model": mc.load,
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_source_gives_the_same_model(
    kind: str, cnn_path: Path, tmp_path: Path, image: dict[str, np.ndarray]
) -> None:
    source: Any = SOURCES[kind](cnn_path)
    result = mc.convert(source, tmp_path / "out.onnx")
    assert result.source_format == "onnx"
    assert_close(run_onnxruntime(tmp_path / "out.onnx", image), run_onnxruntime(cnn_path, image))


def test_format_is_known_by_content_before_suffix(cnn_path: Path, tmp_path: Path) -> None:
    for suffix in (".pb", ".tflite", ".bin", ""):
        wrong = tmp_path / f"model{suffix}"
        wrong.write_bytes(cnn_path.read_bytes())
        assert mc.load(wrong).source_format == "onnx", suffix


def test_source_model_is_left_as_it_is(cnn_path: Path) -> None:
    model = mc.load(cnn_path)
    before = model.text()
    mc.convert(model, input_names=None)
    mc.simplify(model)
    assert model.text() == before


def test_names_can_be_given(mlp_path: Path, tmp_path: Path) -> None:
    mc.convert(mlp_path, tmp_path / "out.onnx", input_names=["features"], output_names=["classes"])
    written = onnx.load(tmp_path / "out.onnx")
    assert [value.name for value in written.graph.input] == ["features"]
    assert [value.name for value in written.graph.output] == ["classes"]
    x = onnx_models.random_array(2, 4)
    (renamed,) = run_onnxruntime(written, {"features": x}).values()
    (original,) = run_onnxruntime(mlp_path, {"x": x}).values()
    np.testing.assert_allclose(renamed, original, rtol=1e-5)


def test_graph_can_be_cut(mlp_path: Path, tmp_path: Path) -> None:
    mc.convert(mlp_path, tmp_path / "out.onnx", inputs=["r"], outputs=["logits"])
    written = onnx.load(tmp_path / "out.onnx")
    assert [value.name for value in written.graph.input] == ["r"]
    assert [value.name for value in written.graph.output] == ["logits"]
    r = onnx_models.random_array(2, 8)
    expected = r @ onnx_models.weight(onnx_models.mlp(), "w2") + onnx_models.weight(onnx_models.mlp(), "b2")
    np.testing.assert_allclose(run_onnxruntime(written, {"r": r})["logits"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({}, ("N", 4)),
        ({"input_shapes": {"x": (5, 4)}}, (5, 4)),
        ({"input_shapes": {"x": ("items", 4)}}, ("items", 4)),
        ({"dynamic_axes": {"x": {0: "batch"}}}, ("batch", 4)),
        ({"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}}, ("batch", 4)),
        ({"input_shapes": {"x": (5, 4)}, "dynamic_axes": {"x": {-2: "batch"}}}, ("batch", 4)),
    ],
)
def test_input_shapes(mlp_path: Path, arguments: dict[str, Any], shape: tuple[int | str, ...]) -> None:
    model = mc.convert(mlp_path, **arguments).model
    assert model.inputs == [mc.TensorSpec("x", "float32", shape)]
    assert model.outputs == [mc.TensorSpec("y", "float32", (shape[0], 3))]


@pytest.mark.parametrize("unknown", [-1, None])
def test_unnamed_dynamic_dimension(mlp_path: Path, tmp_path: Path, unknown: int | None) -> None:
    fixed = mc.convert(mlp_path, tmp_path / "fixed.onnx", input_shapes={"x": (2, 4)})
    assert fixed.model.inputs[0].shape == (2, 4)
    mc.convert(tmp_path / "fixed.onnx", tmp_path / "free.onnx", input_shapes={"x": (unknown, 4)})
    for rows in (1, 7):
        y = run_onnxruntime(tmp_path / "free.onnx", {"x": onnx_models.random_array(rows, 4)})["y"]
        assert y.shape == (rows, 3)


def test_opset_stays_the_source_s_own(tmp_path: Path) -> None:
    for opset in (13, 17):
        model = onnx_models.make_model(
            [onnx.helper.make_node("Relu", ["x"], ["y"])],
            [onnx_models.tensor_info("x", [2])],
            [onnx_models.tensor_info("y", [2])],
            opset=opset,
        )
        mc.convert(model, tmp_path / "out.onnx")
        assert written_opset(tmp_path / "out.onnx") == opset


@pytest.mark.parametrize("opset", [11, 13, 18, 21])
def test_opset_can_be_chosen(cnn_path: Path, tmp_path: Path, opset: int, image: dict[str, np.ndarray]) -> None:
    mc.convert(cnn_path, tmp_path / "out.onnx", opset=opset)
    assert written_opset(tmp_path / "out.onnx") == opset
    onnx.checker.check_model(tmp_path / "out.onnx", full_check=True)
    assert_close(run_onnxruntime(tmp_path / "out.onnx", image), run_onnxruntime(cnn_path, image))


def written_opset(path: Path) -> int:
    return next(entry.version for entry in onnx.load(path).opset_import if not entry.domain)


def test_external_data(cnn_path: Path, tmp_path: Path, image: dict[str, np.ndarray]) -> None:
    target = tmp_path / "folder" / "out.onnx"
    target.parent.mkdir()
    mc.convert(cnn_path, target, external_data=True, simplify=False)
    assert len(list(target.parent.iterdir())) == 2
    onnx.checker.check_model(target, full_check=True)
    expected = run_onnxruntime(cnn_path, image)
    assert_close(run_onnxruntime(target, image), expected)
    assert_close(mc.load(target).run(image), expected)  # and it is read again


def test_target_may_be_the_source(cnn_path: Path, image: dict[str, np.ndarray]) -> None:
    expected = run_onnxruntime(cnn_path, image)
    mc.convert(cnn_path, cnn_path)
    assert_close(run_onnxruntime(cnn_path, image), expected)


def test_converting_twice_writes_the_same_bytes(cnn_path: Path, tmp_path: Path) -> None:
    for name in ("one.onnx", "two.onnx"):
        mc.convert(cnn_path, tmp_path / name)
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def test_verify_compares_with_the_source(cnn_path: Path, tmp_path: Path) -> None:
    result = mc.convert(cnn_path, tmp_path / "out.onnx", verify={"samples": 2, "seed": 5})
    assert result.verification is not None
    assert result.verification.passed
    assert result.verification.reference == "onnxruntime"
    assert result.verification.samples == 2
    assert "verify" in result.report.seconds


def test_verify_works_with_renamed_inputs_and_outputs(mlp_path: Path, tmp_path: Path) -> None:
    result = mc.convert(mlp_path, tmp_path / "out.onnx", input_names=["a"], output_names=["b"], verify=True)
    assert result.verification is not None
    assert [output.name for output in result.verification.outputs] == ["b"]


def test_verify_works_with_a_cut_graph(mlp_path: Path, tmp_path: Path) -> None:
    result = mc.convert(mlp_path, tmp_path / "out.onnx", inputs=["r"], outputs=["logits"], verify=True)
    assert result.verification is not None
    assert result.verification.passed


def test_progress_is_told(cnn_path: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    mc.convert(cnn_path, tmp_path / "out.onnx", progress=lambda *step: told.append(step))
    assert told
    assert all(0 <= done <= total or total == 0 for _, done, total in told)


def test_an_error_in_the_progress_callback_reaches_the_caller(cnn_path: Path, tmp_path: Path) -> None:
    def fail(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mc.convert(cnn_path, tmp_path / "out.onnx", progress=fail)
    assert list(tmp_path.iterdir()) == [cnn_path]


def test_subgraphs_survive(tmp_path: Path) -> None:
    mc.convert(onnx_models.choice(), tmp_path / "out.onnx")
    onnx.checker.check_model(tmp_path / "out.onnx", full_check=True)
    x = np.array([1, 2, 3], np.float32)
    for flag, expected in ((True, x + 1), (False, x - 1)):
        inputs = {"x": x, "flag": np.array(flag)}
        np.testing.assert_array_equal(run_onnxruntime(tmp_path / "out.onnx", inputs)["y"], expected)
        np.testing.assert_array_equal(mc.load(tmp_path / "out.onnx").run(inputs)["y"], expected)


def test_formats_are_data() -> None:
    rows = {row.name: row for row in mc.formats()}
    assert rows["onnx"].reads
    assert rows["onnx"].writes
    assert rows["onnx"].suffixes == (".onnx",)
    assert rows["tensorflow"].reads
    assert rows["saved_model"].reads
