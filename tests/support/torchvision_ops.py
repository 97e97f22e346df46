"""torchvision's operators by their definitions, for a Python without torchvision.

Slow loops, written after the description in torchvision's documentation and its CPU kernels (torchvision/csrc/ops/cpu).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray

SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align": "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio, bool aligned) -> Tensor",
    "roi_pool": "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width) "
    "-> (Tensor, Tensor)",
    "ps_roi_align": "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio) -> (Tensor, Tensor)",
    "deform_conv2d": "(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt stride_h, "
    "SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, SymInt groups, "
    "SymInt offset_groups, bool use_mask) -> Tensor",
}


@cache
def torchvision_ops() -> Any:
    """`torch.ops.torchvision`, with these operators registered where torchvision is not installed."""
    import torch

    if hasattr(torch.ops.torchvision, "nms"):
        return torch.ops.torchvision
    library = torch.library.Library("torchvision", "DEF")
    kernels = {"nms": nms, "roi_align": roi_align, "roi_pool": roi_pool, "ps_roi_align": ps_roi_align}
    kernels["deform_conv2d"] = deform_conv2d
    for name, schema in SCHEMAS.items():
        library.define(name + schema)
        library.impl(name, as_kernel(kernels[name]), "CPU")
        torch.library.register_fake(f"torchvision::{name}", globals()[f"{name}_shape"], lib=library)
    torchvision_ops.library = library  # type: ignore[attr-defined]  # it lives as long as its operators
    return torch.ops.torchvision


def as_kernel(function: Any) -> Any:
    def kernel(*args: Any) -> Any:
        import torch

        results = function(*[arg.numpy() if isinstance(arg, torch.Tensor) else arg for arg in args])
        tensors = tuple(torch.from_numpy(result) for result in (results if isinstance(results, tuple) else [results]))
        return tensors if isinstance(results, tuple) else tensors[0]

    return kernel


# --- suppression


def nms(boxes: Array, scores: Array, threshold: float) -> Array:
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(overlap(boxes[index], boxes[other]) <= threshold for other in kept):
            kept.append(int(index))
    return np.array(kept, dtype=np.int64)


def overlap(a: Array, b: Array) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(shared / (area - shared))


def nms_shape(boxes: Any, scores: Any, threshold: float) -> Any:
    import torch

    return boxes.new_empty(torch.library.get_ctx().new_dynamic_size(), dtype=torch.int64)


# --- regions


def bilinear(plane: Array, y: float, x: float) -> float:
    """Pixels beyond the edge by up to one are the edge's, further ones 0."""
    height, width = plane.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0.0
    y, x = max(y, 0), max(x, 0)
    top, left = min(int(y), height - 1), min(int(x), width - 1)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    fy, fx = (y - top if top < height - 1 else 0.0), (x - left if left < width - 1 else 0.0)
    upper = plane[top, left] * (1 - fx) + plane[top, right] * fx
    lower = plane[bottom, left] * (1 - fx) + plane[bottom, right] * fx
    return float(upper * (1 - fy) + lower * fy)


def roi_align(x: Array, rois: Array, scale: float, height: int, width: int, ratio: int, aligned: bool) -> Array:
    y = np.zeros((len(rois), x.shape[1], height, width), dtype=x.dtype)
    for k, roi in enumerate(rois):
        left, top, right, bottom = roi[1:] * np.float32(scale) - (0.5 if aligned else 0)
        size_y, size_x = bottom - top, right - left
        if not aligned:
            size_y, size_x = max(size_y, 1), max(size_x, 1)
        count_y = ratio if ratio > 0 else math.ceil(size_y / height)
        count_x = ratio if ratio > 0 else math.ceil(size_x / width)
        for c, i, j in np.ndindex(x.shape[1], height, width):
            samples = [
                bilinear(
                    x[int(roi[0]), c],
                    top + (i + (a + 0.5) / count_y) * size_y / height,
                    left + (j + (b + 0.5) / count_x) * size_x / width,
                )
                for a in range(count_y)
                for b in range(count_x)
            ]
            y[k, c, i, j] = sum(samples) / max(len(samples), 1)
    return y


