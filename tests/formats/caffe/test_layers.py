"""Each layer type with several settings against NumPy formulas, as read, simplified, and in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support import caffe_formulas as f
from support import caffe_settings as settings
from support.caffe_case import IMAGE, Case
from support.caffe_layer_cases import CASES
from support.caffe_net import CaffeNet, settings_of
from support.caffe_pooling_cases import ROIS
from support.darknet_formulas import convolve
from support.reference import assert_tensor_close, run_onnxruntime

Array = np.ndarray
CLOSE = 1e-5


def check(
    net: CaffeNet, inputs: dict[str, Array], expected: dict[str, Array], folder: Path, tolerance: float = CLOSE
) -> None:
    """Three ways to the same numbers."""
    path = net.write(folder)
    model = mc.load(path)
    written = mc.convert(path, folder / "net.onnx").model
    for results in (model.run(inputs), written.run(inputs), run_onnxruntime(folder / "net.onnx", inputs)):
        assert sorted(results) == sorted(expected)
        for name, value in expected.items():
            assert_tensor_close(name, results[name], np.asarray(value, np.float32), tolerance)


def inputs_for(case: Case, random: np.random.Generator) -> dict[str, Array]:
    arrays = {}
    for i, shape in enumerate(case.shapes):
        values = random.uniform(case.low, case.high, shape)
        arrays[f"x{i}"] = (np.floor(np.abs(values)) if i in case.integers else values).astype(np.float32)
    return arrays


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{case.kind}" for i, case in enumerate(CASES)])
def test_layer(case: Case, tmp_path: Path) -> None:
    net = CaffeNet({f"x{i}": shape for i, shape in enumerate(case.shapes)}, seed=3)
    blobs = [net.weights(*shape, positive=i in case.positive) for i, shape in enumerate(case.blobs)]
    inputs = inputs_for(case, net.random)
    results = case.formula(*(array.astype(np.float64) for array in (*inputs.values(), *blobs)))
    listed = results if isinstance(results, list) else [results]
    tops = [f"y{i}" for i in range(len(listed))]
    net.add(case.kind, list(inputs), case.settings, blobs, name="layer", tops=tops)
    check(net, inputs, dict(zip(tops, listed, strict=True)), tmp_path)


def pair(given: dict[str, list[str]], name: str, stem: str, fallback: int) -> tuple[int, int]:
    if f"{stem}_h" in given:
        return int(given[f"{stem}_h"][0]), int(given[f"{stem}_w"][0])
    values = [int(v) for v in given.get(name, [str(fallback)])]
    return values[0], values[-1]


def spread(x: Array, stride: tuple[int, int]) -> Array:
    """Zeros between the pixels."""
    out = np.zeros((*x.shape[:2], (x.shape[2] - 1) * stride[0] + 1, (x.shape[3] - 1) * stride[1] + 1))
    out[:, :, :: stride[0], :: stride[1]] = x
    return out


def rectangular(x: Array, w: Array, stride: tuple[int, int], pad: tuple[int, int], group: int, dilation: int) -> Array:
    """convolve() for kernels of any shape: the kernel in a square of zeros, the image padded at the far side."""
    side = max(w.shape[2:])
    square = np.zeros((*w.shape[:2], side, side))
    square[:, :, : w.shape[2], : w.shape[3]] = w
    extra = [(side - size) * dilation for size in w.shape[2:]]
    padded = np.pad(x, ((0, 0), (0, 0), (pad[0], pad[0] + extra[0]), (pad[1], pad[1] + extra[1])))
    return convolve(padded, square, stride, 0, group, dilation)


@pytest.mark.parametrize("text", settings.CONVOLUTIONS)
@pytest.mark.parametrize("kind", ["Convolution", "DepthwiseConvolution", "Deconvolution"])
def test_convolution(kind: str, text: str, tmp_path: Path) -> None:
    given = settings_of(text)
    outputs, group = int(given["num_output"][0]), int(given.get("group", ["1"])[0])
    kernel, stride = pair(given, "kernel_size", "kernel", 1), pair(given, "stride", "stride", 1)
    pad, dilation = pair(given, "pad", "pad", 0), int(given.get("dilation", ["1"])[0])
    net = CaffeNet({"x": IMAGE}, seed=5)
    transposed = kind == "Deconvolution"
    shape = (4, outputs // group, *kernel) if transposed else (outputs, 4 // group, *kernel)
    w, bias = net.weights(*shape), net.weights(outputs)
    has_bias = "bias_term" not in given
    x = net.random.standard_normal(IMAGE).astype(np.float32)
    if transposed:
        # The gradient of a convolution: pixels spread out, kernels turned round, all borders padded.
        parts = np.split(w, group, 0)
        turned = np.concatenate([p.swapaxes(0, 1)[:, :, ::-1, ::-1] for p in parts], 0)
        grown = [dilation * (size - 1) for size in kernel]
        wide = spread(x, stride)
        border = ((0, 0), (0, 0), (grown[0], grown[0]), (grown[1], grown[1]))
        y = rectangular(np.pad(wide, border), turned, (1, 1), (0, 0), group, dilation)
        y = y[:, :, pad[0] : y.shape[2] - pad[0], pad[1] : y.shape[3] - pad[1]]
    else:
        y = rectangular(x, w, stride, pad, group, dilation)
    blobs = [w, bias] if has_bias else [w]
    net.add(kind, "x", f"convolution_param {{ {text} }}", blobs, name="y")
    check(net, {"x": x}, {"y": y + (bias.reshape(-1, 1, 1) if has_bias else 0)}, tmp_path)


@pytest.mark.parametrize("text", settings.DEPTHWISE)
def test_depthwise_of_forks_and_several_bottoms(text: str, tmp_path: Path) -> None:
    given = settings_of(text)
    size, pad = int(given["kernel_size"][0]), int(given.get("pad", ["0"])[0])
    stride, dilation = int(given.get("stride", ["1"])[0]), int(given.get("dilation", ["1"])[0])
    net = CaffeNet({"a": IMAGE, "b": (1, 4, 9, 9)}, seed=5)
    w, bias = net.weights(4, 1, size, size), net.weights(4)
    has_bias = "bias_term" not in given
    blobs = [w, bias] if has_bias else [w]
    net.add("ConvolutionDepthwise", ["a", "b"], f"convolution_param {{ num_output: 4 {text} }}", blobs, tops=["y", "z"])
    inputs = net.random_inputs()
    expected = {
        top: convolve(inputs[name], w, (stride, stride), pad, 4, dilation) + has_bias * bias.reshape(-1, 1, 1)
        for name, top in (("a", "y"), ("b", "z"))
    }
    check(net, inputs, expected, tmp_path)


def test_volumes(tmp_path: Path) -> None:
    """Three spatial axes: Caffe's general convolution."""
    net = CaffeNet({"x": (1, 2, 4, 5, 6)}, seed=5)
    w, bias = net.weights(3, 2, 1, 3, 3), net.weights(3)
    text = "num_output: 3 kernel_size: 1 kernel_size: 3 kernel_size: 3 pad: 0 pad: 1 pad: 1"
    net.add("Convolution", "x", f"convolution_param {{ {text} }}", [w, bias], name="y")
    inputs = net.random_inputs()
    planes = [convolve(inputs["x"][:, :, i], w[:, :, 0], padding=1) for i in range(4)]
    check(net, inputs, {"y": np.stack(planes, 2) + bias.reshape(-1, 1, 1, 1)}, tmp_path)


