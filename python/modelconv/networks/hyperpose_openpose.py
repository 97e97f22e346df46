"""OpenPose of HyperPose 2.2 and its lighter kin (hyperpose/Model/openpose/model), as they are at inference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelconv.networks.hyperpose_backbones import BACKBONES
from modelconv.networks.tensorlayer import (
    BatchNorm,
    Block,
    Builder,
    Conv,
    Depthwise,
    Layer,
    MaxPool,
    PRelu,
    Scope,
    Stack,
)
from modelconv.sources.keras_parts import Tensor


@dataclass(frozen=True)
class Setting:
    """What HyperPose's config says: sizes of the picture, body parts and limbs."""

    height: int
    width: int
    parts: int
    limbs: int
    channels: int = 128


Outputs = dict[str, Tensor]


def concat(build: Builder, name: str, tensors: list[Tensor]) -> Tensor:
    """Along the channels."""
    inputs = {f"x{i}": tensor for i, tensor in enumerate(tensors)}
    return build.node("Concatenate", name, inputs, axis=build.scope.channel_axis)[0]


class Heads(Block):
    """A stage that ends in confidence maps and part affinity fields."""

    conf_block: Layer
    paf_block: Layer

    def run(self, build: Builder, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both maps."""
        return self.conf_block.run(build, x), self.paf_block.run(build, x)


# --- OpenPose


class OpenPoseStage(Heads):
    """OpenPose.Init_stage and Refinement_stage: (outputs, kernel) of all convolutions but the last."""

    INIT = ((128, 3), (128, 3), (128, 3), (512, 1))
    REFINEMENT = ((128, 7), (128, 7), (128, 7), (128, 7), (128, 7), (128, 1))

    def __init__(self, scope: Scope, rows: tuple[tuple[int, int], ...], inputs: int, setting: Setting) -> None:
        self.conf_block = self.branch(scope, rows, inputs, setting.parts)
        self.paf_block = self.branch(scope, rows, inputs, 2 * setting.limbs)

    @staticmethod
    def branch(scope: Scope, rows: tuple[tuple[int, int], ...], inputs: int, outputs: int) -> Layer:
        """Each convolution has a PReLU behind it, the last one too."""
        layers: list[Layer] = []
        for count, size in (*rows, (outputs, 1)):
            layers += [Conv(scope, count, inputs, size), PRelu(scope, count)]
            inputs = count
        return Stack(scope, layers)


class Refined(Block):
    """A network that repeats a stage on its features and the last maps."""

    backbone: Any

    def refine(self, build: Builder, features: Tensor, maps: tuple[Tensor, Tensor], stages: list[Heads]) -> Outputs:
        """The last stage's maps."""
        for number, stage in enumerate(stages, 1):
            maps = stage.run(build, concat(build, f"refinement_{number}/concat", [features, *maps]))
        return {"conf_map": maps[0], "paf_map": maps[1]}


class OpenPose(Refined):
    """OpenPose, on VGG19 where nothing else is said."""

    def __init__(self, scope: Scope, setting: Setting, backbone: str | None) -> None:
        self.backbone = BACKBONES[backbone or "vgg19"](scope, 8)
        features = self.backbone.outputs
        self.cpm_stage = Stack(scope, [Conv(scope, 256, features, act="relu"), Conv(scope, 128, 256, act="relu")])
        self.init_stage = OpenPoseStage(scope, OpenPoseStage.INIT, 128, setting)
        inputs = 128 + setting.parts + 2 * setting.limbs
        for number in range(1, 6):
            stage = OpenPoseStage(scope, OpenPoseStage.REFINEMENT, inputs, setting)
            setattr(self, f"refinement_stage_{number}", stage)

    def run(self, build: Builder, x: Tensor) -> Outputs:
        """Features, first maps, five refinements."""
        features = self.cpm_stage.run(build, self.backbone.run(build, x))
        stages = [getattr(self, f"refinement_stage_{number}") for number in range(1, 6)]
        return self.refine(build, features, self.init_stage.run(build, features), stages)


# --- Lightweight OpenPose


def conv_block(scope: Scope, outputs: int, inputs: int, stride: int = 1) -> Stack:
    """Convolution, normalisation, ReLU."""
    return Stack(scope, [Conv(scope, outputs, inputs, stride=stride), BatchNorm(scope, outputs, "relu")])


def separable_block(
    scope: Scope, outputs: int, inputs: int, size: int = 3, stride: int = 1, dilation: int = 1, act: str | None = "relu"
) -> Stack:
    """Per channel, then across channels, each normalised."""
    return Stack(
        scope,
        [
            Depthwise(scope, inputs, size, stride, bias=False, dilation=dilation),
            BatchNorm(scope, inputs, act),
            Conv(scope, outputs, inputs, 1, bias=False),
            BatchNorm(scope, outputs, act),
        ],
    )


class DilatedMobilenet(Block):
    """LightWeightOpenPose.Dilated_mobilenet: (outputs, stride, dilation) behind the first block."""

    ROWS = ((64, 1, 1), (128, 2, 1), (128, 1, 1), (256, 2, 1), (256, 1, 1), (512, 1, 1), (512, 1, 2), (512, 1, 1),
            (512, 1, 1), (512, 1, 1), (512, 1, 1))  # fmt: skip
    outputs = 512

    def __init__(self, scope: Scope) -> None:
        layers: list[Layer] = [conv_block(scope, 32, 3, 2)]
        inputs = 32
        for outputs, stride, dilation in self.ROWS:
            layers.append(separable_block(scope, outputs, inputs, stride=stride, dilation=dilation))
            inputs = outputs
        self.main_block = Stack(scope, layers)

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """One after the other."""
        return self.main_block.run(build, x)


class Shortcut(Block):
    """A convolution, and the sum of what it gives with what two or three blocks make of it."""

    def __init__(self, scope: Scope, outputs: int, inputs: int, blocks: int) -> None:
        self.init_layer = Conv(scope, outputs, inputs, 1, act="relu")
        self.main_block = Stack(scope, [conv_block(scope, outputs, outputs) for _ in range(blocks)])

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """The sum."""
        x = self.init_layer.run(build, x)
        inputs = {"x": x, "y": self.main_block.run(build, x)}
        return build.node("Add", f"{self.init_layer.name}/sum", inputs)[0]


class CpmStage(Shortcut):
    """LightWeightOpenPose.Cpm_stage."""

    def __init__(self, scope: Scope, outputs: int, inputs: int) -> None:
        super().__init__(scope, outputs, inputs, 3)
        self.end_layer = Conv(scope, outputs, outputs, act="relu")

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """The sum, convolved."""
        return self.end_layer.run(build, super().run(build, x))


def head(scope: Scope, channels: int, outputs: int) -> Stack:
    """Two convolutions."""
    return Stack(scope, [Conv(scope, 512, channels, 1, act="relu"), Conv(scope, outputs, 512, 1)])


class LightInit(Heads):
    """LightWeightOpenPose.Init_stage."""

    def __init__(self, scope: Scope, setting: Setting) -> None:
        channels = setting.channels
        self.main_block = Stack(scope, [Conv(scope, channels, channels, act="relu") for _ in range(3)])
        self.conf_block = head(scope, channels, setting.parts)
        self.paf_block = head(scope, channels, 2 * setting.limbs)

    def run(self, build: Builder, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both maps."""
        return super().run(build, self.main_block.run(build, x))


class LightRefinement(Heads):
    """LightWeightOpenPose.Refinement_stage."""

    def __init__(self, scope: Scope, setting: Setting) -> None:
        channels = setting.channels
        inputs = channels + setting.parts + 2 * setting.limbs
        for number in range(1, 6):
            setattr(self, f"block_{number}", Shortcut(scope, channels, inputs, 2))
            inputs = channels
        self.conf_block = head(scope, channels, setting.parts)
        self.paf_block = head(scope, channels, 2 * setting.limbs)

    def run(self, build: Builder, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both maps."""
        for number in range(1, 6):
            x = getattr(self, f"block_{number}").run(build, x)
        return super().run(build, x)


class LightweightOpenPose(Refined):
    """LightWeightOpenPose, on a dilated MobileNet where nothing else is said."""

    def __init__(self, scope: Scope, setting: Setting, backbone: str | None) -> None:
        self.backbone = BACKBONES[backbone](scope, 8) if backbone else DilatedMobilenet(scope)
        self.cpm_stage = CpmStage(scope, setting.channels, self.backbone.outputs)
        self.init_stage = LightInit(scope, setting)
        self.refine_stage1 = LightRefinement(scope, setting)

    def run(self, build: Builder, x: Tensor) -> Outputs:
        """Features, first maps, one refinement."""
        features = self.cpm_stage.run(build, self.backbone.run(build, x))
        return self.refine(build, features, self.init_stage.run(build, features), [self.refine_stage1])


# --- MobileNet thin OpenPose


class ThinMobilenet(Block):
    """MobilenetThinOpenpose.Mobilenetv2_variant: (outputs, stride) behind the first block."""

    ROWS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1))
    outputs = 1152

    def __init__(self, scope: Scope) -> None:
        # The first convolution has a ReLU of its own before the normalisation.
        self.convblock_0 = Stack(scope, [Conv(scope, 32, 3, stride=2, act="relu"), BatchNorm(scope, 32, "relu")])
        inputs = 32
        for number, (outputs, stride) in enumerate(self.ROWS, 1):
            setattr(self, f"convblock_{number}", separable_block(scope, outputs, inputs, stride=stride))
            inputs = outputs
        self.maxpool = MaxPool(scope, 2, 2)

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """What the blocks 3 (pooled), 7 and 11 give, side by side."""
        kept = []
        for number in range(12):
            x = getattr(self, f"convblock_{number}").run(build, x)
            if number in (3, 7, 11):
                kept.append(self.maxpool.run(build, x) if number == 3 else x)
        return concat(build, "features", kept)


