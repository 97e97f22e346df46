"""Quantised models written to TFLite: LiteRT computes them in integers and agrees with this package's evaluator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.litert import operators_of, run_litert, tensor_types_of
from support.processes import skip_without
from support.reference import run_onnxruntime

skip_without("ai_edge_litert")


def cnn() -> onnx.ModelProto:
    """Convolutions with and without activations, a residual sum, pools, a concatenation, a dense layer, softmax."""
    random = np.random.default_rng(3)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        scale = np.sqrt(2 / np.prod(shape[1:]))
        return numpy_helper.from_array((random.standard_normal(shape) * scale).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], pads=[1, 1, 1, 1], group=8, name="depthwise"),
        helper.make_node("Add", ["c2", "r1"], ["s"]),
        helper.make_node("Relu", ["s"], ["r2"]),
        helper.make_node("MaxPool", ["r2"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("AveragePool", ["r2"], ["a"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Concat", ["m", "a"], ["j"], axis=1),
        helper.make_node("Flatten", ["j"], ["f"]),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["d"], transB=1, name="dense"),
        helper.make_node("Softmax", ["d"], ["y"], axis=1),
    ]
    initialisers = [weights("w1", 8, 3, 3, 3), weights("b1", 8), weights("w2", 8, 1, 3, 3)]
    initialisers += [weights("w3", 10, 256), weights("b3", 10)]
    graph = helper.make_graph(
        nodes,
        "cnn",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 10])],
        initialisers,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def images(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 3, 8, 8)).astype(np.float32)


def signal_to_noise(actual: np.ndarray, expected: np.ndarray) -> float:
    noise = np.sum((actual.astype(np.float64) - expected) ** 2)
    return float(10 * np.log10(np.sum(expected.astype(np.float64) ** 2) / max(noise, 1e-30)))


def test_every_operator_is_integer(tmp_path: Path) -> None:
    target = tmp_path / "model.tflite"
    data = images(64).transpose(0, 2, 3, 1)  # in the order that the converted model takes
    result = mc.convert(cnn(), target, input_layout="nhwc", quantize=mc.Int8(calibration=data))
    assert [spec.dtype for spec in (*result.model.inputs, *result.model.outputs)] == ["int8", "int8"]
    assert "float32" not in tensor_types_of(target)
    assert not {"DEQUANTIZE", "QUANTIZE", "TRANSPOSE"} & set(operators_of(target))


@pytest.mark.parametrize("io_type", ["float32", "int8", "uint8"])
def test_litert_agrees_with_the_evaluator(io_type: str, tmp_path: Path) -> None:
    """In front of the softmax, which multiplies steps: within one step, by each of LiteRT's sets of kernels."""
    target = tmp_path / "model.tflite"
    how = mc.Int8(calibration=images(64), io_type=io_type)
    result = mc.convert(cnn(), target, outputs=["d"], quantize=how)
    x = images(64, seed=1)
    if io_type != "float32":
        low = -128 if io_type == "int8" else 0
        x = np.clip(np.rint(x * 32) + (0 if io_type == "int8" else 128), low, low + 255).astype(io_type)
    expected = result.model.run({"x": x})["d"].astype(np.float64)
    step = result.report.quantization.layers[-1].scale if io_type == "float32" else 1
    for reference in (False, True):
        actual = run_litert(target, {"x": x}, reference=reference)["d"].astype(np.float64)
        assert np.mean(np.abs(actual - expected) <= 1.01 * step) > 0.99
        assert np.abs(actual - expected).max() <= 2.01 * step


@pytest.mark.parametrize(
    ("settings", "least"),
    [({}, 28), ({"per_channel": False}, 24), ({"observer": "percentile"}, 26), ({"activations": "int16"}, 34)],
)
def test_noise(settings: dict[str, Any], least: float, tmp_path: Path) -> None:
    target = tmp_path / "model.tflite"
    how = mc.Int8(calibration=images(64), io_type="float32", **settings)
    result = mc.convert(cnn(), target, quantize=how)
    x = images(64, seed=1)
    expected = run_onnxruntime(cnn(), {"x": x})["y"]
    assert signal_to_noise(run_litert(target, {"x": x})["y"], expected) > least
    assert signal_to_noise(result.model.run({"x": x})["y"], expected) > least


