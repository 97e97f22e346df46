"""The arithmetic of Darknet's sections in NumPy. Source: activations.h and blas.c of github.com/AlexeyAB/darknet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def stair(x: Array) -> Array:
    n = np.floor(x)
    return np.where(n % 2 == 0, np.floor(x / 2), (x - n) + np.floor(x / 2))


def softmax(x: Array, axis: int, epsilon: float = 0.0, subtract: bool = True) -> Array:
    e = np.exp(x - x.max(axis, keepdims=True) if subtract else x)
    return e / (e.sum(axis, keepdims=True) + epsilon)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "logistic": sigmoid,
    "loggy": lambda x: 2 * sigmoid(x) - 1,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "elu": lambda x: np.where(x >= 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: np.where(x >= 0, 1.0507 * x, 1.0507 * 1.6732 * np.expm1(np.minimum(x, 0))),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(0.797885 * x + 0.035677 * x**3)),
    "relie": lambda x: np.where(x > 0, x, 0.01 * x),
    "ramp": lambda x: x * (x > 0) + 0.1 * x,
    "leaky": lambda x: np.where(x > 0, x, 0.1 * x),
    "revleaky": lambda x: np.where(x > 0, x, 0.1 * x),
    "linear": lambda x: x,
    "tanh": np.tanh,
    "plse": lambda x: np.where(x < -4, 0.01 * (x + 4), np.where(x > 4, 0.01 * (x - 4) + 1, 0.125 * x + 0.5)),
    "stair": stair,
    "hardtan": lambda x: np.clip(x, -1, 1),
    "lhtan": lambda x: np.where(x < 0, 0.001 * x, np.where(x > 1, 0.001 * (x - 1) + 1, x)),
    "swish": lambda x: x * sigmoid(x),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "hard_mish": lambda x: np.where(x > 0, x, np.where(x > -2, x * x / 2 + x, 0)),
    "normalize_channels": lambda x: np.maximum(x, 0) / (np.maximum(x, 0).sum(1, keepdims=True) + 1e-4),
    "normalize_channels_softmax": lambda x: softmax(x, 1, 1e-4, subtract=False),
    "normalize_channels_softmax_maxval": lambda x: softmax(x, 1, 1e-4),
}


def windows(x: Array, size: int, stride: tuple[int, int], before: int, after: int, fill: float, dilation: int) -> Array:
    """[N, C, h, w, size, size]"""
    padded = np.pad(x, ((0, 0), (0, 0), (before, after), (before, after)), constant_values=fill)
    reach = dilation * (size - 1) + 1
    return sliding_window_view(padded, (reach, reach), (2, 3))[:, :, :: stride[0], :: stride[1], ::dilation, ::dilation]


def convolve(
    x: Array, w: Array, stride: tuple[int, int] = (1, 1), padding: int = 0, groups: int = 1, dilation: int = 1
) -> Array:
    parts = []
    for part, kernels in zip(np.split(x, groups, 1), np.split(w, groups, 0), strict=True):
        seen = windows(part, w.shape[2], stride, padding, padding, 0, dilation)
        parts.append(np.einsum("nchwij,ocij->nohw", seen, kernels, optimize=True))
    return np.concatenate(parts, 1)


def space_to_depth(x: Array, s: int) -> Array:
    n, c, h, w = x.shape
    return x.reshape(n, c, h // s, s, w // s, s).transpose(0, 3, 5, 1, 2, 4).reshape(n, c * s * s, h // s, w // s)


def depth_to_space(x: Array, s: int) -> Array:
    n, c, h, w = x.shape
    return x.reshape(n, s, s, c // s // s, h, w).transpose(0, 3, 4, 1, 5, 2).reshape(n, c // s // s, h * s, w * s)
