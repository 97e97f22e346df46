"""Classic networks, made small, with random weights: OpenCV is the judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.caffe_net import CaffeNet
from support.real_models import model_path
from support.reference import assert_tensor_close, run_onnxruntime

TOLERANCE = 1e-4  # of the largest magnitude: the acceptance criterion; measured: 3e-6


@pytest.fixture(scope="module")
def cv2() -> Any:
    return pytest.importorskip("cv2")


def alexnet() -> CaffeNet:
    net = CaffeNet({"data": (1, 3, 67, 67)})
    x = net.conv("data", 3, 12, 11, "stride: 4", pad=0)
    x = net.pool(net.add("LRN", x, "lrn_param { local_size: 5 alpha: 0.01 beta: 0.75 }"), 3, 2)
    x = net.conv(x, 12, 16, 5, group=2)
    x = net.pool(net.add("LRN", x, "lrn_param { local_size: 5 alpha: 0.01 beta: 0.75 }"), 3, 2)
    x = net.conv(net.conv(net.conv(x, 16, 24), 24, 24, group=2), 24, 16, group=2)
    x = net.dense(net.pool(x, 3, 2), 16, 20, relu=True)
    x = net.add("Dropout", x, "dropout_param { dropout_ratio: 0.5 }", tops=[x])
    net.add("Softmax", net.dense(x, 20, 10), name="prob")
    return net


def googlenet() -> CaffeNet:
    net = CaffeNet({"data": (1, 3, 64, 64)})
    x = net.pool(net.conv("data", 3, 16, 7, "stride: 2"), 3, 2)
    x = net.add("LRN", x, "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")
    channels = 16
    for _ in range(2):
        branches = [
            net.conv(x, channels, 8, 1),
            net.conv(net.conv(x, channels, 6, 1), 6, 8, 3),
            net.conv(net.conv(x, channels, 4, 1), 4, 4, 5),
            net.conv(net.pool(x, 3, 1, "pool: MAX pad: 1"), channels, 4, 1),
        ]
        x, channels = net.add("Concat", branches), 24
    x = net.pool(x, 7, 1, "pool: AVE")
    net.add("Softmax", net.dense(x, 24 * 100, 10), name="prob")
    return net


def vgg() -> CaffeNet:
    net = CaffeNet({"data": (1, 3, 32, 32)})
    x, channels = "data", 3
    for filters in (8, 12, 16):
        x = net.pool(net.conv(net.conv(x, channels, filters), filters, filters), 2, 2)
        channels = filters
    x = net.dense(net.dense(x, 16 * 16, 32, relu=True), 32, 10)
    net.add("Softmax", x, name="prob")
    return net


def resnet() -> CaffeNet:
    net = CaffeNet({"data": (1, 3, 64, 64)})
    x = net.relu(net.batch_norm(net.conv("data", 3, 16, 7, "stride: 2", relu=False, bias=False), 16))
    x, channels = net.pool(x, 3, 2), 16
    for filters, stride in ((16, 1), (24, 2), (24, 1)):
        y = net.relu(net.batch_norm(net.conv(x, channels, 8, 1, f"stride: {stride}", relu=False, bias=False), 8))
        y = net.relu(net.batch_norm(net.conv(y, 8, 8, 3, relu=False, bias=False), 8))
        y = net.batch_norm(net.conv(y, 8, filters, 1, relu=False, bias=False), filters)
        if channels != filters:
            x = net.batch_norm(net.conv(x, channels, filters, 1, f"stride: {stride}", relu=False, bias=False), filters)
        x, channels = net.relu(net.add("Eltwise", [x, y])), filters
    x = net.add("Pooling", x, "pooling_param { pool: AVE global_pooling: true }")
    net.add("Softmax", net.dense(x, 24, 10), name="prob")
    return net


def squeezenet() -> CaffeNet:
    net = CaffeNet({"data": (1, 3, 51, 51)})
    x, channels = net.pool(net.conv("data", 3, 16, 3, "stride: 2", pad=0), 3, 2), 16
    for _ in range(2):
        squeezed = net.conv(x, channels, 4, 1)
        x, channels = net.add("Concat", [net.conv(squeezed, 4, 8, 1), net.conv(squeezed, 4, 8, 3)]), 16
    x = net.conv(net.add("Dropout", x), 16, 10, 1)
    x = net.add("Pooling", x, "pooling_param { pool: AVE global_pooling: true }")
    net.add("Softmax", x, name="prob")
    return net


def mobilenet() -> CaffeNet:
    net = CaffeNet({"data": (1, 3, 32, 32)})
    x, channels = net.relu(net.batch_norm(net.conv("data", 3, 8, 3, "stride: 2", relu=False, bias=False), 8)), 8
    for filters, stride in ((12, 1), (16, 2), (16, 1)):
        depthwise = net.conv(x, channels, channels, 3, f"stride: {stride}", relu=False, bias=False, group=channels)
        x = net.relu(net.batch_norm(depthwise, channels))
        x = net.relu(net.batch_norm(net.conv(x, channels, filters, 1, relu=False, bias=False), filters))
        channels = filters
    x = net.conv(net.add("Pooling", x, "pooling_param { pool: AVE global_pooling: true }"), 16, 10, 1, relu=False)
    net.add("Softmax", x, name="prob")
    return net


def fcn() -> CaffeNet:
    """A net for segmentation: scores enlarged by deconvolution, cropped to each other and to the image."""
    net = CaffeNet({"data": (1, 3, 30, 37)})
    skip = net.pool(net.conv("data", 3, 8, 3, pad=6), 2, 2)
    x = net.conv(net.pool(net.conv(skip, 8, 12), 2, 2), 12, 5, 1, relu=False)
    settings = "convolution_param {{ num_output: 5 kernel_size: {0} stride: 2 bias_term: false group: {1} }}"
    x = net.add("Deconvolution", x, settings.format(4, 1), [net.weights(5, 5, 4, 4)])
    score = net.conv(skip, 8, 5, 1, relu=False)
    x = net.add("Eltwise", [net.add("Crop", [x, score], "crop_param { axis: 2 offset: 1 }"), score])
    x = net.add("Deconvolution", x, settings.format(4, 5), [net.weights(5, 1, 4, 4)])
    net.add("Crop", [x, "data"], "crop_param { axis: 2 offset: 3 }", name="score")
    return net


def mtcnn() -> CaffeNet:
    net = CaffeNet({"data": (2, 3, 24, 24)})

    def prelu(x: str, channels: int) -> str:
        return net.add("PReLU", x, blobs=[net.weights(channels)], tops=[x])

    x = net.pool(prelu(net.conv("data", 3, 10, 3, relu=False, pad=0), 10), 3, 2)
    x = net.pool(prelu(net.conv(x, 10, 16, 3, relu=False, pad=0), 16), 3, 2)
    x = prelu(net.conv(x, 16, 20, 2, relu=False, pad=0), 20)
    x = prelu(net.dense(x, 20 * 9, 32), 32)
    net.add("Softmax", net.dense(x, 32, 2), name="prob1")
    net.dense(x, 32, 4)
    return net


def ssd() -> CaffeNet:
    """Two maps of prior boxes, a normalised one among them."""
    net = CaffeNet({"data": (1, 3, 64, 64)})
    first = net.pool(net.pool(net.conv("data", 3, 8), 2, 2), 2, 2)
    scale = [net.weights(8, positive=True)]
    normal = net.add("Normalize", first, "norm_param { across_spatial: false channel_shared: false }", scale)
    second = net.conv(first, 8, 12, 3, "stride: 2")
    maps = [
        (normal, 8, 4, "min_size: 10 max_size: 20 aspect_ratio: 2"),
        (second, 12, 6, "min_size: 24 max_size: 40 aspect_ratio: 2 aspect_ratio: 3"),
    ]
    parts: dict[str, list[str]] = {"loc": [], "conf": [], "prior": []}
    for x, channels, boxes, sizes in maps:
        for kind, count in (("loc", 4 * boxes), ("conf", 3 * boxes)):
            y = net.conv(x, channels, count, relu=False)
            y = net.add("Permute", y, "permute_param { order: 0 order: 2 order: 3 order: 1 }")
            parts[kind].append(net.add("Flatten", y, "flatten_param { axis: 1 }"))
        variance = "variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2"
        settings = f"prior_box_param {{ {sizes} flip: true clip: false {variance} }}"
        parts["prior"].append(net.add("PriorBox", [x, "data"], settings))
    loc, conf = (net.add("Concat", parts[kind], "concat_param { axis: 1 }") for kind in ("loc", "conf"))
    prior = net.add("Concat", parts["prior"], "concat_param { axis: 2 }")
    conf = net.add("Reshape", conf, "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }")
    conf = net.add("Flatten", net.add("Softmax", conf, "softmax_param { axis: 2 }"), "flatten_param { axis: 1 }")
    net.add(
        "DetectionOutput",
        [loc, conf, prior],
        "detection_output_param { num_classes: 3 share_location: true background_label_id: 0 code_type: CENTER_SIZE "
        "nms_param { nms_threshold: 0.45 top_k: 100 } keep_top_k: 50 confidence_threshold: 0.35 }",
        name="detection_out",
    )
    return net


NETWORKS = [alexnet, googlenet, vgg, resnet, squeezenet, mobilenet, fcn, mtcnn, ssd]


def compare(cv2: Any, prototxt: Path, caffemodel: Path, folder: Path) -> None:
    """Every output, as read, simplified, and written for ONNX Runtime."""
    net = cv2.dnn.readNetFromCaffe(str(prototxt), str(caffemodel))
    model = mc.load(prototxt, weights=caffemodel)
    random = np.random.default_rng(1)
    inputs = {spec.name: random.random(spec.shape, dtype=np.float32) for spec in model.inputs}
    for name, value in inputs.items():
        net.setInput(value, name)
    makers = {output: name for name, _, _, outputs in model._core.nodes() for output, _ in outputs}
    expected = {spec.name: np.array(net.forward(makers[spec.name])) for spec in model.outputs}
    written = mc.convert(prototxt, folder / "net.onnx", weights=caffemodel)
    for results in (model.run(inputs), written.model.run(inputs), run_onnxruntime(folder / "net.onnx", inputs)):
        assert list(results) == list(expected)
        for name, value in expected.items():
            if "detection" in name:
                value, results[name] = sorted_rows(value), sorted_rows(results[name])
            assert_tensor_close(name, results[name], value, TOLERANCE)


def sorted_rows(found: np.ndarray) -> np.ndarray:
    rows = found.reshape(-1, 7)
    return rows[np.lexsort((-rows[:, 2], rows[:, 1]))]


@pytest.mark.parametrize("build", NETWORKS, ids=[build.__name__ for build in NETWORKS])
def test_network_with_random_weights(build: Callable[[], CaffeNet], cv2: Any, tmp_path: Path) -> None:
    path = build().write(tmp_path)
    compare(cv2, path, path.with_suffix(".caffemodel"), tmp_path)


MODELS = [
    ("caffe/mtcnn_pnet/det1.prototxt", "det1"),
    ("caffe/mtcnn_rnet/det2.prototxt", "det2"),
    ("caffe/ultraface_slim320/slim-320.prototxt", "slim-320"),
    ("caffe/yoloface_50k/yoloface-50k.prototxt", "yoloface-50k"),
    ("caffe/lenet_mnist/lenet.prototxt", "lenet_iter_10000"),
    ("caffe/landmark106/landmark106.prototxt", "landmark106"),
]


@pytest.mark.real_models
@pytest.mark.parametrize(("prototxt", "stem"), MODELS, ids=[row[1] for row in MODELS])
def test_published_model(prototxt: str, stem: str, cv2: Any, tmp_path: Path) -> None:
    path = model_path(prototxt)
    compare(cv2, path, path.with_name(f"{stem}.caffemodel"), tmp_path)


@pytest.mark.real_models
@pytest.mark.parametrize(("name", "twin"), [("mtcnn_pnet/det1", "mtcnn_pnet"), ("mtcnn_rnet/det2", "mtcnn_rnet")])
def test_like_the_twin_in_onnx(name: str, twin: str) -> None:
    (onnx_file,) = model_path(f"onnx/{twin}").glob("*.onnx")
    caffe, other = mc.load(model_path(f"caffe/{name}.prototxt")), mc.load(onnx_file)
    x = np.random.default_rng(2).uniform(-1, 1, caffe.inputs[0].shape).astype(np.float32)
    ours = list(caffe.run({caffe.inputs[0].name: x}).values())
    shape = other.inputs[0].shape
    assert shape is not None
    feed = x if shape[1] == 3 else x.transpose(0, 2, 3, 1)
    for theirs in other.run({other.inputs[0].name: feed}).values():
        assert any(v.size == theirs.size and np.allclose(v.ravel(), theirs.ravel(), atol=1e-4) for v in ours)


@pytest.mark.real_models
def test_caffemodel_alone_holds_its_net() -> None:
    """LeNet's was saved while it was trained: the loss becomes Softmax."""
    model = mc.load(model_path("caffe/lenet_mnist/lenet_iter_10000.caffemodel"))
    deploy = mc.load(
        model_path("caffe/lenet_mnist/lenet.prototxt"),
        weights=model_path("caffe/lenet_mnist/lenet_iter_10000.caffemodel"),
    )
    x = np.random.default_rng(2).random((64, 1, 28, 28), dtype=np.float32)
    (loss,) = model.run({model.inputs[0].name: x}).values()
    assert_tensor_close("prob", loss, deploy.run({"data": x})["prob"], 1e-6)
