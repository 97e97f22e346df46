"""PoseProposal and PifPaf of HyperPose 2.2 (hyperpose/Model/pose_proposal, pifpaf), as they are at inference."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelconv.networks.hyperpose_backbones import BACKBONES, Resnet50
from modelconv.networks.hyperpose_openpose import Outputs, Setting
from modelconv.networks.tensorlayer import BatchNorm, Block, Builder, Conv, Scope, Stack
from modelconv.sources.keras_parts import Tensor


class PoseProposal(Block):
    """PoseProposal with a neighbourhood of 9 x 9, on ResNet-18 where nothing else is said."""

    NEIGHBOURS = 9
    CELL = 32  # pixels

    def __init__(self, scope: Scope, setting: Setting, backbone: str | None) -> None:
        self.setting = setting
        self.backbone = BACKBONES[backbone or "resnet18"](scope, 32)
        inputs = self.backbone.outputs
        for number in (1, 2):
            layers = [
                Conv(scope, 512, inputs, name=f"add_block_{number}_conv_1"),
                BatchNorm(scope, 512, "leaky_relu", name=f"add_block_{number}_bn_1"),
            ]
            setattr(self, f"add_layer_{number}", Stack(scope, layers))
            inputs = 512
        outputs = 6 * setting.parts + self.NEIGHBOURS**2 * setting.limbs
        self.add_layer_3 = Conv(scope, outputs, 512, 1, name="add_block_3_conv_1")

    def run(self, build: Builder, x: Tensor) -> Outputs:
        """Confidences, boxes in pixels of the picture, edges."""
        x = self.backbone.run(build, x)
        for number in (1, 2, 3):
            x = getattr(self, f"add_layer_{number}").run(build, x)
        x = build.node("Activation", "sigmoid", {"input": x}, activation="sigmoid")[0]
        setting, first = self.setting, build.scope.data_format == "channels_first"
        cuts = [setting.parts * i for i in range(1, 7)]
        names = ["pc", "pi", "px", "py", "pw", "ph", "pe"]
        axis = build.scope.channel_axis
        parts = dict(
            zip(names, build.node("split", "maps", {"x": x}, 7, indices_or_sections=cuts, axis=axis), strict=True)
        )
        rows, columns = setting.height // self.CELL, setting.width // self.CELL
        grid_x, grid_y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
        for name, grid, size in (("px", grid_x, self.CELL), ("py", grid_y, self.CELL), ("pw", None, setting.width),
                                 ("ph", None, setting.height)):  # fmt: skip
            value = parts[name]
            if grid is not None:
                cells = build.constant(f"grid_{name[1]}", grid if first else grid[:, :, None])
                value = build.node("add", f"{name}/cell", {"x1": value, "x2": cells})[0]
            parts[name] = scaled(build, name, value, size)
        near = [self.NEIGHBOURS, self.NEIGHBOURS, columns, rows]
        shape = [-1, setting.limbs, *near] if first else [-1, *near, setting.limbs]
        parts["pe"] = build.node("reshape", "pe", {"x": parts["pe"]}, newshape=shape)[0]
        return parts


def scaled(build: Builder, name: str, x: Tensor, factor: float) -> Tensor:
    """Times a number."""
    number = build.constant(f"{name}/scale", np.array(factor, np.float32))
    return build.node("multiply", name, {"x1": x, "x2": number})[0]


# --- PifPaf


class FieldHead(Block):
    """Pifpaf.PifHead and PafHead: fields of one confidence, vectors of two, spreads and scales each."""

    def __init__(self, scope: Scope, inputs: int, fields: int, maps: int) -> None:
        self.fields, self.maps = fields, maps
        self.main_block = Conv(scope, fields * maps * 4, inputs, 1)

    def split(self, build: Builder, x: Tensor, sizes: list[int], rows: int, columns: int) -> list[Tensor]:
        """The maps, twice as high and wide as the features: [batch, field, size, row, column]."""
        name = self.main_block.name
        x = self.main_block.run(build, x)
        count = self.fields * self.maps
        blocks = build.node("reshape", f"{name}/blocks", {"x": x}, newshape=[-1, count, 2, 2, rows // 2, columns // 2])
        moved = build.node("transpose", f"{name}/moved", {"x": blocks[0]}, axes=[0, 1, 4, 2, 5, 3])
        shape = [-1, self.fields, self.maps, rows, columns]
        fields = build.node("reshape", f"{name}/fields", {"x": moved[0]}, newshape=shape)
        cuts = [sum(sizes[:i]) for i in range(1, len(sizes))]
        parts = build.node("split", f"{name}/maps", {"x": fields[0]}, len(sizes), indices_or_sections=cuts, axis=2)
        return [
            part if size > 1 else build.node("squeeze", f"{name}/map_{i}", {"x": part}, axis=[2])[0]
            for i, (part, size) in enumerate(zip(parts, sizes, strict=True))
        ]

    def run(self, build: Builder, x: Tensor) -> Any:
        """The heads differ in what they make of the maps."""
        raise NotImplementedError


class PifPaf(Block):
    """Pifpaf, on ResNet-50 without its pool and a stride of 8 where nothing else is said; only channels first."""

    def __init__(self, scope: Scope, setting: Setting, backbone: str | None) -> None:
        self.setting = setting
        self.stride = 16 if backbone else 8
        self.backbone = BACKBONES[backbone](scope, 32) if backbone else Resnet50(scope, 32, False, 1e-4)
        self.pif_head = FieldHead(scope, self.backbone.outputs, setting.parts, 5)
        self.paf_head = FieldHead(scope, self.backbone.outputs, setting.limbs, 9)

    def run(self, build: Builder, x: Tensor) -> Outputs:
        """Confidences, vectors and scales in pixels of the picture."""
        x = self.backbone.run(build, x)
        # Each stride of 2, padded SAME, halves and rounds up.
        halvings = (2 * self.stride).bit_length() - 1
        rows, columns = (2 * -(-size // (1 << halvings)) for size in (self.setting.height, self.setting.width))
        grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows))).astype(np.float32) + np.float32(1.5)
        cells = build.constant("mesh_grid", grid)
        pif = self.pif_head.split(build, x, [1, 2, 1, 1], rows, columns)
        paf = self.paf_head.split(build, x, [1, 2, 2, 1, 1, 1, 1], rows, columns)
        return {
            "pif_conf": confidence(build, "pif_conf", pif[0]),
            "pif_vec": self.vector(build, "pif_vec", pif[1], cells),
            "pif_scale": self.scale(build, "pif_scale", pif[3]),
            "paf_conf": confidence(build, "paf_conf", paf[0]),
            "paf_src_vec": self.vector(build, "paf_src_vec", paf[1], cells),
            "paf_dst_vec": self.vector(build, "paf_dst_vec", paf[2], cells),
            "paf_src_scale": self.scale(build, "paf_src_scale", paf[5]),
            "paf_dst_scale": self.scale(build, "paf_dst_scale", paf[6]),
        }

    def vector(self, build: Builder, name: str, x: Tensor, cells: Tensor) -> Tensor:
        """From the middle of the cell, in pixels."""
        return scaled(build, name, build.node("add", f"{name}/cell", {"x1": x, "x2": cells})[0], self.stride)

    def scale(self, build: Builder, name: str, x: Tensor) -> Tensor:
        """In pixels."""
        positive = build.node("Activation", f"{name}/softplus", {"input": x}, activation="softplus")
        return scaled(build, name, positive[0], self.stride)


def confidence(build: Builder, name: str, x: Tensor) -> Tensor:
    """A probability."""
    return build.node("Activation", name, {"input": x}, activation="sigmoid")[0]
