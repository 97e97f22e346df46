"""Backbones of HyperPose 2.2 (hyperpose/Model/backbones.py): layers, names, sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from modelconv.networks.tensorlayer import (
    BatchNorm,
    Block,
    Builder,
    Conv,
    Depthwise,
    Layer,
    MaxPool,
    Scope,
    Stack,
)
from modelconv.sources.keras_parts import Tensor


class Sequence(Block):
    """A list of layers that is kept as such and as a LayerList: its weights are listed twice."""

    def __init__(self, scope: Scope, layers: list[Layer], outputs: int) -> None:
        self.main_layer_list = layers
        self.main_block = Stack(scope, layers)
        self.outputs = outputs

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """One after the other."""
        return self.main_block.run(build, x)


def conv_norm(scope: Scope, outputs: int, inputs: int, name: str, stride: int = 1) -> list[Layer]:
    """Convolution, normalisation, ReLU."""
    return [
        Conv(scope, outputs, inputs, stride=stride, name=f"{name}_conv1"),
        BatchNorm(scope, outputs, "relu", name=f"{name}_bn1"),
    ]


# (outputs, stride) of the separable blocks 2, 3, ...; the last four for a stride of 32.
MOBILENET_V1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 1), (512, 1), (512, 1), (512, 1),
                (512, 2), (512, 1), (1024, 2), (1024, 1))  # fmt: skip


def mobilenet_v1(scope: Scope, stride: int) -> Sequence:
    """MobilenetV1_backbone."""
    layers, inputs = conv_norm(scope, 32, 3, "block_1", 2), 32
    for number, (outputs, step) in enumerate(MOBILENET_V1[: 13 if stride == 32 else 9], 2):
        name = f"block_{number}"
        layers += [
            Depthwise(scope, inputs, stride=step, name=f"{name}_dw1"),
            BatchNorm(scope, inputs, "relu", name=f"{name}_bn1"),
            Conv(scope, outputs, inputs, 1, name=f"{name}_dw2"),
            BatchNorm(scope, outputs, "relu", name=f"{name}_bn2"),
        ]
        inputs = outputs
    return Sequence(scope, layers, inputs)


class InvertedResidual(Block):
    """MobilenetV2_backbone.InvertedResidual; with an expansion the last normalisation is missing, as it is there."""

    def __init__(self, scope: Scope, outputs: int, inputs: int, stride: int, expansion: int, name: str) -> None:
        hidden = expansion * inputs
        self.is_residual = stride == 1 and inputs == outputs
        self.title = name
        if expansion == 1:
            layers: list[Layer] = [
                Depthwise(scope, hidden, stride=stride, bias=False, name=f"{name}_conv1"),
                BatchNorm(scope, hidden, "relu6", name=f"{name}_bn1"),
                Conv(scope, outputs, hidden, 1, bias=False, name=f"{name}_dw1"),
                BatchNorm(scope, outputs, name=f"{name}_bn2"),
            ]
        else:
            layers = [
                Conv(scope, hidden, inputs, 1, bias=False, name=f"{name}_conv1"),
                BatchNorm(scope, hidden, "relu6", name=f"{name}_bn1"),
                Depthwise(scope, hidden, stride=stride, bias=False, name=f"{name}_dw1"),
                BatchNorm(scope, hidden, "relu6", name=f"{name}_bn2"),
                Conv(scope, outputs, hidden, 1, bias=False, name=f"{name}_conv2"),
            ]
        self.main_block = Stack(scope, layers)

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """With the sum around it where the sizes allow it."""
        y = self.main_block.run(build, x)
        return build.node("Add", f"{self.title}/sum", {"x": x, "y": y})[0] if self.is_residual else y


# (attribute, layer's name, outputs, stride); the second row of blocks for a stride of 32.
MOBILENET_V2 = (("3_1", 24, 2), ("3_2", 24, 1), ("4_1", 32, 2), ("4_2", 32, 1), ("4_3", 32, 1),
                ("5_1", 64, 1), ("5_2", 64, 1), ("5_3", 64, 1), ("5_4", 64, 1))  # fmt: skip
MOBILENET_V2_32 = (("6_1", 96, 2), ("6_2", 96, 1), ("6_3", 96, 1), ("7_1", 160, 2), ("7_2", 160, 1), ("7_3", 160, 1),
                   ("8", 320, 1))  # fmt: skip


class MobilenetV2(Block):
    """MobilenetV2_backbone."""

    def __init__(self, scope: Scope, stride: int) -> None:
        self.block_1_1 = Conv(scope, 32, 3, stride=2, name="block1_conv1")
        self.block_1_2 = BatchNorm(scope, 32, "relu6", name="blcok1_bn1")  # spelt so
        self.block_2_1 = InvertedResidual(scope, 16, 32, 1, 1, "block2")
        self.order = ["block_1_1", "block_1_2", "block_2_1"]
        inputs = 16
        for number, outputs, step in MOBILENET_V2 + (MOBILENET_V2_32 if stride == 32 else ()):
            setattr(self, f"block_{number}", InvertedResidual(scope, outputs, inputs, step, 6, f"block{number}"))
            self.order.append(f"block_{number}")
            inputs = outputs
        self.outputs = inputs

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """Block after block."""
        for name in self.order:
            x = getattr(self, name).run(build, x)
        return x


# (name, outputs, stride), "" for a pool; the last row for a stride of 32.
VGG_TINY = (("1_1", 32, 1), ("1_2", 64, 1), ("", 1, 0), ("2_1", 128, 1), ("2_2", 128, 1), ("", 2, 0), ("3_1", 200, 1),
            ("3_2", 200, 1), ("3_3", 200, 1), ("", 3, 0), ("4_1", 384, 1), ("4_2", 384, 1))  # fmt: skip
VGG_TINY_32 = (("4_3", 384, 2), ("4_4", 384, 1), ("4_5", 384, 2))


def vggtiny(scope: Scope, stride: int) -> Sequence:
    """vggtiny_backbone."""
    layers: list[Layer] = []
    inputs = 3
    for name, outputs, step in VGG_TINY + (VGG_TINY_32 if stride == 32 else ()):
        if not name:
            layers.append(MaxPool(scope, 2, 2, name=f"maxpool_{outputs}"))
            continue
        layers += conv_norm(scope, outputs, inputs, f"block_{name}", step)
        inputs = outputs
    return Sequence(scope, layers, inputs)


def vgg_layers(scope: Scope, rows: tuple[tuple[str, int], ...]) -> list[Layer]:
    """Convolutions with ReLU; a row without outputs is a pool."""
    layers: list[Layer] = []
    inputs = 3
    for name, outputs in rows:
        if outputs:
            layers.append(Conv(scope, outputs, inputs, act="relu", name=name))
            inputs = outputs
        else:
            layers.append(MaxPool(scope, 2, 2, name=name))
    return layers


def vgg_rows(pattern: str, blocks: tuple[int, ...], first: int = 1) -> tuple[tuple[str, int], ...]:
    """Rows of whole blocks, each with its pool behind it."""
    rows: list[tuple[str, int]] = []
    for block, count in enumerate(blocks, first):
        rows += [(pattern.format(block, i), min(64 << (block - 1), 512)) for i in range(1, count + 1)]
        rows.append((f"maxpool_{block}", 0))
    return tuple(rows)


def vgg16(scope: Scope, stride: int) -> Sequence:
    """vgg16_backbone: the fourth block's pool belongs to a stride of 32."""
    rows = vgg_rows("block_{}_{}_conv1", (2, 2, 3, 3, 3))
    return Sequence(scope, vgg_layers(scope, rows if stride == 32 else rows[:13]), 512)


