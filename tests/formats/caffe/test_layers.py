"""Each layer type with several settings against NumPy formulas, as read, simplified, and in ONNX Runtime."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support import caffe_formulas as f
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


CONVOLUTIONS = [
    "num_output: 6 kernel_size: 3",
    "num_output: 6 kernel_size: 3 pad: 1 stride: 2",
    "num_output: 6 kernel_size: 3 pad: 2 dilation: 2 bias_term: false",
    "num_output: 6 kernel_size: 1 group: 2",
    "num_output: 8 kernel_h: 1 kernel_w: 3 pad_h: 0 pad_w: 1 stride_h: 2 stride_w: 1",
    "num_output: 6 kernel_size: 2 kernel_size: 3 stride: 1 stride: 2 pad: 1 pad: 0",
]


def pair(settings: dict[str, list[str]], name: str, stem: str, fallback: int) -> tuple[int, int]:
    if f"{stem}_h" in settings:
        return int(settings[f"{stem}_h"][0]), int(settings[f"{stem}_w"][0])
    values = [int(v) for v in settings.get(name, [str(fallback)])]
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


@pytest.mark.parametrize("text", CONVOLUTIONS)
@pytest.mark.parametrize("kind", ["Convolution", "DepthwiseConvolution", "Deconvolution"])
def test_convolution(kind: str, text: str, tmp_path: Path) -> None:
    settings = settings_of(text)
    outputs, group = int(settings["num_output"][0]), int(settings.get("group", ["1"])[0])
    kernel, stride = pair(settings, "kernel_size", "kernel", 1), pair(settings, "stride", "stride", 1)
    pad, dilation = pair(settings, "pad", "pad", 0), int(settings.get("dilation", ["1"])[0])
    net = CaffeNet({"x": IMAGE}, seed=5)
    transposed = kind == "Deconvolution"
    shape = (4, outputs // group, *kernel) if transposed else (outputs, 4 // group, *kernel)
    w, bias = net.weights(*shape), net.weights(outputs)
    has_bias = "bias_term" not in settings
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


def test_depthwise_of_forks_and_several_bottoms(tmp_path: Path) -> None:
    net = CaffeNet({"a": IMAGE, "b": (1, 4, 9, 9)}, seed=5)
    w, bias = net.weights(4, 1, 3, 3), net.weights(4)
    net.add(
        "ConvolutionDepthwise",
        ["a", "b"],
        "convolution_param { num_output: 4 kernel_size: 3 }",
        [w, bias],
        tops=["y", "z"],
    )
    inputs = net.random_inputs()
    expected = {
        top: convolve(inputs[name], w, groups=4) + bias.reshape(-1, 1, 1) for name, top in (("a", "y"), ("b", "z"))
    }
    check(net, inputs, expected, tmp_path)


def test_volumes(tmp_path: Path) -> None:
    """Three spatial axes: Caffe's general convolution."""
    net = CaffeNet({"x": (1, 2, 4, 5, 6)}, seed=5)
    w, bias = net.weights(3, 2, 1, 3, 3), net.weights(3)
    settings = "num_output: 3 kernel_size: 1 kernel_size: 3 kernel_size: 3 pad: 0 pad: 1 pad: 1"
    net.add("Convolution", "x", f"convolution_param {{ {settings} }}", [w, bias], name="y")
    inputs = net.random_inputs()
    planes = [convolve(inputs["x"][:, :, i], w[:, :, 0], padding=1) for i in range(4)]
    check(net, inputs, {"y": np.stack(planes, 2) + bias.reshape(-1, 1, 1, 1)}, tmp_path)


@pytest.mark.parametrize(("size", "stride", "pad"), [(3, 1, 0), (2, 2, 0), (3, 2, 1)])
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


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("shape", [(5, 2, 3), (1, 1, 4), (4, 3, 2, 2)])
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


@pytest.mark.parametrize(("steps", "batch", "outputs"), [(5, 2, 4), (1, 1, 3), (3, 4, 1)])
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


@pytest.mark.parametrize(("size", "scale"), [(2, 0.5), (3, 0.25), (7, 1.0)])
def test_roi_pooling(size: int, scale: float, tmp_path: Path) -> None:
    net = CaffeNet({"x": (2, 3, 32, 32), "rois": ROIS.shape}, seed=9)
    settings = f"roi_pooling_param {{ pooled_h: {size} pooled_w: {size} spatial_scale: {scale} }}"
    net.add("ROIPooling", ["x", "rois"], settings, name="y")
    inputs = {"x": net.random_inputs()["x"], "rois": ROIS}
    check(net, inputs, {"y": f.roi_pooling(inputs["x"], ROIS, size, scale)}, tmp_path)


@pytest.mark.parametrize(("outputs", "size", "scale"), [(2, 3, 0.5), (1, 2, 0.25), (3, 1, 1.0)])
def test_psroi_pooling(outputs: int, size: int, scale: float, tmp_path: Path) -> None:
    net = CaffeNet({"x": (2, outputs * size * size, 16, 16), "rois": ROIS.shape}, seed=9)
    settings = f"psroi_pooling_param {{ output_dim: {outputs} group_size: {size} spatial_scale: {scale} }}"
    net.add("PSROIPooling", ["x", "rois"], settings, name="y")
    inputs = {"x": net.random_inputs()["x"], "rois": ROIS}
    check(net, inputs, {"y": f.psroi_pooling(inputs["x"], ROIS, outputs, size, scale)}, tmp_path)


def test_roi_align(tmp_path: Path) -> None:
    """A plane that rises evenly: an average over sampled points is the value in the middle of the window."""
    net = CaffeNet({"x": (1, 1, 16, 16), "rois": (1, 5)})
    net.add("ROIAlign", ["x", "rois"], "roi_align_param { pooled_h: 2 pooled_w: 2 spatial_scale: 0.5 }", name="y")
    x = np.broadcast_to(np.arange(16, dtype=np.float32), (1, 1, 16, 16)).copy()
    rois = np.array([[0, 4, 4, 20, 20]], np.float32)
    y = mc.load(net.write(tmp_path)).run({"x": x, "rois": rois})["y"]
    np.testing.assert_allclose(y[0, 0], [[4, 8], [4, 8]], atol=1e-5)


def test_constants(tmp_path: Path) -> None:
    net = CaffeNet({"x": (2, 3)})
    numbers = net.weights(2, 3)
    net.add("Parameter", [], "parameter_param { shape { dim: 2 dim: 3 } }", [numbers], name="p")
    filler = 'data_filler { type: "constant" value: 2 } shape { dim: 2 dim: 3 }'
    net.add("DummyData", [], f"dummy_data_param {{ {filler} }}", name="d")
    net.add("Eltwise", ["x", "p", "d"], "", name="y")
    inputs = net.random_inputs()
    check(net, inputs, {"y": inputs["x"] + numbers + 2}, tmp_path)


def test_every_type_has_three_settings() -> None:
    counts = Counter(case.kind for case in CASES)
    assert {kind: count for kind, count in counts.items() if count < 3} == {}
