"""Weights as Keras 1, Theano and cuDNN layers laid them out, brought to the order of today.

Source of the layouts: tf_keras, src/saving/legacy/hdf5_format.py, preprocess_weights_for_loading.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from modelconv.model import Array

CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D")
# Keras 1 kept a matrix per gate: i, c, f, o (LSTM) and z, r, h (GRU).
GATES_OF_KERAS1 = {"LSTM": 4, "GRU": 3}
LSTM_ORDER = (0, 2, 1, 3)


def is_first_version(version: str) -> bool:
    """Written by Keras 1."""
    return version.partition(".")[0] in ("0", "1")


def old_weight_count(kind: str, config: dict[str, Any], version: str) -> int | None:
    """How many weights the layer had in Keras 1, where that differs."""
    if is_first_version(version) and kind in GATES_OF_KERAS1 and config.get("consume_less") != "gpu":
        return 3 * GATES_OF_KERAS1[kind]
    return None


def modern_weights(
    kind: str, class_name: str, config: dict[str, Any], arrays: list[Array], version: str, backend: str
) -> list[Array]:
    """The weights of one layer."""
    if is_first_version(version):
        arrays = from_keras1(kind, config, arrays)
    if backend == "theano" and kind in CONVOLUTIONS and arrays:
        arrays = [flipped(arrays[0]), *arrays[1:]]  # Theano's convolution turns the kernel round
    if class_name in ("CuDNNLSTM", "CuDNNGRU"):
        arrays = from_cudnn(kind, arrays)
    return arrays


def flipped(kernel: Array) -> Array:
    """All spatial axes reversed."""
    spatial = kernel.ndim - 2
    return np.ascontiguousarray(kernel[tuple([slice(None, None, -1)] * spatial)])


def from_keras1(kind: str, config: dict[str, Any], arrays: list[Array]) -> list[Array]:
    """Kernels [output, input, spatial...] of channels-first layers, 4-D kernels of Conv1D, a matrix per gate."""
    first = config.get("data_format") == "channels_first"
    if not arrays:
        return arrays
    kernel = arrays[0]
    if kind == "Conv1D" and kernel.ndim == 4:
        if kernel.shape[1] != 1 and kernel.shape[3] == 1:
            kernel = kernel.transpose(2, 3, 1, 0)
        return [np.ascontiguousarray(kernel[:, 0]), *arrays[1:]]
    if kind == "Conv2D" and first and kernel.ndim == 4:
        return [np.ascontiguousarray(kernel.transpose(2, 3, 1, 0)), *arrays[1:]]
    if kind == "Conv2DTranspose" and kernel.ndim == 4:
        perm = (2, 3, 0, 1) if first else (0, 1, 3, 2)
        return [np.ascontiguousarray(kernel.transpose(perm)), *arrays[1:]]
    if kind == "Conv3D" and first and kernel.ndim == 5:
        return [np.ascontiguousarray(kernel.transpose(2, 3, 4, 1, 0)), *arrays[1:]]
    gates = GATES_OF_KERAS1.get(kind, 0)
    if gates and len(arrays) == 3 * gates:
        order = LSTM_ORDER if kind == "LSTM" else range(gates)
        return [np.concatenate([arrays[3 * gate + i] for gate in order], axis=-1) for i in range(3)]
    return arrays


def from_cudnn(kind: str, arrays: list[Array]) -> list[Array]:
    """Transposed kernels, two biases."""
    if len(arrays) != 3:
        return arrays
    gates = 4 if kind == "LSTM" else 3
    kernel = per_gate(arrays[0], gates, lambda part: part.T.reshape(part.shape, order="F"))
    recurrent = per_gate(arrays[1], gates, lambda part: part.T)
    halves = arrays[2].reshape(2, -1)
    return [kernel, recurrent, halves.sum(axis=0) if kind == "LSTM" else halves]


def per_gate(kernel: Array, gates: int, change: Callable[[Array], Array]) -> Array:
    """Each gate's columns changed."""
    return np.hstack([change(part) for part in np.hsplit(kernel, gates)])
