"""Writes networks as .prototxt and .caffemodel with random weights, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

Array = np.ndarray


def varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def delimited(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob_message(array: Array, legacy: bool = False) -> bytes:
    """BlobProto: shape 7 (or num, channels, height, width 1 to 4), packed data 5."""
    data = delimited(5, array.astype("<f4").tobytes())
    if legacy:
        sizes = [1] * (4 - array.ndim) + list(array.shape)
        return b"".join(varint(i << 3) + varint(size) for i, size in enumerate(sizes, 1)) + data
    return data + delimited(7, delimited(1, b"".join(varint(size) for size in array.shape)))


@dataclass
class Layer:
    name: str
    type: str
    bottoms: Sequence[str]
    tops: Sequence[str]
    settings: str
    blobs: list[Array]

    def text(self) -> str:
        names = "".join(f'bottom: "{name}" ' for name in self.bottoms) + "".join(
            f'top: "{name}" ' for name in self.tops
        )
        return f'layer {{ name: "{self.name}" type: "{self.type}" {names}{self.settings} }}\n'

    def message(self, legacy: bool) -> bytes:
        content = delimited(1, self.name.encode()) + delimited(2, self.type.encode())
        return content + b"".join(delimited(7, blob_message(blob, legacy)) for blob in self.blobs)


@dataclass
class CaffeNet:
    """`add` gives the name of its first top, so that calls can be nested."""

    inputs: Mapping[str, Sequence[int]]
    seed: int = 0
    layers: list[Layer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def add(
        self,
        kind: str,
        bottoms: str | Sequence[str],
        settings: str = "",
        blobs: Sequence[Array] = (),
        name: str = "",
        tops: Sequence[str] = (),
    ) -> str:
        """A layer; its top has its name unless `tops` says otherwise."""
        name = name or f"{kind.lower()}{len(self.layers)}"
        sources = [bottoms] if isinstance(bottoms, str) else list(bottoms)
        self.layers.append(Layer(name, kind, sources, list(tops) or [name], settings, list(blobs)))
        return self.layers[-1].tops[0]

    def weights(self, *shape: int, positive: bool = False) -> Array:
        """Random, of a size that keeps numbers as large as they were."""
        values = self.random.standard_normal(shape)
        values = 0.5 + np.abs(values) if positive else values / np.sqrt(max(1, np.prod(shape[1:])))
        return values.astype(np.float32)

    def prototxt(self) -> str:
        heads = [
            f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ '
            + "".join(f"dim: {size} " for size in shape)
            + "} } }\n"
            for name, shape in self.inputs.items()
        ]
        return 'name: "net"\n' + "".join(heads) + "".join(layer.text() for layer in self.layers)

    def caffemodel(self, legacy: bool = False) -> bytes:
        return delimited(1, b"net") + b"".join(delimited(100, layer.message(legacy)) for layer in self.layers)

    def write(self, folder: Path, legacy: bool = False) -> Path:
        path = folder / "net.prototxt"
        path.write_text(self.prototxt())
        path.with_suffix(".caffemodel").write_bytes(self.caffemodel(legacy))
        return path

    def random_inputs(self, low: float = -1, high: float = 1) -> dict[str, Array]:
        return {name: self.random.uniform(low, high, shape).astype(np.float32) for name, shape in self.inputs.items()}

    # --- what classic networks are made of

    def conv(
        self,
        x: str,
        channels: int,
        filters: int,
        size: int = 3,
        settings: str = "",
        relu: bool = True,
        bias: bool = True,
        group: int = 1,
        pad: int | None = None,
    ) -> str:
        pad = size // 2 if pad is None else pad
        blobs = [self.weights(filters, channels // group, size, size)] + ([self.weights(filters)] if bias else [])
        top = self.add(
            "Convolution",
            x,
            f"convolution_param {{ num_output: {filters} kernel_size: {size} pad: {pad} group: {group} "
            f"bias_term: {str(bias).lower()} {settings} }}",
            blobs,
        )
        return self.relu(top) if relu else top

    def relu(self, x: str) -> str:
        """In place."""
        return self.add("ReLU", x, tops=[x])

    def pool(self, x: str, size: int, stride: int, settings: str = "pool: MAX") -> str:
        return self.add("Pooling", x, f"pooling_param {{ kernel_size: {size} stride: {stride} {settings} }}")

    def batch_norm(self, x: str, channels: int) -> str:
        """BatchNorm and Scale, both in place."""
        statistics = [self.weights(channels), self.weights(channels, positive=True), np.array([1.5], np.float32)]
        self.add("BatchNorm", x, "batch_norm_param { eps: 0.001 }", statistics, tops=[x])
        blobs = [self.weights(channels, positive=True), self.weights(channels)]
        return self.add("Scale", x, "scale_param { bias_term: true }", blobs, tops=[x])

    def dense(self, x: str, inputs: int, outputs: int, relu: bool = False) -> str:
        blobs = [self.weights(outputs, inputs), self.weights(outputs)]
        top = self.add("InnerProduct", x, f"inner_product_param {{ num_output: {outputs} }}", blobs)
        return self.relu(top) if relu else top


def small_net() -> CaffeNet:
    """Each kind of layer with weights that most nets have."""
    net = CaffeNet({"data": (1, 3, 8, 8)})
    x = net.conv("data", 3, 4)
    x = net.batch_norm(net.conv(x, 4, 4, relu=False), 4)
    net.add("Softmax", net.dense(net.pool(x, 2, 2), 64, 5), name="prob")
    return net


def settings_of(text: str) -> dict[str, list[str]]:
    """`name: value` pairs, values of a repeated name in order."""
    words = text.replace(":", "").split()
    found: dict[str, list[str]] = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        found.setdefault(name, []).append(value)
    return found