class Vgg19(Sequence):
    """vgg19_backbone: takes the channels' means, in units of 1, from the picture."""

    def __init__(self, scope: Scope, stride: int) -> None:
        rows = vgg_rows("conv{}_{}", (2, 2, 4, 4, 4))
        super().__init__(scope, vgg_layers(scope, rows if stride == 32 else rows[:13]), 512)

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """The means, then one layer after the other."""
        mean = (np.array([103.939, 116.779, 123.68]) / 255).astype(np.float32)
        if build.scope.data_format == "channels_first":
            mean = mean.reshape(3, 1, 1)
        return super().run(build, build.node("subtract", "mean", {"x1": x, "x2": build.constant("vgg_mean", mean)})[0])


class Residual(Block):
    """Resnet18_backbone.Res_block: the shortcut, where it has layers, has kernels of 3."""

    def __init__(self, scope: Scope, outputs: int, inputs: int, stride: int, name: str) -> None:
        self.title = name
        self.main_block = Stack(
            scope,
            [
                Conv(scope, outputs, inputs, stride=stride, bias=False, name=f"{name}_conv_1"),
                BatchNorm(scope, outputs, "relu", name=f"{name}_bn_1"),
                Conv(scope, outputs, outputs, bias=False, name=f"{name}_conv_2"),
                BatchNorm(scope, outputs, name=f"{name}_bn_2"),
            ],
        )
        self.down_sample: Layer | None = None
        if outputs != inputs:
            shortcut = [Conv(scope, outputs, inputs, stride=stride, bias=False), BatchNorm(scope, outputs)]
            self.down_sample = Stack(scope, shortcut)

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """Sum and ReLU."""
        y = self.main_block.run(build, x)
        short = self.down_sample.run(build, x) if self.down_sample else x
        return build.activate("relu", self.title, build.node("Add", f"{self.title}/sum", {"x": y, "y": short})[0])


