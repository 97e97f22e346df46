"""A detector in two stages as torchvision and mmdetection build them, small and with random weights.

Backbone and pyramid, region proposals, suppression, RoiAlign over the levels, a head, suppression by class. How many
proposals and detections there are depends on the picture.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from support.torchvision_ops import torchvision_ops
from torch import nn
from torch.nn import functional

Tensor = torch.Tensor

STRIDES = (4, 8, 16)
CHANNELS = 8
POOLED = 3
LARGEST_LOG = math.log(1000 / 16)


class TwoStageDetector(nn.Module):
    """(1, 3, H, W) -> boxes (n, 4) in pixels, scores (n), labels (n) from 1."""

    def __init__(self, masks: bool = False, classes: int = 3) -> None:
        """`masks`: each level pools all proposals, and a mask keeps its own; otherwise it pools its own alone."""
        super().__init__()
        self.backbone = Backbone()
        self.pyramid = Pyramid()
        self.proposals = RegionProposals()
        self.pool = masked_pool if masks else indexed_pool
        self.head = Head(classes)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.mul_(1.75)  # otherwise all boxes are the anchors, and all classes are as likely

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        height, width = image.shape[-2:]
        levels = self.pyramid(self.backbone(image))
        proposals = self.proposals(levels, height, width)
        scores, deltas = self.head(self.pool(levels, proposals))
        return detections(proposals, scores, deltas, height, width)


class Backbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, CHANNELS, 7, 2, 3, bias=False), nn.BatchNorm2d(CHANNELS), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 3, min(i + 1, 2), 1), nn.BatchNorm2d(CHANNELS), nn.ReLU())
            for i in range(len(STRIDES))
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        x = self.stem(image)
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found


class Pyramid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(CHANNELS, CHANNELS, 1) for _ in STRIDES)
        self.smooth = nn.ModuleList(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1) for _ in STRIDES)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        sideways = [conv(x) for conv, x in zip(self.lateral, features, strict=True)]
        for i in range(len(sideways) - 1, 0, -1):
            size = sideways[i - 1].shape[-2:]
            sideways[i - 1] = sideways[i - 1] + functional.interpolate(sideways[i], size=size, mode="nearest")
        return [conv(x) for conv, x in zip(self.smooth, sideways, strict=True)]


class RegionProposals(nn.Module):
    """Boxes that may hold something: the best of each level, without those that overlap a better one."""

    def __init__(self, best: int = 40, kept: int = 24) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.objectness = nn.Conv2d(CHANNELS, 3, 1)
        self.deltas = nn.Conv2d(CHANNELS, 12, 1)
        self.best, self.kept = best, kept

    def forward(self, levels: list[Tensor], height: Any, width: Any) -> Tensor:
        boxes, scores, numbers = [], [], []
        for number, (x, stride) in enumerate(zip(levels, STRIDES, strict=True)):
            hidden = functional.relu(self.conv(x))
            objectness = self.objectness(hidden).permute(0, 2, 3, 1).reshape(-1)
            deltas = self.deltas(hidden).view(1, 3, 4, *x.shape[-2:]).permute(0, 3, 4, 1, 2).reshape(-1, 4)
            top, index = objectness.topk(min(self.best, objectness.shape[0]))
            boxes.append(decode(anchors(x.shape[-2], x.shape[-1], stride)[index], deltas[index]))
            scores.append(top.sigmoid())
            numbers.append(torch.full_like(index, number))
        every, score, level = clipped(torch.cat(boxes), height, width), torch.cat(scores), torch.cat(numbers)
        large = torch.where(has_area(every))[0]
        every, score, level = every[large], score[large], level[large]
        return every[suppressed(every, score, level * (height + width), 0.7)[: self.kept]]


class Head(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(CHANNELS * POOLED * POOLED, 16)
        self.scores = nn.Linear(16, classes + 1)
        self.deltas = nn.Linear(16, 4 * (classes + 1))

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        hidden = functional.relu(self.hidden(pooled.flatten(start_dim=1)))
        return self.scores(hidden), self.deltas(hidden) / 5


def anchors(rows: Any, columns: Any, stride: int) -> Tensor:
    """Three shapes around each cell's corner: (rows * columns * 3, 4)."""
    sizes = torch.tensor([[6.0, 6.0], [4.0, 8.0], [8.0, 4.0]]) * (stride / 2)
    shapes = torch.cat([-sizes, sizes], dim=1) / 2
    y, x = torch.meshgrid(torch.arange(rows) * stride, torch.arange(columns) * stride, indexing="ij")
    places = torch.stack([x, y, x, y], dim=-1).reshape(-1, 1, 4)
    return (places + shapes).reshape(-1, 4)