@pytest.mark.parametrize(("size", "stride", "pad"), settings.IM2COLS)
def test_im2col(size: int, stride: int, pad: int, tmp_path: Path) -> None:
    net = CaffeNet({"x": IMAGE}, seed=5)
    net.add("Im2col", "x", f"convolution_param {{ kernel_size: {size} stride: {stride} pad: {pad} }}", name="y")
    inputs = net.random_inputs()
    picks = np.tile(np.eye(size * size).reshape(-1, 1, size, size), (4, 1, 1, 1))
    check(net, inputs, {"y": convolve(inputs["x"], picks, (stride, stride), pad, 4)}, tmp_path)


def test_pooling_and_upsampling_with_places(tmp_path: Path) -> None:
    """SegNet: the second top of a pooling says where its numbers go back to."""
    net = CaffeNet({"x": (2, 3, 6, 8)}, seed=5)
    net.add("Pooling", "x", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }", tops=["pooled", "places"])
    net.add("Power", "pooled", "power_param { scale: 2 }", name="doubled")
    net.add("Power", "places", "", name="shown")
    net.add("Upsample", ["doubled", "places"], "upsample_param { scale: 2 }", name="y")
    inputs = net.random_inputs()
    places = f.max_places(inputs["x"], 2)
    y = f.unpool(2 * f.pooling(inputs["x"], "MAX", 2, 2), places, 6, 8)
    check(net, inputs, {"shown": places, "y": y}, tmp_path)