class Resnet18(Block):
    """Resnet18_backbone: seven blocks, the eighth only when it is pretrained."""

    def __init__(self, scope: Scope, stride: int) -> None:
        late = 2 if stride == 32 else 1
        self.conv1 = Conv(scope, 64, 3, 7, 2, bias=False, name="conv_1_1")
        self.bn1 = BatchNorm(scope, 64, "relu", name="bn_1_1")
        self.maxpool = MaxPool(scope, 3, 2, name="maxpool_1")
        self.order = ["conv1", "bn1", "maxpool"]
        inputs = 64
        for number, outputs, step in (("2_1", 64, 1), ("2_2", 64, 1), ("3_1", 128, 2), ("3_2", 128, 1),
                                      ("4_1", 256, late), ("4_2", 256, 1), ("5_1", 512, late)):  # fmt: skip
            setattr(self, f"res_block_{number}", Residual(scope, outputs, inputs, step, f"block_{number}"))
            self.order.append(f"res_block_{number}")
            inputs = outputs
        self.outputs = 512

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """Layer after layer."""
        for name in self.order:
            x = getattr(self, name).run(build, x)
        return x


class Bottleneck(Block):
    """Resnet50_backbone.Basic_block."""

    def __init__(self, scope: Scope, inputs: int, width: int, stride: int, epsilon: float, name: str) -> None:
        self.title, outputs = name, 4 * width
        self.downsample: Layer | None = None
        if stride != 1 or inputs != outputs:
            shortcut = [
                Conv(scope, outputs, inputs, 1, stride, bias=False, name=f"{name}_ds_conv1"),
                BatchNorm(scope, outputs, epsilon=epsilon, name=f"{name}_ds_bn1"),
            ]
            self.downsample = Stack(scope, shortcut)
        layers: list[Layer] = []
        for number, (ins, outs, size, step) in enumerate(
            ((inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)), 1
        ):
            layers += [
                Conv(scope, outs, ins, size, step, bias=False, name=f"{name}_conv{number}"),
                BatchNorm(scope, outs, "relu" if number < 3 else None, epsilon, name=f"{name}_bn{number}"),
            ]
        self.main_block = Stack(scope, layers)

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """Sum and ReLU."""
        y = self.main_block.run(build, x)
        short = self.downsample.run(build, x) if self.downsample else x
        return build.activate("relu", self.title, build.node("Add", f"{self.title}/sum", {"x": y, "y": short})[0])


class Resnet50(Block):
    """Resnet50_backbone."""

    def __init__(self, scope: Scope, stride: int, use_pool: bool = True, epsilon: float = 1e-5) -> None:
        late = 2 if stride == 32 else 1
        self.conv1 = Conv(scope, 64, 3, 7, 2, bias=False, name="conv1")
        self.bn1 = BatchNorm(scope, 64, "relu", epsilon, name="bn1")
        self.maxpool1 = MaxPool(scope, 3, 2, name="maxpool_1")
        self.order = ["conv1", "bn1", *(["maxpool1"] if use_pool else [])]
        inputs = 64
        for stage, (count, width, first) in enumerate(((3, 64, 1), (4, 128, 2), (6, 256, late), (3, 512, late)), 1):
            for number in range(1, count + 1):
                name, step = f"block_{stage}_{number}", first if number == 1 else 1
                setattr(self, name, Bottleneck(scope, inputs, width, step, epsilon, name))
                self.order.append(name)
                inputs = 4 * width
        self.outputs = 2048

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """Layer after layer."""
        for name in self.order:
            x = getattr(self, name).run(build, x)
        return x


BACKBONES: dict[str, Callable[[Scope, int], Any]] = {
    "mobilenetv1": mobilenet_v1,
    "mobilenetv2": MobilenetV2,
    "resnet18": Resnet18,
    "resnet50": Resnet50,
    "vgg16": vgg16,
    "vgg19": Vgg19,
    "vggtiny": vggtiny,
}
