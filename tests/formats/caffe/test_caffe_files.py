"""Pairs of files: found, missing, old, damaged; each with a message of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support.caffe_net import CaffeNet, delimited, small_net, varint
from support.caffe_settings import LEFT_OUT, REFUSED
from support.processes import output_of, run_command
from support.reference import assert_tensor_close

X = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)


def result(path: Path, **options: object) -> np.ndarray:
    (value,) = mc.load(path, **options).run({"data": X}).values()
    return value


def test_the_other_file_is_found_or_named(sound: Path, tmp_path: Path) -> None:
    expected = result(sound)
    np.testing.assert_array_equal(result(sound.with_suffix(".caffemodel")), expected)
    weights = shutil.move(sound.with_suffix(".caffemodel"), tmp_path / "other.bin")
    np.testing.assert_array_equal(result(sound, weights=weights), expected)
    np.testing.assert_array_equal(result(Path(weights), weights=sound), expected)


def test_names_are_the_files(sound: Path) -> None:
    """A blob that layers change in place has its name behind the last of them."""
    model = mc.load(sound)
    assert [spec.name for spec in model.inputs] == ["data"]
    assert [spec.name for spec in model.outputs] == ["prob"]
    assert "convolution0/blob0" in model.weights
    cut = mc.load(sound, outputs=["convolution0", "convolution2"])
    assert cut.op_counts()["Relu"] == 1
    assert cut.op_counts()["BatchNormalization"] == 1


def test_missing_weights(sound: Path) -> None:
    sound.with_suffix(".caffemodel").unlink()
    with pytest.raises(mc.ModelConvError, match=r"its \.caffemodel is missing") as caught:
        mc.load(sound)
    assert "layer 'convolution0' (Convolution) has weights" in str(caught.value)
    assert "name it with weights=" in str(caught.value)


def test_net_without_weights_needs_none(tmp_path: Path) -> None:
    net = CaffeNet({"data": (1, 3, 8, 8)})
    net.add("Softmax", "data")
    path = tmp_path / "net.prototxt"
    path.write_text(net.prototxt())
    assert result(path).shape == (1, 3, 8, 8)


def test_weights_without_their_net(sound: Path) -> None:
    """Layers with blobs and without connections: weights only."""
    sound.unlink()
    with pytest.raises(mc.ModelConvError, match=r"needs its \.prototxt|it has 0 bottoms|no outputs"):
        mc.load(sound.with_suffix(".caffemodel"))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name: "convolution0" type', 'name: "conv_0" type', r"no weights for layer 'conv_0' \(Convolution\)"),
        (
            "num_output: 4 kernel_size: 3",
            "num_output: 5 kernel_size: 3",
            r"'convolution0': its weights have the shape \[4, 3, 3, 3\], \[5, 3, 3, 3\] is wanted",
        ),
        ("num_output: 5", "num_output: 7", "num_output is 7"),
        (
            'bottom: "convolution0"',
            'bottom: "convolution9"',
            "reads the blob 'convolution9', which no layer before it gives",
        ),
        ('type: "Softmax"', 'type: "Softmin"', "caffe.Softmin"),
        (
            'type: "Softmax"',
            'type: "Python" python_param { module: "m" layer: "L" }',
            "it runs Python code: module 'm', layer 'L'",
        ),
        ("kernel_size: 2", "kernel_size: 0", "kernel_h is 0"),
        ("pool: MAX", "pool: BEST", "pool has no value BEST"),
        ("group: 1", "group: 3", "group=3 does not divide num_output=4"),
        ('top: "prob"', 'top: "prob', "line 10, column 67: the string has no end"),
        ("eps: 0.001", 'eps: "x"', "eps is not a number"),
        ("dim: 1 dim: 3", "dim: 1 dim: -3", "input 'data' has the shape"),
    ],
)
def test_wrong_files(old: str, new: str, why: str, sound: Path) -> None:
    text = sound.read_text()
    assert old in text
    sound.write_text(text.replace(old, new, 1))
    with pytest.raises(mc.ModelConvError, match=why):
        mc.load(sound)


def test_missing_blob(sound: Path) -> None:
    net = small_net()
    net.layers[0].blobs.pop()
    sound.with_suffix(".caffemodel").write_bytes(net.caffemodel())
    with pytest.raises(mc.MalformedModelError, match="'convolution0': it has 1 blobs; blob 1, its biases, is missing"):
        mc.load(sound)


def test_all_unknown_layers_in_one_error(sound: Path) -> None:
    text = sound.read_text().replace('type: "Softmax"', 'type: "Foo"').replace('type: "ReLU"', 'type: "Bar"')
    sound.write_text(text)
    with pytest.raises(mc.UnsupportedOpError) as caught:
        mc.load(sound)
    assert {op.op for op in caught.value.ops} == {"caffe.Foo", "caffe.Bar"}
    stands_for = {
        "Foo": lambda node, build: build.op("Softmax", node.inputs[0], axis=1),
        "Bar": lambda node, build: build.op("Relu", node.inputs[0]),
    }
    model = mc.load(sound, custom_ops=stands_for)
    assert [spec.name for spec in model.outputs] == ["prob"]


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_layers_that_are_refused(kind: str, sound: Path) -> None:
    """By name, with what can be done."""
    sound.write_text(sound.read_text().replace('type: "Softmax"', f'type: "{kind}"'))
    with pytest.raises(mc.UnsupportedOpError, match=f"caffe.{kind}"):
        mc.load(sound)
    assert mc.load(sound, outputs=["innerproduct6"]).outputs[0].name == "innerproduct6"


@pytest.mark.parametrize("kind", sorted(LEFT_OUT))
def test_layers_that_are_left_out(kind: str, sound: Path) -> None:
    expected = result(sound)
    layer = f'layer {{ name: "t" type: "{kind}" bottom: "prob" top: "t" }}\n'
    sound.write_text(sound.read_text() + (layer if kind != "Silence" else layer.replace('top: "t" ', "")))
    if kind == "Silence":  # it hides what it reads
        with pytest.raises(mc.ModelConvError, match="no outputs"):
            mc.load(sound)
    else:
        np.testing.assert_array_equal(result(sound), expected)


def test_only_the_layers_for_inference(sound: Path) -> None:
    """Phases and stages; losses and accuracy go, their data layers' labels too."""
    text = sound.read_text()
    rule = "include {{ phase: {0} }}"
    reading = f'name: "d" type: "Data" top: "data" top: "label" {rule.format("TRAIN")}'
    train = f"layer {{ {reading} data_param {{ batch_size: 64 }} }}\n"
    accuracy = f'layer {{ name: "a" type: "Accuracy" bottom: "prob" bottom: "label" top: "a" {rule.format("TEST")} }}\n'
    stage = 'layer { name: "s" type: "Foo" bottom: "prob" top: "s" include { stage: "val" } }\n'
    excluded = 'layer { name: "e" type: "Foo" bottom: "prob" top: "e" exclude { phase: TEST } }\n'
    expected = result(sound)
    sound.write_text(train + text + accuracy + stage + excluded)
    np.testing.assert_array_equal(result(sound), expected)


