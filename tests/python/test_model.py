"""mc.Model: what it tells of itself, running, weights, cutting, writing."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support import onnx_models
from support.reference import assert_close, run_onnxruntime


def test_inputs_and_outputs(cnn_path: Path) -> None:
    model = mc.load(cnn_path)
    assert model.inputs == [mc.TensorSpec("image", "float32", ("N", 3, 16, 16))]
    assert model.outputs == [mc.TensorSpec("scores", "float32", ("N", 5))]
    assert model.source_format == "onnx"


@pytest.mark.parametrize(("dims", "shape"), [([], ()), ([None, 3], (None, 3)), (["a", "b"], ("a", "b")), (None, None)])
def test_shapes(dims: list[int | str | None] | None, shape: tuple[int | str | None, ...] | None) -> None:
    model = onnx_models.make_model(
        [helper.make_node("Relu", ["x"], ["y"])],
        [onnx_models.tensor_info("x", dims)],
        [onnx_models.tensor_info("y", dims)],
        check=False,  # the checker wants every shape
    )
    assert mc.load(model).inputs[0].shape == shape


@pytest.mark.parametrize(
    ("onnx_dtype", "name"),
    [
        (TensorProto.FLOAT, "float32"),
        (TensorProto.DOUBLE, "float64"),
        (TensorProto.FLOAT16, "float16"),
        (TensorProto.BFLOAT16, "bfloat16"),
        (TensorProto.INT8, "int8"),
        (TensorProto.UINT8, "uint8"),
        (TensorProto.INT32, "int32"),
        (TensorProto.INT64, "int64"),
        (TensorProto.BOOL, "bool"),
        (TensorProto.STRING, "string"),
    ],
)
def test_dtypes(onnx_dtype: int, name: str) -> None:
    model = onnx_models.make_model(
        [helper.make_node("Identity", ["x"], ["y"])],
        [onnx_models.tensor_info("x", [1], onnx_dtype)],
        [onnx_models.tensor_info("y", [1], onnx_dtype)],
    )
    assert mc.load(model).inputs[0].dtype == name


def test_run(cnn_path: Path, image: dict[str, np.ndarray]) -> None:
    assert_close(mc.load(cnn_path).run(image), run_onnxruntime(cnn_path, image))


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_change_the_result(cnn_path: Path, image: dict[str, np.ndarray], threads: int) -> None:
    assert_close(mc.load(cnn_path).run(image, threads=threads), run_onnxruntime(cnn_path, image))


def test_run_takes_arrays_of_any_layout_in_memory(cnn_path: Path, image: dict[str, np.ndarray]) -> None:
    model, x = mc.load(cnn_path), image["image"]
    expected = model.run(image)["scores"]
    for view in (np.asfortranarray(x), np.flip(np.flip(x, 3).copy(), 3), x.astype(x.dtype.newbyteorder(">"))):
        np.testing.assert_array_equal(model.run({"image": view})["scores"], expected)


def test_outputs_are_the_caller_s_own(mlp_path: Path) -> None:
    model, x = mc.load(mlp_path), {"x": onnx_models.random_array(2, 4)}
    first = model.run(x)["y"]
    kept = first.copy()
    model.run({"x": x["x"] + 1})
    np.testing.assert_array_equal(first, kept)


def test_an_output_that_is_an_input_or_a_weight() -> None:
    model = mc.load(
        onnx_models.make_model(
            [helper.make_node("Identity", ["x"], ["y"]), helper.make_node("Identity", ["w"], ["z"])],
            [onnx_models.tensor_info("x", [2])],
            [onnx_models.tensor_info("y", [2]), onnx_models.tensor_info("z", [2])],
            {"w": np.array([3, 4], np.float32)},
        )
    )
    x = np.array([1, 2], np.float32)
    outputs = model.run({"x": x})
    x[:] = 0  # the caller's array is the caller's again
    np.testing.assert_array_equal(outputs["y"], [1, 2])
    np.testing.assert_array_equal(outputs["z"], [3, 4])


def test_strings_run() -> None:
    model = mc.load(
        onnx_models.make_model(
            [helper.make_node("Concat", ["x", "w"], ["y"], axis=0)],
            [onnx_models.tensor_info("x", [2], TensorProto.STRING)],
            [onnx_models.tensor_info("y", [3], TensorProto.STRING)],
            {"w": np.array(["grün"], object)},
        )
    )
    assert list(model.run({"x": np.array(["rot", ""], object)})["y"]) == ["rot", "", "grün"]


def test_sequences_run_as_lists() -> None:
    model = mc.load(
        onnx_models.make_model(
            [helper.make_node("ConcatFromSequence", ["parts"], ["y"], axis=0)],
            [helper.make_tensor_sequence_value_info("parts", TensorProto.FLOAT, ["part"])],
            [onnx_models.tensor_info("y", ["n"])],
        )
    )
    assert model.inputs[0].dtype.startswith("seq(float32")
    parts = [np.array([1], np.float32), np.array([2, 3], np.float32)]
    np.testing.assert_array_equal(model.run({"parts": parts})["y"], [1, 2, 3])


@pytest.mark.parametrize(
    ("inputs", "mentioned"),
    [
        ({}, "x"),
        ({"x": np.zeros((2, 5), np.float32)}, "x"),
        ({"x": np.zeros((2, 4, 1), np.float32)}, "x"),
        ({"x": np.zeros((2, 4), np.float64)}, "float64"),
        ({"x": np.zeros((2, 4), np.float32), "extra": np.zeros(1)}, "extra"),
    ],
)
def test_inputs_that_do_not_fit_are_named(mlp_path: Path, inputs: dict[str, np.ndarray], mentioned: str) -> None:
    with pytest.raises(mc.ShapeError, match=mentioned):
        mc.load(mlp_path).run(inputs)


def test_op_counts(cnn_path: Path) -> None:
    model = mc.load(cnn_path)
    assert model.op_counts() == {
        "Conv": 2,
        "BatchNormalization": 1,
        "Relu": 1,
        "GlobalAveragePool": 1,
        "Flatten": 1,
    }
    assert model.node_count == 6


def test_op_counts_include_subgraphs() -> None:
    assert mc.load(onnx_models.choice()).op_counts() == {"If": 1, "Add": 1, "Sub": 1}


def test_weights_are_read_only(cnn_path: Path) -> None:
    model = mc.load(cnn_path)
    source = onnx_models.cnn()
    assert set(model.weights) == {tensor.name for tensor in source.graph.initializer}
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, onnx_models.weight(source, name))
        assert not array.flags.writeable


def test_weights_beside_the_model_are_views(tmp_path: Path) -> None:
    """Two looks show the same memory."""
    large = onnx_models.make_model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [onnx_models.tensor_info("x", ["N", 128])],
        [onnx_models.tensor_info("y", ["N", 128])],
        {"w": onnx_models.random_array(128, 128)},
    )
    mc.convert(large, tmp_path / "out.onnx", external_data=True)
    assert len(list(tmp_path.iterdir())) == 2
    model = mc.load(tmp_path / "out.onnx")
    assert np.shares_memory(model.weights["w"], model.weights["w"])


def test_weights_inside_the_model_are_views(cnn_path: Path) -> None:
    """Inside a message tensors begin at any byte: NumPy shows those too."""
    model = mc.load(cnn_path)
    assert all(np.shares_memory(array, model.weights[name]) for name, array in model.weights.items())


def test_weights_outlive_their_model(cnn_path: Path) -> None:
    weights = dict(mc.load(cnn_path).weights)
    np.testing.assert_array_equal(weights["k1"], onnx_models.weight(onnx_models.cnn(), "k1"))


def test_weights_of_bytes_outlive_the_bytes(cnn_path: Path) -> None:
    model = mc.load(cnn_path.read_bytes())
    np.testing.assert_array_equal(model.weights["k1"], onnx_models.weight(onnx_models.cnn(), "k1"))


def test_extract(mlp_path: Path) -> None:
    model = mc.load(mlp_path)
    part = model.extract(["r"], ["logits"])
    assert [spec.name for spec in part.inputs] == ["r"]
    assert [spec.name for spec in part.outputs] == ["logits"]
    assert part.op_counts() == {"Gemm": 1}
    assert set(part.weights) == {"w2", "b2"}
    assert model.op_counts()["Gemm"] == 2  # the whole is as it was
    whole = onnx_models.mlp()
    r = onnx_models.random_array(2, 8)
    expected = r @ onnx_models.weight(whole, "w2") + onnx_models.weight(whole, "b2")
    np.testing.assert_allclose(part.run({"r": r})["logits"], expected, rtol=1e-5, atol=1e-6)


def test_extract_keeps_what_is_not_named(mlp_path: Path) -> None:
    model = mc.load(mlp_path)
    assert model.extract(outputs=["h"]).inputs == model.inputs
    assert model.extract(["h"]).outputs == model.outputs
    assert model.extract().op_counts() == model.op_counts()


@pytest.mark.parametrize(
    ("inputs", "outputs", "mentioned"),
    [
        (["nothing"], [], "nothing"),
        ([], ["logitz"], "did you mean 'logits'"),
        (["logits"], ["h"], "'x'"),  # h is before logits and needs x
    ],
)
def test_extract_refuses(mlp_path: Path, inputs: list[str], outputs: list[str], mentioned: str) -> None:
    with pytest.raises(mc.ModelConvError, match=mentioned):
        mc.load(mlp_path).extract(inputs, outputs)


def test_save_and_load(cnn_path: Path, tmp_path: Path, image: dict[str, np.ndarray]) -> None:
    mc.load(cnn_path).save(tmp_path / "out.onnx")
    onnx.checker.check_model(tmp_path / "out.onnx", full_check=True)
    again = mc.load(tmp_path / "out.onnx")
    assert again.inputs == mc.load(cnn_path).inputs
    assert_close(again.run(image), run_onnxruntime(cnn_path, image))


def test_to_onnx(cnn_path: Path, image: dict[str, np.ndarray]) -> None:
    message = mc.load(cnn_path).to_onnx()
    assert isinstance(message, onnx.ModelProto)
    onnx.checker.check_model(message, full_check=True)
    assert_close(run_onnxruntime(message, image), run_onnxruntime(cnn_path, image))
    assert mc.load(cnn_path).to_onnx(opset=13).opset_import[0].version == 13


def test_summary(cnn_path: Path) -> None:
    summary = mc.load(cnn_path).summary()
    for part in ("onnx", "image: float32[N, 3, 16, 16]", "scores: float32[N, 5]", "7 tensors", "Conv 2", "6: "):
        assert part in summary
    assert "image: float32[N, 3, 16, 16]" in repr(mc.load(cnn_path))


def test_node_and_value_names_stay(mlp_path: Path, tmp_path: Path) -> None:
    mc.convert(mlp_path, tmp_path / "out.onnx", simplify=False)
    written = onnx.load(tmp_path / "out.onnx")
    assert [(node.name, list(node.output)) for node in written.graph.node] == [
        (node.name, list(node.output)) for node in onnx_models.mlp().graph.node
    ]


def test_integers(tmp_path: Path) -> None:
    x = {"x": np.array([0, -1, 2**40, 2**62], np.int64)}
    model = onnx_models.integers()
    assert_close(mc.load(model).run(x), run_onnxruntime(model, x))