def decode(boxes: Tensor, deltas: Tensor) -> Tensor:
    """Boxes moved and scaled."""
    size = boxes[..., 2:] - boxes[..., :2]
    center = boxes[..., :2] + 0.5 * size + deltas[..., :2] * size
    half = 0.5 * size * deltas[..., 2:].clamp(max=LARGEST_LOG).exp()
    return torch.cat([center - half, center + half], dim=-1)


def clipped(boxes: Tensor, height: Any, width: Any) -> Tensor:
    x = boxes[..., 0::2].clamp(min=0, max=width)
    y = boxes[..., 1::2].clamp(min=0, max=height)
    return torch.stack([x, y], dim=-1).reshape(boxes.shape)


def has_area(boxes: Tensor) -> Tensor:
    """At least a pixel wide and high."""
    return ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(dim=1)


def suppressed(boxes: Tensor, scores: Tensor, offsets: Tensor, threshold: float) -> Tensor:
    """Suppression within each group: the groups are moved apart."""
    kept: Tensor = torchvision_ops().nms(boxes + offsets.to(boxes).unsqueeze(1), scores, threshold)
    return kept


def level_of(boxes: Tensor) -> Tensor:
    """Which level pools a box: larger ones come from coarser levels."""
    size = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sqrt()
    return torch.floor(1 + torch.log2(size / 24 + 1e-6)).clamp(0, len(STRIDES) - 1).to(torch.int64)


def with_batch_index(boxes: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(boxes[:, :1]), boxes], dim=1)


def indexed_pool(levels: list[Tensor], boxes: Tensor) -> Tensor:
    """As torchvision has it: each level's own proposals, found by their indices."""
    rois, level = with_batch_index(boxes), level_of(boxes)
    result = torch.zeros(rois.shape[0], CHANNELS, POOLED, POOLED)
    for number, (x, stride) in enumerate(zip(levels, STRIDES, strict=True)):
        own = torch.where(level == number)[0]
        result[own] = torchvision_ops().roi_align(x, rois[own], 1 / stride, POOLED, POOLED, 2, False)
    return result


def masked_pool(levels: list[Tensor], boxes: Tensor) -> Tensor:
    """As exporters had it that knew no NonZero: every level pools all proposals."""
    rois, level = with_batch_index(boxes), level_of(boxes)
    result = torch.zeros(rois.shape[0], CHANNELS, POOLED, POOLED)
    for number, (x, stride) in enumerate(zip(levels, STRIDES, strict=True)):
        own = (level == number).to(x.dtype).view(-1, 1, 1, 1)
        result = result + own * torchvision_ops().roi_align(x, rois, 1 / stride, POOLED, POOLED, 2, False)
    return result


def detections(proposals: Tensor, scores: Tensor, deltas: Tensor, height: Any, width: Any) -> dict[str, Tensor]:
    """The best boxes of all classes but the background, class 0."""
    classes = scores.shape[1]
    boxes = clipped(decode(proposals.unsqueeze(1), deltas.view(-1, classes, 4)), height, width)
    labels = torch.arange(classes).view(1, -1).expand_as(scores)
    box, score = boxes[:, 1:].reshape(-1, 4), scores.softmax(-1)[:, 1:].reshape(-1)
    label = labels[:, 1:].reshape(-1)
    sure = torch.where((score > 0.2) & has_area(box))[0]
    box, score, label = box[sure], score[sure], label[sure]
    kept = suppressed(box, score, label * (height + width), 0.5)[:12]
    return {"boxes": box[kept], "scores": score[kept], "labels": label[kept]}