@pytest.mark.parametrize(("size", "text"), settings.UNPOOLINGS)
def test_unpooling(size: int, text: str, tmp_path: Path) -> None:
    """DeconvNet: the result's size is told."""
    given = settings_of(text)
    h, w = (int(given.get(key, given.get("unpool_size", ["0"]))[0]) for key in ("unpool_h", "unpool_w"))
    net = CaffeNet({"x": (2, 3, h, w)}, seed=5)
    net.add("Pooling", "x", f"pooling_param {{ pool: MAX kernel_size: {size} stride: {size} }}", tops=["p", "places"])
    window = f"kernel_size: {size} stride: {size}"
    net.add("Unpooling", ["p", "places"], f"unpooling_param {{ {window} {text} }}", name="y")
    inputs = net.random_inputs()
    pooled = f.pooling(inputs["x"], "MAX", size, size)
    check(net, inputs, {"y": f.unpool(pooled, f.max_places(inputs["x"], size), h, w)}, tmp_path)


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("shape", settings.LSTMS)
def test_lstm(shape: tuple[int, ...], static: bool, tmp_path: Path) -> None:
    steps, batch, features, outputs = shape[0], shape[1], int(np.prod(shape[2:])), 4
    given = {"x": shape, "cont": (steps, batch), **({"fixed": (batch, 3)} if static else {})}
    net = CaffeNet(given, seed=7)
    w, b, r = net.weights(4 * outputs, features), net.weights(4 * outputs), net.weights(4 * outputs, outputs)
    extra = [net.weights(4 * outputs, 3)] if static else []
    inputs = net.random_inputs()
    inputs["cont"] = (net.random.random((steps, batch)) > 0.3).astype(np.float32)
    net.add("LSTM", list(given), f"recurrent_param {{ num_output: {outputs} }}", [w, b, *extra, r], name="y")
    expected = f.lstm(inputs["x"], inputs["cont"], w, b, r, inputs["fixed"] @ extra[0].T if static else None)
    check(net, inputs, {"y": expected}, tmp_path)


@pytest.mark.parametrize(("steps", "batch", "outputs"), settings.RNNS)
def test_rnn(steps: int, batch: int, outputs: int, tmp_path: Path) -> None:
    net = CaffeNet({"x": (steps, batch, 3), "cont": (steps, batch)}, seed=7)
    shapes = [(outputs, 3), (outputs,), (outputs, outputs), (outputs, outputs), (outputs,)]
    blobs = [net.weights(*shape) for shape in shapes]
    inputs = net.random_inputs()
    inputs["cont"] = (net.random.random((steps, batch)) > 0.3).astype(np.float32)
    net.add("RNN", ["x", "cont"], f"recurrent_param {{ num_output: {outputs} }}", blobs, name="y")
    check(net, inputs, {"y": f.rnn(inputs["x"], inputs["cont"], *blobs)}, tmp_path)


def test_lstm_with_states_in_and_out(tmp_path: Path) -> None:
    given = {"x": (3, 2, 3), "cont": (3, 2), "h0": (1, 2, 4), "c0": (1, 2, 4)}
    net = CaffeNet(given, seed=7)
    blobs = [net.weights(16, 3), net.weights(16), net.weights(16, 4)]
    net.add(
        "LSTM",
        list(given),
        "recurrent_param { num_output: 4 expose_hidden: true }",
        blobs,
        tops=["y", "h", "c"],
        name="l",
    )
    inputs = net.random_inputs()
    inputs["cont"] = np.zeros((3, 2), np.float32)  # every step begins anew: states do not matter
    y = f.lstm(inputs["x"], inputs["cont"], *blobs)
    results = mc.load(net.write(tmp_path)).run(inputs)
    assert_tensor_close("y", results["y"], y.astype(np.float32), CLOSE)
    assert_tensor_close("h", results["h"], y[-1:].astype(np.float32), CLOSE)
    assert results["c"].shape == (1, 2, 4)


@pytest.mark.parametrize(("size", "scale"), settings.ROI_POOLINGS)
def test_roi_pooling(size: int, scale: float, tmp_path: Path) -> None:
    net = CaffeNet({"x": (2, 3, 32, 32), "rois": ROIS.shape}, seed=9)
    text = f"roi_pooling_param {{ pooled_h: {size} pooled_w: {size} spatial_scale: {scale} }}"
    net.add("ROIPooling", ["x", "rois"], text, name="y")
    inputs = {"x": net.random_inputs()["x"], "rois": ROIS}
    check(net, inputs, {"y": f.roi_pooling(inputs["x"], ROIS, size, scale)}, tmp_path)


