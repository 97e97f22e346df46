"""Caffe's layers as NumPy formulas. Source: src/caffe/layers of github.com/BVLC/caffe and of the forks named here."""

from __future__ import annotations

import math

import numpy as np

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def pooling(x: Array, method: str, kernel: int, stride: int, pad: int = 0, round_up: bool = True) -> Array:
    """pooling_layer.cpp: windows are rounded up; averages count the padding but not what lies beyond it."""
    n, c, h, w = x.shape
    sizes = []
    for size in (h, w):
        steps = (size + 2 * pad - kernel) / stride
        count = (math.ceil(steps) if round_up else math.floor(steps)) + 1
        sizes.append(count - 1 if pad and (count - 1) * stride >= size + pad else count)
    out = np.zeros((n, c, *sizes))
    for i in range(sizes[0]):
        for j in range(sizes[1]):
            top, left = i * stride - pad, j * stride - pad
            bottom, right = min(top + kernel, h + pad), min(left + kernel, w + pad)
            area = (bottom - top) * (right - left)
            window = x[:, :, max(top, 0) : min(bottom, h), max(left, 0) : min(right, w)]
            if method == "MAX":
                out[:, :, i, j] = window.max((2, 3))
            elif method == "AVE":
                out[:, :, i, j] = window.sum((2, 3)) / area
            else:
                out[:, :, i, j] = (window**2).sum((2, 3)) / window.sum((2, 3))
    return out


def lrn_across(x: Array, size: int, alpha: float, beta: float, k: float = 1) -> Array:
    half = size // 2
    squares = np.pad(x * x, ((0, 0), (half, half), (0, 0), (0, 0)))
    sums = sum(squares[:, i : i + x.shape[1]] for i in range(size))
    return x * (k + alpha / size * sums) ** -beta


