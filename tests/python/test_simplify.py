"""simplify(): fewer nodes, same results, same names, nothing that the caller did not ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support import onnx_models
from support.reference import assert_close, run_onnxruntime

MODELS: dict[str, tuple[Any, dict[str, np.ndarray], dict[str, int]]] = {
    # name: (model, inputs, operators that remain)
    "redundant": (onnx_models.redundant, {"x": onnx_models.random_array(3, 4)}, {"Mul": 1}),
    "computed reshape": (onnx_models.computed_reshape, {"x": onnx_models.random_array(5, 2, 3)}, {"Reshape": 1}),
    "convolutions": (
        onnx_models.cnn,
        {"image": onnx_models.random_array(2, 3, 16, 16)},
        {"Conv": 2, "Relu": 1, "GlobalAveragePool": 1, "Flatten": 1},
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_remains(name: str, tmp_path: Path) -> None:
    build, inputs, remaining = MODELS[name]
    source, target = build(), tmp_path / "out.onnx"
    simplified = mc.simplify(source, target)
    assert simplified.op_counts() == remaining
    onnx.checker.check_model(target, full_check=True)
    expected = run_onnxruntime(source, inputs)
    assert_close(run_onnxruntime(target, inputs), expected)
    assert_close(simplified.run(inputs), expected)


@pytest.mark.parametrize("name", MODELS)
def test_interface_stays(name: str, tmp_path: Path) -> None:
    source = MODELS[name][0]()
    mc.simplify(source, tmp_path / "out.onnx")
    written = onnx.load(tmp_path / "out.onnx")
    assert list(written.graph.input) == list(source.graph.input)
    assert list(written.graph.output) == list(source.graph.output)


@pytest.mark.parametrize("name", MODELS)
def test_second_time_changes_nothing(name: str, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.onnx", tmp_path / "twice.onnx"
    mc.simplify(MODELS[name][0](), once)
    mc.simplify(once, twice)
    assert once.read_bytes() == twice.read_bytes()


def test_unused_weights_go(tmp_path: Path) -> None:
    mc.simplify(onnx_models.redundant(), tmp_path / "out.onnx")
    assert "unused" not in {tensor.name for tensor in onnx.load(tmp_path / "out.onnx").graph.initializer}


def test_model_argument_stays(cnn_path: Path) -> None:
    model = mc.load(cnn_path)
    before = model.text()
    assert mc.simplify(model).node_count < model.node_count
    assert model.text() == before


def test_dynamic_dimensions_stay_dynamic(tmp_path: Path) -> None:
    mc.simplify(onnx_models.computed_reshape(), tmp_path / "out.onnx")
    for rows in (1, 2, 9):
        x = onnx_models.random_array(rows, 2, 3)
        y = run_onnxruntime(tmp_path / "out.onnx", {"x": x})["y"]
        np.testing.assert_array_equal(y, x.reshape(rows, 6))


def test_fixed_shapes_fold_what_follows_from_them(tmp_path: Path) -> None:
    model = onnx_models.make_model(
        [
            helper.make_node("Shape", ["x"], ["s"]),
            helper.make_node("Cast", ["s"], ["f"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["x", "f"], ["y"]),
        ],
        [onnx_models.tensor_info("x", ["N", 2])],
        [onnx_models.tensor_info("y", ["N", 2])],
    )
    assert mc.simplify(model).op_counts()["Shape"] == 1
    fixed = mc.simplify(model, tmp_path / "out.onnx", input_shapes={"x": (3, 2)})
    assert fixed.op_counts() == {"Add": 1}
    y = run_onnxruntime(tmp_path / "out.onnx", {"x": np.zeros((3, 2), np.float32)})["y"]
    np.testing.assert_array_equal(y, [[3, 2]] * 3)


def test_fold_limit() -> None:
    """A large constant that a few bytes make: folding it would grow the file a thousand times."""
    model = onnx_models.make_model(
        [
            helper.make_node("Expand", ["row", "target"], ["table"]),
            helper.make_node("Exp", ["table"], ["numbers"]),
            helper.make_node("Add", ["x", "numbers"], ["y"]),
        ],
        [onnx_models.tensor_info("x", [512, 1024])],
        [onnx_models.tensor_info("y", [512, 1024])],
        {"row": onnx_models.random_array(1, 1024), "target": np.array([512, 1024], np.int64)},
    )
    kept = mc.simplify(model)
    assert sum(array.nbytes for array in kept.weights.values()) < 100_000
    folded = mc.simplify(model, fold_limit=512 * 1024 * 4)
    assert folded.op_counts() == {"Add": 1}
    x = {"x": onnx_models.random_array(512, 1024, seed=3)}
    expected = run_onnxruntime(model, x)
    assert_close(kept.run(x), expected)
    assert_close(folded.run(x), expected)


def test_rules_can_be_skipped(cnn_path: Path) -> None:
    report = mc.convert(cnn_path).report
    rule = next(name for name in report.rewrites if "batchnorm" in name.lower() or "affine" in name.lower())
    assert "BatchNormalization" in mc.simplify(cnn_path, skip=[rule]).op_counts()


def test_check_compares_with_the_source(cnn_path: Path, tmp_path: Path) -> None:
    mc.simplify(cnn_path, tmp_path / "out.onnx", check=3)
    assert (tmp_path / "out.onnx").exists()


def test_mul_by_zero_keeps_nan() -> None:
    model = onnx_models.make_model(
        [helper.make_node("Mul", ["x", "zero"], ["y"])],
        [onnx_models.tensor_info("x", [3])],
        [onnx_models.tensor_info("y", [3])],
        {"zero": np.array(0, np.float32)},
    )
    y = mc.simplify(model).run({"x": np.array([1, np.nan, np.inf], np.float32)})["y"]
    np.testing.assert_array_equal(y, [0, np.nan, np.nan])


def test_outputs_that_are_inputs_or_constants_keep_their_names(tmp_path: Path) -> None:
    model = onnx_models.make_model(
        [
            helper.make_node("Identity", ["x"], ["same"]),
            helper.make_node("Identity", ["x"], ["again"]),
            helper.make_node("Add", ["a", "a"], ["fixed"]),
        ],
        [onnx_models.tensor_info("x", [2])],
        [onnx_models.tensor_info(name, [2]) for name in ("same", "again", "fixed")],
        {"a": np.array([1, 2], np.float32)},
    )
    mc.simplify(model, tmp_path / "out.onnx")
    onnx.checker.check_model(tmp_path / "out.onnx", full_check=True)
    x = {"x": np.array([5, 6], np.float32)}
    assert_close(run_onnxruntime(tmp_path / "out.onnx", x), run_onnxruntime(model, x))