def test_named_layers_stay_in_floating_point(tmp_path: Path) -> None:
    target = tmp_path / "model.tflite"
    how = mc.Int8(calibration=images(64), io_type="float32", keep_float=["dense", "y"])
    result = mc.convert(cnn(), target, quantize=how)
    assert "d" not in {layer.name for layer in result.report.quantization.layers}
    x = images(8, seed=1)
    expected = result.model.run({"x": x})["y"]
    assert np.abs(run_litert(target, {"x": x})["y"] - expected).max() < 0.02
    with pytest.raises(mc.ModelConvError, match="did you mean 'dense'"):
        mc.convert(cnn(), quantize=mc.Int8(calibration=images(4), keep_float=["dens"]))


@pytest.mark.parametrize("mode", ["float16", "dynamic"])
def test_weights_alone(mode: str, tmp_path: Path) -> None:
    mc.convert(cnn(), tmp_path / "float.tflite")
    target = tmp_path / "model.tflite"
    report = mc.convert(cnn(), target, quantize=mode).report
    assert report.quantization.weights == 1  # the small kernels are not worth it
    assert target.stat().st_size < (tmp_path / "float.tflite").stat().st_size
    x = images(8, seed=1)
    expected = run_onnxruntime(cnn(), {"x": x})["y"]
    assert signal_to_noise(run_litert(target, {"x": x})["y"], expected) > (55 if mode == "float16" else 30)


def test_quantized_onnx_is_carried_over_without_calibration(tmp_path: Path) -> None:
    """ONNX with QuantizeLinear and DequantizeLinear keeps every scale and zero point."""
    how = mc.Int8(calibration=images(64), io_type="float32")
    mc.convert(cnn(), tmp_path / "model.onnx", opset=21, quantize=how)
    mc.convert(tmp_path / "model.onnx", tmp_path / "model.tflite")
    mc.convert(cnn(), tmp_path / "direct.tflite", quantize=how)
    assert operators_of(tmp_path / "model.tflite") == operators_of(tmp_path / "direct.tflite")
    x = images(8, seed=1)
    through, direct = (run_litert(tmp_path / name, {"x": x})["y"] for name in ("model.tflite", "direct.tflite"))
    assert np.array_equal(through, direct)


def quantization_parameters(path: Path) -> set[tuple[Any, Any]]:
    """Scales and zero points of all QuantizeLinear and DequantizeLinear nodes, as stored."""
    model = onnx.load(path)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found = set()
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            scale = constants[node.input[1]]
            zero = constants[node.input[2]] if len(node.input) > 2 and node.input[2] else np.zeros(scale.shape)
            found.add((tuple(scale.ravel().tolist()), tuple(int(value) for value in zero.ravel())))
    return found


def test_there_and_back_again_keeps_every_scale_and_zero_point(tmp_path: Path) -> None:
    first, file, second = (tmp_path / name for name in ("first.onnx", "model.tflite", "second.onnx"))
    mc.convert(cnn(), first, opset=21, quantize=mc.Int8(calibration=images(64), io_type="float32"))
    mc.convert(first, file)
    mc.convert(file, second, opset=21)
    assert quantization_parameters(first) <= quantization_parameters(second)
    x = images(8, seed=1)
    assert np.array_equal(mc.load(first).run({"x": x})["y"], mc.load(second).run({"x": x})["y"])


