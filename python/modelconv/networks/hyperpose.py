"""The networks of HyperPose by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modelconv.networks.hyperpose_fields import PifPaf, PoseProposal
from modelconv.networks.hyperpose_openpose import (
    LightweightOpenPose,
    MobilenetThinOpenPose,
    OpenPose,
    Setting,
)
from modelconv.networks.tensorlayer import Block, Scope


@dataclass(frozen=True)
class Network:
    """A network with its defaults: sizes and layout as in hyperpose/Config, parts and limbs of COCO."""

    build: Callable[[Scope, Setting, str | None], Block]
    setting: Setting
    data_format: str = "channels_first"
    formats: tuple[str, ...] = ("channels_first", "channels_last")
    grid: int = 1  # sizes of the picture have to be multiples of it


NETWORKS = {
    "openpose": Network(OpenPose, Setting(368, 432, 19, 19), "channels_last"),
    "lightweight_openpose": Network(LightweightOpenPose, Setting(368, 432, 19, 19)),
    "mobilenet_thin_openpose": Network(MobilenetThinOpenPose, Setting(368, 432, 19, 19)),
    "pose_proposal": Network(PoseProposal, Setting(384, 384, 18, 17), grid=32),
    "pifpaf": Network(PifPaf, Setting(368, 432, 17, 19), formats=("channels_first",)),
}
