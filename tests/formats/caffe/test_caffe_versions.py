"""Old versions of the format, and nets inside of their weights."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support.caffe_net import CaffeNet, blob_message, delimited, varint
from support.caffe_settings import PADDINGS
from support.reference import assert_tensor_close

X = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)


def result(path: Path, **options: object) -> np.ndarray:
    (value,) = mc.load(path, **options).run({"data": X}).values()
    return value


V1 = """name: "old"
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layers { name: "r" type: RELU bottom: "c" top: "c" }
layers { name: "p" type: POOLING bottom: "c" top: "p" pooling_param { pool: AVE kernel_size: 3 stride: 2 } }
layers { name: "i" type: INNER_PRODUCT bottom: "p" top: "i" inner_product_param { num_output: 5 } }
layers { name: "prob" type: SOFTMAX bottom: "i" top: "prob" }
"""
V0 = """name: "oldest"
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { layer { name: "pad" type: "padding" pad: 1 } bottom: "data" top: "pad" }
layers { layer { name: "c" type: "conv" num_output: 4 kernelsize: 3 } bottom: "pad" top: "c" }
layers { layer { name: "r" type: "relu" } bottom: "c" top: "c" }
layers { layer { name: "p" type: "pool" pool: AVE kernelsize: 3 stride: 2 } bottom: "c" top: "p" }
layers { layer { name: "i" type: "innerproduct" num_output: 5 biasterm: true } bottom: "p" top: "i" }
layers { layer { name: "prob" type: "softmax" } bottom: "i" top: "prob" }
"""


def newest() -> CaffeNet:
    net = CaffeNet({"data": (1, 3, 8, 8)})
    net.add(
        "Convolution",
        "data",
        "convolution_param { num_output: 4 kernel_size: 3 pad: 1 }",
        [net.weights(4, 3, 3, 3), net.weights(4)],
        name="c",
    )
    net.add("ReLU", "c", tops=["c"], name="r")
    net.add("Pooling", "c", "pooling_param { pool: AVE kernel_size: 3 stride: 2 }", name="p")
    net.add(
        "InnerProduct", "p", "inner_product_param { num_output: 5 }", [net.weights(5, 64), net.weights(5)], name="i"
    )
    net.add("Softmax", "i", name="prob")
    return net


def old_caffemodel(net: CaffeNet, version: int) -> bytes:
    """V1: NetParameter.layers 2 with name 4, blobs 6. V0: the same with a layer 1 inside: name 1, blobs 50."""
    content = delimited(1, b"old")
    for layer in net.layers:
        blobs = [blob_message(blob, legacy=True) for blob in layer.blobs]
        if version == 1:
            inner = (
                delimited(4, layer.name.encode())
                + varint(5 << 3)
                + varint(4)
                + b"".join(delimited(6, b) for b in blobs)
            )
        else:
            inner = delimited(
                1, delimited(1, layer.name.encode()) + delimited(2, b"conv") + b"".join(delimited(50, b) for b in blobs)
            )
        content += delimited(2, inner)
    return content


@pytest.mark.parametrize(("version", "text"), [(1, V1), (0, V0)])
def test_old_versions(version: int, text: str, tmp_path: Path) -> None:
    expected = result(newest().write(tmp_path))
    path = tmp_path / "old.prototxt"
    path.write_text(text)
    path.with_suffix(".caffemodel").write_bytes(old_caffemodel(newest(), version))
    assert_tensor_close("prob", result(path), expected, 1e-6)
    np.testing.assert_array_equal(result(path, weights=path.with_suffix(".caffemodel")), result(path))


@pytest.mark.parametrize("pad", PADDINGS)
def test_padding_of_v0(pad: int, tmp_path: Path) -> None:
    """A layer of its own, before a convolution or anywhere else."""
    path = tmp_path / "padded.prototxt"
    head = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
    layer = f'layers {{ layer {{ name: "pad" type: "padding" pad: {pad} }} bottom: "data" top: "y" }}'
    path.write_text(head + layer)
    np.testing.assert_array_equal(result(path), np.pad(X, ((0, 0), (0, 0), (pad, pad), (pad, pad))))


def binary_layer(name: bytes, kind: bytes, bottom: bytes) -> bytes:
    read = delimited(3, bottom) if bottom else b""
    return delimited(1, name) + delimited(2, kind) + read + delimited(4, name)


def test_net_inside_the_caffemodel(tmp_path: Path) -> None:
    """Settings by field numbers, those of forks by the layer's type: SSD's permute_param is 202, OpenCV's 148."""
    net = CaffeNet({"data": (1, 3, 8, 8)})
    w = net.weights(2, 3, 1, 1)
    for number in (148, 202):
        shape = delimited(1, delimited(1, b"\x01\x03\x08\x08"))
        filters = varint(1 << 3) + b"\x02" + varint(2 << 3) + b"\x00" + varint(4 << 3) + b"\x01"
        order = b"".join(varint(1 << 3) + varint(axis) for axis in (0, 2, 3, 1))
        layers = [
            binary_layer(b"data", b"Input", b"") + delimited(143, shape),
            binary_layer(b"c", b"Convolution", b"data") + delimited(7, blob_message(w)) + delimited(106, filters),
            binary_layer(b"p", b"Permute", b"c") + delimited(number, order),
        ]
        path = tmp_path / f"alone{number}.caffemodel"
        path.write_bytes(delimited(1, b"net") + b"".join(delimited(100, layer) for layer in layers))
        expected = np.einsum("oc,nchw->nhwo", w[:, :, 0, 0], X)
        assert_tensor_close("p", result(path), expected.astype(np.float32), 1e-5)