def test_training_net(tmp_path: Path) -> None:
    """Data layers are inputs, SoftmaxWithLoss is Softmax."""
    net = CaffeNet({})
    reading = "transform_param { crop_size: 8 } data_param { batch_size: 2 }"
    data = f'layer {{ name: "d" type: "Data" top: "data" top: "label" {reading} }}\n'
    net.add("SoftmaxWithLoss", [net.dense(net.conv("data", 3, 4), 256, 5), "label"], name="loss")
    path = net.write(tmp_path)
    path.write_text(data + path.read_text())
    model = mc.load(path)
    assert [(spec.name, spec.shape) for spec in model.inputs] == [("data", (2, 3, 8, 8))]
    values = model.run({"data": np.repeat(X, 2, 0)})["loss"]
    np.testing.assert_allclose(values.sum(1), 1, rtol=1e-5)


def test_blobs_with_four_legacy_sizes(sound: Path) -> None:
    expected = result(sound)
    sound.with_suffix(".caffemodel").write_bytes(small_net().caffemodel(legacy=True))
    np.testing.assert_array_equal(result(sound), expected)


def test_blobs_of_doubles_and_of_loose_floats(sound: Path) -> None:
    """double_data, and floats that are not packed: old files and other writers."""
    expected = result(sound)
    net = small_net()
    messages = []
    for layer in net.layers:
        content = delimited(1, layer.name.encode()) + delimited(2, layer.type.encode())
        for i, blob in enumerate(layer.blobs):
            shape = delimited(7, delimited(1, b"".join(varint(size) for size in blob.shape)))
            doubles = delimited(8, blob.astype("<f8").tobytes())
            loose = b"".join(varint(5 << 3 | 5) + value.tobytes() for value in blob.astype("<f4").ravel())
            content += delimited(7, shape + (doubles if i == 0 else loose))
        messages.append(delimited(100, content))
    sound.with_suffix(".caffemodel").write_bytes(b"".join(messages))
    assert_tensor_close("prob", result(sound), expected, 1e-6)