@pytest.mark.parametrize("activations", ["QUInt8", "QInt8"])
def test_models_that_onnx_runtime_quantized(activations: str, tmp_path: Path) -> None:
    """Its default is uint8 activations: the same steps as int8, each number 128 higher."""
    from onnxruntime import quantization

    class Samples(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._rest = iter({"x": image[None]} for image in images(32))

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._rest, None)

    mc.convert(cnn(), tmp_path / "float.onnx", outputs=["d"])
    quantization.quantize_static(
        tmp_path / "float.onnx",
        tmp_path / "model.onnx",
        Samples(),
        activation_type=quantization.QuantType[activations],
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
    )
    target = tmp_path / "model.tflite"
    mc.convert(tmp_path / "model.onnx", target, input_layout="nhwc")
    assert operators_of(target).count("DEQUANTIZE") == 1  # of the output
    x = images(16, seed=1)
    expected = run_onnxruntime(tmp_path / "model.onnx", {"x": x})["d"]
    actual = run_litert(target, {"x": x.transpose(0, 2, 3, 1).copy()})["d"]
    step = np.diff(np.unique(expected)).min()
    assert np.mean(np.abs(actual - expected) <= 1.01 * step) > 0.99


def test_onnx_runtime_runs_the_quantized_model(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    result = mc.convert(cnn(), target, outputs=["d"], quantize=mc.Int8(calibration=images(64), io_type="float32"))
    onnx.checker.check_model(target, full_check=True)
    x = images(64, seed=1)
    step = result.report.quantization.layers[-1].scale
    actual, expected = run_onnxruntime(target, {"x": x})["d"], result.model.run({"x": x})["d"]
    assert np.mean(np.abs(actual - expected) <= 1.01 * step) > 0.99


CALIBRATIONS: dict[str, Callable[[Path], Any]] = {
    "array": lambda _: images(8),
    "mapping": lambda _: {"x": images(8)},
    "list of samples": lambda _: list(images(8)),
    "list of batches": lambda _: [{"x": batch} for batch in np.split(images(8), 2)],
    "generator": lambda _: (image for image in images(8)),
    "function": lambda _: lambda: iter(images(8)),
    "npz": lambda folder: np.savez(folder / "data.npz", x=images(8)) or folder / "data.npz",
    "npy": lambda folder: np.save(folder / "data.npy", images(8)) or folder / "data.npy",
}


@pytest.mark.parametrize("form", CALIBRATIONS)
def test_forms_of_calibration_data(form: str, tmp_path: Path) -> None:
    expected = mc.convert(cnn(), quantize=mc.Int8(calibration=images(8))).report.quantization.layers
    given = CALIBRATIONS[form](tmp_path)
    assert mc.convert(cnn(), quantize=mc.Int8(calibration=given)).report.quantization.layers == expected


def test_a_folder_of_images(tmp_path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    for index, picture in enumerate(pixels):
        Image.fromarray(picture).save(tmp_path / f"{index}.png")
    how = mc.Int8(calibration=tmp_path, mean=127.5, std=127.5)
    arrays = ((pixels - 127.5) / 127.5).transpose(0, 3, 1, 2).astype(np.float32)
    expected = mc.convert(cnn(), quantize=mc.Int8(calibration=arrays)).report.quantization.layers
    assert mc.convert(cnn(), quantize=how).report.quantization.layers == expected


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (mc.Int8(), "needs calibration data"),
        (mc.Int8(calibration=[]), "calibration data is empty"),
        (mc.Int8(calibration={"z": images(2), "w": images(2)}), "has no input 'x'"),
        (mc.Int8(calibration=images(2), observer="median"), "no observer 'median'"),
        (mc.Int8(calibration=images(2), io_type="int4"), "is 'int4', not one of"),
        (mc.Int8(calibration=images(2), activations="int4"), "neither 'int8' nor 'int16'"),
        ("int7", "is not one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(how: Any, message: str) -> None:
    with pytest.raises(mc.ModelConvError, match=message):
        mc.convert(cnn(), quantize=how)


def test_the_report_names_the_worst_layers() -> None:
    report = mc.convert(cnn(), quantize=mc.Int8(calibration=images(16))).report.quantization
    assert report.outputs["y"] > 20
    worst = report.culprits(3)
    assert [layer.sqnr_db for layer in worst] == sorted(layer.sqnr_db for layer in report.layers)[:3]
    assert worst[0].name in report.to_text()


def head_model(*more: onnx.NodeProto, outputs: dict[str, int]) -> onnx.ModelProto:
    """A dense layer over the last of three axes, with a bias behind it, and what else is asked for."""
    random = np.random.default_rng(3)
    constants = {"w": random.standard_normal((8, 5)) / 3, "b": random.standard_normal(5), "c": np.array(2.5)}
    initialisers = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()]
    initialisers.append(numpy_helper.from_array(np.ones(5, np.float32), "ones"))
    nodes = [helper.make_node("MatMul", ["x", "w"], ["p"], name="product"), helper.make_node("Add", ["p", "b"], ["s"])]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 6, 8])
    infos = [helper.make_tensor_value_info(name, dtype, None) for name, dtype in outputs.items()]
    graph = helper.make_graph([*nodes, *more], "head", [x], infos, initialisers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_what_has_other_operators_that_are_integer(tmp_path: Path) -> None:
    """HardSigmoid, a quotient, a bias behind a product, a logarithm of Softmax, the place of the largest."""
    model = head_model(
        helper.make_node("HardSigmoid", ["s"], ["h"], alpha=1 / 6),
        helper.make_node("Div", ["h", "c"], ["d"]),
        helper.make_node("LogSoftmax", ["s"], ["l"], axis=-1),
        helper.make_node("ArgMax", ["s"], ["a"], axis=-1),
        outputs={"d": TensorProto.FLOAT, "l": TensorProto.FLOAT, "a": TensorProto.INT64},
    )
    data = np.random.default_rng(0).standard_normal((64, 6, 8)).astype(np.float32)
    how = mc.Int8(calibration=data, io_type="float32")
    result = mc.convert(model, tmp_path / "model.tflite", quantize=how)
    assert result.report.quantization.floats == []
    written = operators_of(tmp_path / "model.tflite")
    assert (written.count("QUANTIZE"), written.count("DEQUANTIZE")) == (1, 2)
    assert {"FULLY_CONNECTED", "LOG_SOFTMAX", "ARG_MAX"} <= set(written)
    expected = run_onnxruntime(model, {"x": data[:1]})
    actual = run_litert(tmp_path / "model.tflite", {"x": data[:1]})
    assert signal_to_noise(actual["d"], expected["d"]) > 30
    assert signal_to_noise(actual["l"], expected["l"]) > 30
    assert np.mean(actual["a"] == expected["a"]) > 0.8  # ties among 8 bits


def test_the_report_says_what_stays_in_floating_point_and_why(tmp_path: Path) -> None:
    model = head_model(
        helper.make_node("LayerNormalization", ["s", "ones"], ["n"]),
        helper.make_node("Sigmoid", ["n"], ["y"], name="last"),
        outputs={"y": TensorProto.FLOAT},
    )
    data = np.random.default_rng(0).standard_normal((8, 6, 8)).astype(np.float32)
    how = mc.Int8(calibration=data, io_type="float32", keep_float=["last"])
    report = mc.convert(model, tmp_path / "model.tflite", quantize=how).report.quantization
    assert [(each.op, each.reason) for each in report.floats] == [
        ("LayerNormalization", "it has no integer kernel"),
        ("Sigmoid", "keep_float names it"),
    ]
    assert "in floating point: LayerNormalization (1): it has no integer kernel" in report.to_text()


@pytest.mark.parametrize("activations", ["int8", "int16"])
def test_a_product_without_bias(activations: str, tmp_path: Path) -> None:
    """LiteRT's 16-bit kernel reads a bias whether there is one or not."""
    random = np.random.default_rng(3)
    w = numpy_helper.from_array(random.standard_normal((8, 5)).astype(np.float32), "w")
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 6, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6, 5])
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "product", [x], [y], [w])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    data = random.standard_normal((8, 6, 8)).astype(np.float32)
    how = mc.Int8(calibration=data, io_type="float32", activations=activations)
    mc.convert(model, tmp_path / "model.tflite", quantize=how)
    actual = run_litert(tmp_path / "model.tflite", {"x": data[:1]})["y"]
    assert signal_to_noise(actual, run_onnxruntime(model, {"x": data[:1]})["y"]) > 35
