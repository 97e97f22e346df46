"""torchvision's operators."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.aten import Case, case, floats, positive
from support.torchvision_ops import torchvision_ops

IMAGE = floats(2, 4, 8, 9)
CORNERS = np.random.default_rng(0).uniform(0, 16, (7, 2, 2)).astype("float32")
BOXES = np.concatenate([CORNERS.min(axis=1), CORNERS.max(axis=1) + 1], axis=1)
REGIONS = np.concatenate([np.array([[0], [1], [1], [0], [1], [0], [0]], dtype="float32"), BOXES], axis=1)
DEFORMED = (floats(2, 4, 5, 6), floats(6, 4, 3, 2), floats(2, 12, 5, 5) * 0.7, positive(2, 6, 5, 5), floats(6))
GROUPED = (floats(1, 4, 5, 6), floats(6, 2, 3, 3), floats(1, 36, 3, 1) * 0.7, positive(1, 18, 3, 1), floats(6))


def vision(op: str, *inputs: Any, settings: tuple[Any, ...], first: bool = False, **more: Any) -> Case:
    def call(torch: Any, *tensors: Any) -> Any:
        result = getattr(torchvision_ops(), op)(*tensors, *settings)
        return result[0] if first else result

    return case(f"torchvision.{op}", call, *inputs, **more)


CASES: list[Case] = [
    vision("nms", BOXES, positive(7), settings=(0.1,), other=(BOXES[:4], positive(4))),
    vision("nms", BOXES, positive(7), settings=(0.5,)),
    vision("roi_align", IMAGE, REGIONS, settings=(0.5, 3, 2, 2, True), other=(floats(2, 4, 10, 7), REGIONS[:3])),
    vision("roi_align", IMAGE, REGIONS, settings=(0.5, 2, 2, -1, False)),
    vision("roi_align", IMAGE, REGIONS, settings=(0.25, 2, 3, -1, True)),
    vision("roi_pool", IMAGE, REGIONS, settings=(0.5, 2, 2), first=True),
    vision("roi_pool", IMAGE, REGIONS, settings=(0.25, 3, 2), first=True),
    vision("ps_roi_align", IMAGE, REGIONS, settings=(0.5, 2, 2, 2), first=True),
    vision("ps_roi_align", IMAGE, REGIONS, settings=(0.25, 2, 1, -1), first=True),
    vision("deform_conv2d", *DEFORMED, settings=(1, 1, 1, 0, 1, 1, 1, 1, True)),
    vision("deform_conv2d", *GROUPED, settings=(2, 2, 1, 0, 1, 2, 2, 2, False)),
]
