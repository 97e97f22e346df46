"""Takes the pictures of docs/reports.md: the pages of a small residual network, in headless Chromium.

python tools/screenshots.py [FOLDER]; needs onnx, pillow, playwright and Debian's chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
from onnx import helper, numpy_helper
from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
LARGEST = 150_000  # bytes of a picture
COLOURS = 96


class Network:
    """Layers one after the other; weights are random and the same each time."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._random = np.random.default_rng(0)

    def node(self, op: str, name: str, *inputs: str, **attributes: Any) -> str:
        """The name of the output of a new node."""
        self.nodes.append(helper.make_node(op, inputs, [f"{name}_out"], name=name, **attributes))
        return f"{name}_out"

    def weight(self, name: str, *shape: int, positive: bool = False) -> str:
        """A random weight, scaled so that activations keep their size."""
        values = self._random.standard_normal(shape).astype(np.float32)
        values = np.abs(values) + np.float32(0.5) if positive else values / np.float32(np.sqrt(np.prod(shape[1:])))
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolution(self, name: str, x: str, channels: tuple[int, int], stride: int = 1) -> str:
        """A 3 x 3 convolution and its normalisation; `channels` in and out."""
        kernel = self.weight(f"{name}.weight", channels[1], channels[0], 3, 3)
        y = self.node("Conv", f"{name}/conv", x, kernel, pads=[1, 1, 1, 1], strides=[stride, stride])
        moments = [
            self.weight(f"{name}.{part}", channels[1], positive=part in ("scale", "var"))
            for part in ("scale", "bias", "mean", "var")
        ]
        return self.node("BatchNormalization", f"{name}/norm", y, *moments)

    def block(self, name: str, x: str, channels: int) -> str:
        """Two convolutions and a way around them."""
        y = self.node("Relu", f"{name}/a/relu", self.convolution(f"{name}/a", x, (channels, channels)))
        y = self.convolution(f"{name}/b", y, (channels, channels))
        return self.node("Relu", f"{name}/relu", self.node("Add", f"{name}/add", y, x))

    def head(self, name: str, x: str, channels: int, size: int) -> str:
        """Pooling and one dense layer."""
        x = self.node("Flatten", f"{name}/flatten", self.node("GlobalAveragePool", f"{name}/pool", x))
        return self.node("Gemm", f"{name}/gemm", x, self.weight(f"{name}.weight", channels, size))


def residual_network() -> onnx.ModelProto:
    """Pictures of 64 x 64 to the scores of 40 classes and an embedding."""
    net = Network()
    x = net.node("Relu", "stem/relu", net.convolution("stem", "image", (3, 16), stride=2))
    for index in range(3):
        x = net.block(f"layer{index + 1}", x, 16)
    scores = net.node("Softmax", "scores", net.head("classify", x, 16, 40), axis=-1)
    embedding = net.node("LpNormalization", "embedding", net.head("embed", x, 16, 64), axis=-1)
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        net.nodes,
        "residual",
        [info("image", onnx.TensorProto.FLOAT, ["batch", 3, 64, 64])],
        [info(scores, onnx.TensorProto.FLOAT, ["batch", 40]), info(embedding, onnx.TensorProto.FLOAT, ["batch", 64])],
        net.weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def with_a_wrong_layer(model: onnx.ModelProto) -> onnx.ModelProto:
    """The network with one kernel a little off, as a wrong rule of a converter would leave it."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    for weight in changed.graph.initializer:
        if weight.name == "layer2/a.weight":
            weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * np.float32(1.0005), weight.name))
    return changed


def pages() -> dict[str, str]:
    """The pages by the names of their pictures."""
    original = residual_network()
    images = np.random.default_rng(1).standard_normal((8, 3, 64, 64)).astype(np.float32)
    sizes = {"image": (1, 3, 64, 64)}
    quantized = mc.convert(original, input_shapes=sizes, quantize=mc.Int8(calibration=images, io_type="float32"))
    quantized.report.seconds = {"read": 0.004, "simplify": 0.011, "quantize": 0.161}  # the same on each machine
    verified = mc.verify_against(with_a_wrong_layer(original), mc.load(original), per_layer=True, samples=3)
    return {
        "verification": verified.to_html(),
        "conversion": quantized.to_html(),
        "graph": mc.load(original).to_html("residual.onnx"),
    }


def take(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as temporary:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, html in pages().items():
            path = Path(temporary) / f"{name}.html"
            path.write_text(html, encoding="utf-8")
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": 1200, "height": 760}, color_scheme=scheme)
                page.goto(path.as_uri())
                if name == "graph":
                    page.fill("#query", "layer1/add")
                    page.keyboard.press("Enter")
                    page.locator("#view").focus()
                target = folder / f"{name}-{scheme}.png"
                page.wait_for_timeout(200)
                page.screenshot(path=target, full_page=name != "graph")
                page.close()
                with Image.open(target) as picture:
                    few_colours = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
                few_colours.save(target, optimize=True)
                assert target.stat().st_size <= LARGEST, f"{target}: {target.stat().st_size} bytes"
                print(target)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