def ps_roi_align(x: Array, rois: Array, scale: float, height: int, width: int, ratio: int) -> tuple[Array, Array]:
    every = roi_align(x, rois, scale, height, width, ratio, True)
    every = every.reshape(len(rois), -1, height, width, height, width)
    y = np.einsum("kcijij->kcij", every).copy()
    return y, np.zeros(y.shape, dtype=np.int32)


def roi_pool(x: Array, rois: Array, scale: float, height: int, width: int) -> tuple[Array, Array]:
    y = np.zeros((len(rois), x.shape[1], height, width), dtype=x.dtype)
    for k, roi in enumerate(rois):
        left, top, right, bottom = (math.floor(edge * scale + 0.5) for edge in roi[1:])
        size_y, size_x = max(bottom - top + 1, 1), max(right - left + 1, 1)
        for i, j in np.ndindex(height, width):
            rows = slice(*(min(max(edge + top, 0), x.shape[2]) for edge in window(i, size_y, height)))
            columns = slice(*(min(max(edge + left, 0), x.shape[3]) for edge in window(j, size_x, width)))
            part = x[int(roi[0]), :, rows, columns]
            y[k, :, i, j] = part.max(axis=(1, 2)) if part.size else 0
    return y, np.zeros(y.shape, dtype=np.int32)


def window(index: int, size: int, count: int) -> tuple[int, int]:
    return math.floor(index * size / count), math.ceil((index + 1) * size / count)


def roi_align_shape(x: Any, rois: Any, scale: float, height: int, width: int, *rest: Any) -> Any:
    return x.new_empty((rois.shape[0], x.shape[1], height, width))


def ps_roi_align_shape(x: Any, rois: Any, scale: float, height: int, width: int, ratio: int) -> Any:
    import torch

    y = x.new_empty((rois.shape[0], x.shape[1] // (height * width), height, width))
    return y, torch.empty_like(y, dtype=torch.int32)


def roi_pool_shape(x: Any, rois: Any, scale: float, height: int, width: int) -> Any:
    import torch

    y = x.new_empty((rois.shape[0], x.shape[1], height, width))
    return y, torch.empty_like(y, dtype=torch.int32)


# --- deformable convolution


def deform_conv2d(x: Array, weight: Array, offset: Array, mask: Array, bias: Array, *settings: Any) -> Array:
    stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, groups, offset_groups, use_mask = settings
    out_h, out_w = offset.shape[2:]
    kernel_h, kernel_w = weight.shape[2:]
    per_group, per_offset_group = x.shape[1] // groups, x.shape[1] // offset_groups
    y = np.zeros((len(x), len(weight), out_h, out_w), dtype=x.dtype) + bias[None, :, None, None]
    for n, i, j in np.ndindex(len(x), out_h, out_w):
        columns = np.zeros((x.shape[1], kernel_h, kernel_w))
        for c, a, b in np.ndindex(*columns.shape):
            place = (c // per_offset_group * kernel_h + a) * kernel_w + b
            row = i * stride_h - pad_h + a * dilation_h + offset[n, 2 * place, i, j]
            column = j * stride_w - pad_w + b * dilation_w + offset[n, 2 * place + 1, i, j]
            columns[c, a, b] = sample_or_zero(x[n, c], row, column) * (mask[n, place, i, j] if use_mask else 1)
        for o in range(len(weight)):
            first = o // (len(weight) // groups) * per_group
            y[n, o, i, j] += (weight[o] * columns[first : first + per_group]).sum()
    return y.astype(x.dtype)


def sample_or_zero(plane: Array, y: float, x: float) -> float:
    """Between pixels; all beyond the edge are 0."""
    padded = np.pad(plane, 2)
    if not (-1 < y < plane.shape[0] and -1 < x < plane.shape[1]):
        return 0.0
    return bilinear(padded, y + 2, x + 2)


def deform_conv2d_shape(x: Any, weight: Any, offset: Any, *rest: Any) -> Any:
    return x.new_empty((x.shape[0], weight.shape[0], *offset.shape[2:]))