class ThinStage(Heads):
    """MobilenetThinOpenpose.Init_stage and Refinement_stage."""

    def __init__(self, scope: Scope, inputs: int, hidden: int, setting: Setting) -> None:
        self.conf_block = self.branch(scope, inputs, hidden, setting.parts)
        self.paf_block = self.branch(scope, inputs, hidden, 2 * setting.limbs)

    @staticmethod
    def branch(scope: Scope, inputs: int, hidden: int, outputs: int) -> Stack:
        """Separable blocks."""
        layers: list[Layer] = []
        for count, size in ((128, 3), (128, 3), (128, 3), (hidden, 1)):
            layers.append(separable_block(scope, count, inputs, size))
            inputs = count
        return Stack(scope, [*layers, separable_block(scope, outputs, inputs, 1, act=None)])


class MobilenetThinOpenPose(Refined):
    """MobilenetThinOpenpose, on a variant of MobileNet where nothing else is said."""

    def __init__(self, scope: Scope, setting: Setting, backbone: str | None) -> None:
        self.backbone = BACKBONES[backbone](scope, 8) if backbone else ThinMobilenet(scope)
        features = self.backbone.outputs
        self.init_stage = ThinStage(scope, features, 512, setting)
        inputs = features + setting.parts + 2 * setting.limbs
        for number in range(1, 6):
            setattr(self, f"refinement_stage_{number}", ThinStage(scope, inputs, 128, setting))

    def run(self, build: Builder, x: Tensor) -> Outputs:
        """Features, first maps, five refinements."""
        features = self.backbone.run(build, x)
        stages = [getattr(self, f"refinement_stage_{number}") for number in range(1, 6)]
        return self.refine(build, features, self.init_stage.run(build, features), stages)
