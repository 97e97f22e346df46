"""Two of HyperPose's networks written in TensorFlow's own operations, weights by TensorLayer's names; channels last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class Reader:
    """Layers by name; those that TensorLayer numbers come in the order in which they are built."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        import tensorflow as tf

        self.tf, self.weights, self.counts = tf, weights, {"conv2d": 0, "batchnorm2d": 0}

    def next(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{kind}_{self.counts[kind]}"

    def conv(self, x: Any, name: str | None = None, stride: int = 1, act: bool = False) -> Any:
        name = name or self.next("conv2d")
        y = self.tf.nn.conv2d(x, self.weights[f"{name}/filters"], stride, "SAME")
        if f"{name}/biases" in self.weights:
            y = self.tf.nn.bias_add(y, self.weights[f"{name}/biases"])
        return self.tf.nn.relu(y) if act else y

    def norm(self, x: Any, name: str | None = None) -> Any:
        name = name or self.next("batchnorm2d")
        mean, variance, beta, gamma = (
            self.weights[f"{name}/{part}"] for part in ("moving_mean", "moving_var", "beta", "gamma")
        )
        return self.tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-5)

    def conv_norm(self, x: Any) -> Any:
        return self.tf.nn.relu(self.norm(self.conv(x)))

    def pool(self, x: Any, size: int = 2) -> Any:
        return self.tf.nn.max_pool2d(x, size, 2, "SAME")


def vggtiny(read: Reader, x: Any) -> Any:
    for name in ("1_1", "1_2", "", "2_1", "2_2", "", "3_1", "3_2", "3_3", "", "4_1", "4_2"):
        if name:
            x = read.tf.nn.relu(read.norm(read.conv(x, f"block_{name}_conv1"), f"block_{name}_bn1"))
        else:
            x = read.pool(x)
    return x


def lightweight_openpose_vggtiny(weights: Mapping[str, np.ndarray], picture: np.ndarray) -> dict[str, np.ndarray]:
    """Maps [batch, row, column, map] of a picture [batch, row, column, 3]."""
    read = Reader(weights)

    def shortcut(x: Any, blocks: int) -> Any:
        x = read.conv(x, act=True)
        y = x
        for _ in range(blocks):
            y = read.conv_norm(y)
        return x + y

    def heads(x: Any) -> list[Any]:
        return [read.conv(read.conv(x, act=True)) for _ in range(2)]

    features = read.conv(shortcut(vggtiny(read, picture), 3), act=True)
    x = features
    for _ in range(3):
        x = read.conv(x, act=True)
    x = read.tf.concat([features, *heads(x)], -1)
    for _ in range(5):
        x = shortcut(x, 2)
    conf, paf = heads(x)
    return {"conf_map": conf.numpy(), "paf_map": paf.numpy()}


def pose_proposal_resnet18(weights: Mapping[str, np.ndarray], picture: np.ndarray) -> dict[str, np.ndarray]:
    """Boxes and edges of a picture [batch, row, column, 3] with 18 parts and 17 limbs."""
    read = Reader(weights)
    tf = read.tf
    x = read.pool(tf.nn.relu(read.norm(read.conv(picture, "conv_1_1", 2), "bn_1_1")), 3)
    for name, stride in (("2_1", 1), ("2_2", 1), ("3_1", 2), ("3_2", 1), ("4_1", 2), ("4_2", 1), ("5_1", 2)):
        y = tf.nn.relu(read.norm(read.conv(x, f"block_{name}_conv_1", stride), f"block_{name}_bn_1"))
        y = read.norm(read.conv(y, f"block_{name}_conv_2"), f"block_{name}_bn_2")
        shorter = read.norm(read.conv(x, None, stride)) if name[2] == "1" and name[0] != "2" else x
        x = tf.nn.relu(y + shorter)
    for i in (1, 2):
        x = tf.nn.leaky_relu(read.norm(read.conv(x, f"add_block_{i}_conv_1"), f"add_block_{i}_bn_1"), 0.1)
    x = tf.sigmoid(read.conv(x, "add_block_3_conv_1")).numpy()
    height, width = picture.shape[1:3]
    parts = dict(zip(("pc", "pi", "px", "py", "pw", "ph"), np.split(x[..., :108], 6, -1), strict=True))
    parts["px"] = (parts["px"] + np.arange(width // 32)[:, None]) * 32
    parts["py"] = (parts["py"] + np.arange(height // 32)[:, None, None]) * 32
    parts["pw"], parts["ph"] = parts["pw"] * width, parts["ph"] * height
    return {**parts, "edges": x[..., 108:]}
