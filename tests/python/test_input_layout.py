"""input_layout: the order of axes in which a model takes its images."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.reference import assert_close, run_onnxruntime


def two_inputs() -> onnx.ModelProto:
    """An image [N, 3, 8, 8] through a convolution, plus a vector [N, 4] that is none."""
    weights = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "w"], ["c"]),
            helper.make_node("GlobalAveragePool", ["c"], ["p"]),
            helper.make_node("Flatten", ["p"], ["f"]),
            helper.make_node("Add", ["f", "vector"], ["y"]),
        ],
        "two_inputs",
        [
            helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 8, 8]),
            helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["N", 4]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4])],
        [numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.fixture
def feed() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        "image": random.standard_normal((2, 3, 8, 8)).astype(np.float32),
        "vector": random.standard_normal((2, 4)).astype(np.float32),
    }


@pytest.mark.parametrize("layout", ["nhwc", "NHWC", {"image": "nhwc"}])
def test_images_are_taken_channels_last(
    layout: str | dict[str, str], tmp_path: Path, feed: dict[str, np.ndarray]
) -> None:
    target = tmp_path / "out.onnx"
    result = mc.convert(two_inputs(), target, input_layout=layout)
    assert [(spec.name, spec.shape) for spec in result.model.inputs] == [
        ("image", ("N", 8, 8, 3)),
        ("vector", ("N", 4)),
    ]
    turned = {**feed, "image": np.ascontiguousarray(feed["image"].transpose(0, 2, 3, 1))}
    expected = run_onnxruntime(two_inputs(), feed)
    assert_close(run_onnxruntime(target, turned), expected)
    assert_close(result.model.run(turned), expected)


def test_the_layout_that_is_there_changes_nothing() -> None:
    model = mc.convert(two_inputs(), input_layout="nchw").model
    assert "Transpose" not in model.op_counts()
    assert model.inputs[0].shape == ("N", 3, 8, 8)


def test_verification_feeds_the_source_in_its_own_order(tmp_path: Path) -> None:
    result = mc.convert(two_inputs(), tmp_path / "out.onnx", input_layout="nhwc", verify={"sizes": {"N": 2}})
    assert result.verification


def test_there_and_back_again(tmp_path: Path) -> None:
    mc.convert(two_inputs(), tmp_path / "last.onnx", input_layout="nhwc")
    model = mc.convert(tmp_path / "last.onnx", input_layout="nchw").model
    assert "Transpose" not in model.op_counts()
    assert model.inputs[0].shape == ("N", 3, 8, 8)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("hwc", "neither 'nchw' nor 'nhwc'"),
        ({"vector": "nhwc"}, "input 'vector' has no layout"),
        ({"imag": "nhwc"}, "did you mean 'image'"),
    ],
)
def test_what_cannot_be_meant_is_refused(layout: str | dict[str, str], message: str) -> None:
    with pytest.raises(mc.ModelConvError, match=message):
        mc.load(two_inputs(), input_layout=layout)


def test_verifying_what_was_put_together(tmp_path: Path) -> None:
    """With `weights=` the reference is the model as it was read, whose images are in the asked order already."""
    weights = {"w": np.random.default_rng(2).standard_normal((4, 3, 3, 3)).astype(np.float32)}
    result = mc.convert(two_inputs(), tmp_path / "out.onnx", weights=weights, input_layout="nhwc", verify=True)
    assert result.verification