def lrn_within(x: Array, size: int, alpha: float, beta: float) -> Array:
    return x * (1 + alpha * pooling(x * x, "AVE", size, 1, (size - 1) // 2)) ** -beta


def mvn(x: Array, axes: tuple[int, ...], variance: bool = True, eps: float = 1e-9) -> Array:
    centred = x - x.mean(axes, keepdims=True)
    return centred / (np.sqrt((centred**2).mean(axes, keepdims=True)) + eps) if variance else centred


def lstm(x: Array, cont: Array, w: Array, b: Array, r: Array, static: Array | None = None) -> Array:
    """lstm_unit_layer.cpp: gates i, f, o, g."""
    outputs = r.shape[1]
    h = c = np.zeros((x.shape[1], outputs))
    results = []
    for step, keep in zip(x.reshape(*x.shape[:2], -1), cont[:, :, None], strict=True):
        gates = step @ w.T + b + (h * keep) @ r.T + (0 if static is None else static)
        i, f, o, g = np.split(gates, 4, 1)
        c = keep * sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        results.append(h)
    return np.stack(results)


def rnn(x: Array, cont: Array, w: Array, b: Array, r: Array, out: Array, out_bias: Array) -> Array:
    h = np.zeros((x.shape[1], r.shape[0]))
    results = []
    for step, keep in zip(x, cont[:, :, None], strict=True):
        h = np.tanh(step @ w.T + b + (h * keep) @ r.T)
        results.append(np.tanh(h @ out.T + out_bias))
    return np.stack(results)


def unpool(x: Array, places: Array, h: int, w: int) -> Array:
    out = np.zeros((*x.shape[:2], h * w))
    np.put_along_axis(out, places.reshape(*x.shape[:2], -1).astype(int), x.reshape(*x.shape[:2], -1), 2)
    return out.reshape(*x.shape[:2], h, w)


def max_places(x: Array, size: int) -> Array:
    """Where in its plane the largest number of each window stands."""
    n, c, h, w = x.shape
    index = np.arange(h * w).reshape(h, w)
    values = x.reshape(n, c, h // size, size, w // size, size).transpose(0, 1, 2, 4, 3, 5)
    chosen = values.reshape(n, c, h // size, w // size, -1).argmax(-1)
    cells = index.reshape(h // size, size, w // size, size).transpose(0, 2, 1, 3).reshape(h // size, w // size, -1)
    return np.take_along_axis(np.broadcast_to(cells, (n, c, *cells.shape)), chosen[..., None], -1)[..., 0]


def interp(x: Array, h: int, w: int) -> Array:
    """Bilinear, corners on corners."""
    for axis, size in ((2, h), (3, w)):
        old = x.shape[axis]
        at = np.arange(size) * ((old - 1) / (size - 1) if size > 1 else 0)
        low = np.minimum(np.floor(at).astype(int), old - 1)
        high = np.minimum(low + 1, old - 1)
        part = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        x = np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part
    return x


def psroi_pooling(x: Array, rois: Array, outputs: int, size: int, scale: float) -> Array:
    """psroi_pooling_layer.cu of caffe-rfcn."""
    h, w = x.shape[2:]
    out = np.zeros((len(rois), outputs, size, size))
    for n, (image, *corners) in enumerate(rois):
        left, top = (math.floor(v + 0.5) * scale for v in corners[:2])
        right, bottom = ((math.floor(v + 0.5) + 1) * scale for v in corners[2:])
        bin_h, bin_w = max(bottom - top, 0.1) / size, max(right - left, 0.1) / size
        for c in range(outputs):
            for i in range(size):
                for j in range(size):
                    rows = [min(max(f, 0), h) for f in (math.floor(i * bin_h + top), math.ceil((i + 1) * bin_h + top))]
                    cols = [
                        min(max(f, 0), w) for f in (math.floor(j * bin_w + left), math.ceil((j + 1) * bin_w + left))
                    ]
                    window = x[int(image), (c * size + i) * size + j, rows[0] : rows[1], cols[0] : cols[1]]
                    out[n, c, i, j] = window.mean() if window.size else 0
    return out


def roi_pooling(x: Array, rois: Array, size: int, scale: float) -> Array:
    """roi_pooling_layer.cpp of caffe-fast-rcnn."""
    h, w = x.shape[2:]
    out = np.zeros((len(rois), x.shape[1], size, size))
    for n, (image, *corners) in enumerate(rois):
        left, top, right, bottom = (math.floor(v * scale + 0.5) for v in corners)
        bin_h, bin_w = max(bottom - top + 1, 1) / size, max(right - left + 1, 1) / size
        for i in range(size):
            for j in range(size):
                rows = [min(max(f + top, 0), h) for f in (math.floor(i * bin_h), math.ceil((i + 1) * bin_h))]
                cols = [min(max(f + left, 0), w) for f in (math.floor(j * bin_w), math.ceil((j + 1) * bin_w))]
                window = x[int(image), :, rows[0] : rows[1], cols[0] : cols[1]]
                out[n, :, i, j] = window.max((1, 2)) if window.size else 0
    return out


def roi_align(x: Array, rois: Array, size: tuple[int, int], scale: float, samples: int) -> Array:
    """Averages over samples x samples points of each window, interpolated: ROIAlign of Mask R-CNN as in Detectron."""
    h, w = x.shape[2:]
    out = np.zeros((len(rois), x.shape[1], *size))
    for n, (image, *corners) in enumerate(rois):
        left, top, right, bottom = (v * scale for v in corners)
        bins = [max(bottom - top, 1) / size[0], max(right - left, 1) / size[1]]
        for i in range(size[0]):
            for j in range(size[1]):
                for a in range(samples):
                    for b in range(samples):
                        row = top + (i + (a + 0.5) / samples) * bins[0]
                        column = left + (j + (b + 0.5) / samples) * bins[1]
                        if -1 <= row <= h and -1 <= column <= w:
                            out[n, :, i, j] += bilinear(x[int(image)], row, column) / samples**2
    return out


def bilinear(x: Array, row: float, column: float) -> Array:
    """A point of an image [C, H, W]; beyond its last pixel, that pixel."""
    parts = []
    for at, size in ((row, x.shape[1]), (column, x.shape[2])):
        at = min(max(at, 0), size - 1)
        low = int(at)
        parts.append((low, min(low + 1, size - 1), at - low))
    (y0, y1, dy), (x0, x1, dx) = parts
    above = x[:, y0, x0] * (1 - dx) + x[:, y0, x1] * dx
    return above * (1 - dy) + (x[:, y1, x0] * (1 - dx) + x[:, y1, x1] * dx) * dy


def reorg(x: Array, s: int) -> Array:
    n, c, h, w = x.shape
    seen = x.reshape(n, c // s // s, h, s, w, s)
    return seen.transpose(0, 3, 5, 1, 2, 4).reshape(n, c * s * s, h // s, w // s)