@pytest.mark.parametrize(("outputs", "size", "scale"), settings.PSROI_POOLINGS)
def test_psroi_pooling(outputs: int, size: int, scale: float, tmp_path: Path) -> None:
    net = CaffeNet({"x": (2, outputs * size * size, 16, 16), "rois": ROIS.shape}, seed=9)
    text = f"psroi_pooling_param {{ output_dim: {outputs} group_size: {size} spatial_scale: {scale} }}"
    net.add("PSROIPooling", ["x", "rois"], text, name="y")
    inputs = {"x": net.random_inputs()["x"], "rois": ROIS}
    check(net, inputs, {"y": f.psroi_pooling(inputs["x"], ROIS, outputs, size, scale)}, tmp_path)


@pytest.mark.parametrize("text", settings.ROI_ALIGNS)
def test_roi_align(text: str, tmp_path: Path) -> None:
    given = {name: float(values[0]) for name, values in settings_of(text).items()}
    net = CaffeNet({"x": (2, 3, 32, 32), "rois": ROIS.shape}, seed=9)
    net.add("ROIAlign", ["x", "rois"], f"roi_align_param {{ {text} }}", name="y")
    inputs = {"x": net.random_inputs()["x"], "rois": ROIS}
    size, samples = (int(given["pooled_h"]), int(given["pooled_w"])), int(given.get("sampling_ratio", 2))
    expected = f.roi_align(inputs["x"], ROIS, size, given.get("spatial_scale", 1), samples)
    check(net, inputs, {"y": expected}, tmp_path)


@pytest.mark.parametrize("shape", settings.PARAMETERS, ids=str)
def test_parameter(shape: tuple[int, ...], tmp_path: Path) -> None:
    net = CaffeNet({"x": shape})
    numbers = net.weights(*shape)
    sizes = " ".join(f"dim: {size}" for size in shape)
    net.add("Parameter", [], f"parameter_param {{ shape {{ {sizes} }} }}", [numbers], name="p")
    net.add("Eltwise", ["x", "p"], "", name="y")
    inputs = net.random_inputs()
    check(net, inputs, {"y": inputs["x"] + numbers}, tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    zip(settings.FILLERS, [np.full((2, 3), 2), np.zeros(4), np.full((1, 2, 1, 3), -1.5)], strict=True),
)
def test_dummy_data(text: str, expected: Array, tmp_path: Path) -> None:
    net = CaffeNet({"x": expected.shape})
    net.add("DummyData", [], f"dummy_data_param {{ {text} }}", name="d")
    net.add("Eltwise", ["x", "d"], "", name="y")
    inputs = net.random_inputs()
    check(net, inputs, {"y": inputs["x"] + expected}, tmp_path)


def softmax(x: Array, axis: int) -> Array:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


LOSS_FORMULAS = {
    "SoftmaxWithLoss": [lambda x: softmax(x, 1), lambda x: softmax(x, 2), lambda x: softmax(x, 3)],
    "SigmoidCrossEntropyLoss": [f.sigmoid] * 3,
}


@pytest.mark.parametrize("kind", settings.LOSSES)
def test_what_is_before_the_loss(kind: str, tmp_path: Path) -> None:
    """A net for training: its data layer's labels go with the loss."""
    for text, formula in zip(settings.LOSSES[kind], LOSS_FORMULAS[kind], strict=True):
        net = CaffeNet({})
        net.add("Data", [], "data_param { batch_size: 2 }", name="d", tops=["x", "label"])
        net.add(kind, ["x", "label"], text, name="y")
        model = mc.load(net.write(tmp_path), input_shapes={"x": IMAGE})
        assert [spec.name for spec in model.inputs] == ["x"]
        x = net.random.standard_normal(IMAGE).astype(np.float32)
        assert_tensor_close("y", model.run({"x": x})["y"], formula(x), CLOSE)


@pytest.mark.parametrize("kind", settings.DATA)
def test_data_layers_are_inputs(kind: str, tmp_path: Path) -> None:
    """Of the sizes that their settings tell."""
    for text, expected in settings.DATA[kind]:
        net = CaffeNet({})
        net.add(kind, [], text, name="d", tops=["x"])
        net.add("TanH", "x", name="y")
        (spec,) = mc.load(net.write(tmp_path)).inputs
        assert spec.name == "x"
        assert [size if isinstance(size, int) else None for size in spec.shape or ()] == expected