def test_shared_parameters(tmp_path: Path) -> None:
    """A layer without blobs of its own takes those with the same parameter names."""
    net = CaffeNet({"data": (1, 3, 8, 8)})
    w = net.weights(3, 3, 1, 1)
    settings = 'param { name: "w" } convolution_param { num_output: 3 kernel_size: 1 bias_term: false }'
    net.add("Convolution", net.add("Convolution", "data", settings, [w], name="a"), settings, name="b")
    twice = np.einsum("oc,nchw->nohw", (w[:, :, 0, 0] @ w[:, :, 0, 0]), X)
    assert_tensor_close("b", result(net.write(tmp_path)), twice.astype(np.float32), 1e-5)


def test_hdf5_weights(sound: Path) -> None:
    path = sound.with_suffix(".h5")
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(mc.MalformedModelError, match="HDF5"):
        mc.load(sound, weights=path)


def test_options(sound: Path) -> None:
    with pytest.raises(mc.ModelConvError, match="has no option 'decode'"):
        mc.load(sound, options={"decode": True})


def test_other_image_sizes(tmp_path: Path) -> None:
    """MTCNN's first net runs on any size: pooling rounds up for each."""
    net = CaffeNet({"data": (1, 3, 12, 12)})
    x = net.pool(net.conv("data", 3, 4, pad=0), 2, 2)
    net.conv(x, 4, 2, 3, pad=0, relu=False)
    model = mc.load(net.write(tmp_path), input_shapes={"data": (1, 3, "H", "W")})
    for h, w in ((12, 12), (13, 17), (30, 21)):
        y = model.run({"data": np.ones((1, 3, h, w), np.float32)})[model.outputs[0].name]
        assert y.shape == (1, 2, -(-(h - 2) // 2) - 2, -(-(w - 2) // 2) - 2)


def test_from_the_shell(sound: Path, tmp_path: Path) -> None:
    done = run_command(["convert", str(sound), str(tmp_path / "net.onnx"), "--verify"])
    assert done.returncode == 0, done.stderr
    sound.with_suffix(".caffemodel").unlink()
    failed = run_command(["convert", str(sound), str(tmp_path / "other.onnx")])
    assert failed.returncode == 2
    assert "its .caffemodel is missing" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "other.onnx").exists()


def test_verified_by_opencv(sound: Path) -> None:
    pytest.importorskip("cv2")
    assert mc.convert(sound, verify=True).verification.reference == "opencv"


MEMORY = """
import sys
import modelconv as mc
def private():
    return int(open("/proc/self/smaps_rollup").read().split("Private_Dirty:")[1].split()[0])
before = private()
model = mc.load(sys.argv[1])
print(private() - before)
"""


def test_weights_are_not_copied(tmp_path: Path) -> None:
    """64 MB of weights, less than 8 MB of private memory."""
    net = CaffeNet({"data": (1, 4096)})
    blobs = [np.zeros((4096, 4096), np.float32), np.zeros(4096, np.float32)]
    net.add("InnerProduct", "data", "inner_product_param { num_output: 4096 }", blobs)
    assert int(output_of(MEMORY, str(net.write(tmp_path)))) < 8192  # kB
