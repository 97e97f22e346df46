"""What the operators of images are in Hetu: convolutions, pools, normalisations, paddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from modelconv.hetu.importer import Node, Refusal


def one_or_two(sizes: list[int]) -> Any:
    """Early versions of Hetu want a number; two, where both are equal, are one."""
    return sizes[0] if sizes[0] == sizes[1] else tuple(sizes)


def window(node: Node) -> tuple[list[int], Any]:
    """Paddings at the beginnings and the ends, and the stride."""
    if len(node.shape()) != 4:
        raise Refusal(f"a window over {len(node.shape()) - 2} axes")
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Refusal("padding by auto_pad")
    if any(size != 1 for size in node.get("dilations", [1, 1])) or node.get("ceil_mode", 0):
        raise Refusal("dilations, or sizes rounded up")
    return list(node.get("pads", [0, 0, 0, 0])), one_or_two(node.get("strides", [1, 1]))


def conv(node: Node) -> Any:
    """Paddings that differ between the ends go into a node before it; a bias is added after it."""
    if node.get("group", 1) != 1:
        raise Refusal(f"{node.get('group', 1)} groups")
    pads, stride = window(node)
    x = node.input(0)
    if pads[:2] != pads[2:]:
        x = node.make("pad_op", x, [[0, 0], [0, 0], [pads[0], pads[2]], [pads[1], pads[3]]])
        pads = [0, 0, 0, 0]
    y = node.make("conv2d_op", x, node.input(1), padding=one_or_two(pads[:2]), stride=stride)
    if node.has(2):
        y = node.make("add_op", y, node.make("conv2d_broadcastto_op", node.input(2), y))
    return y


def pool(function: str) -> Callable[[Node], Any]:
    """Square strides; the mean counts what was padded."""

    def rule(node: Node) -> Any:
        pads, stride = window(node)
        if len(set(pads)) > 1 or isinstance(stride, tuple) or len(node.outputs) > 1:
            raise Refusal("paddings or strides that differ between the axes or ends, or positions of the maxima")
        if function == "avg_pool2d_op" and pads[0] and not node.get("count_include_pad", 0):
            raise Refusal("a mean that leaves out what was padded")
        height, width = node.get("kernel_shape", None)
        return node.make(function, node.input(0), kernel_H=height, kernel_W=width, padding=pads[0], stride=stride)

    return rule


def batch_normalization(node: Node) -> Any:
    """The statistics go into the node."""
    inputs = [node.input(i) for i in range(3)]
    made = node.make("batch_normalization_op", *inputs, eps=node.get("epsilon", 1e-5))
    arrays = [np.array(node.constant(index), np.float32) for index in (3, 4)]
    for names in (
        ("running_mean", "running_var"),
        ("save_mean", "save_var"),
    ):  # which one counts depends on the version
        for name, array in zip(names, arrays, strict=True):
            setattr(made, name, array)
    to_device_with(made, node.hetu)
    return made


def to_device_with(made: Any, hetu: Any) -> None:
    """On a GPU, and on a CPU with DNNL, Hetu wants its own arrays; an executor's hook tells a node where it runs."""
    hook = made.forward_hook

    def forward_hook(config: Any) -> None:
        hook(config)
        is_numpy = made.on_cpu and not dnnl_of(hetu).get("DnnlBatchNorm_Inference")
        for name in ("running_mean", "running_var", "save_mean", "save_var"):
            array = getattr(made, name)
            if isinstance(array, np.ndarray) and not is_numpy:
                setattr(made, name, hetu.ndarray.array(array, ctx=made.ctx))

    made.forward_hook = forward_hook


def dnnl_of(hetu: Any) -> Any:
    """Which kernels of DNNL this build of Hetu has."""
    return getattr(getattr(hetu, "_base", None), "DNNL_LIB", {})


def layer_normalization(node: Node) -> Any:
    """Over the last axis only, with scale and bias."""
    rank = len(node.shape())
    if node.get("axis", -1) % rank != rank - 1 or not node.has(2):
        raise Refusal("over more than the last axis, or without a bias")
    return node.make("layer_normalization_op", *(node.input(i) for i in range(3)), eps=node.get("epsilon", 1e-5))


def pad(node: Node) -> Any:
    """Hetu pads four axes; arrays of fewer get axes of size 1 in front."""
    pads, rank = node.ints(1), len(node.shape())
    if node.has(3) or any(size < 0 for size in pads) or rank > 4:
        raise Refusal("axes, negative sizes, or more than four axes")
    if node.get("mode", "constant") != "constant":
        raise Refusal(f"mode {node.get('mode', '')}: Hetu fills with a constant")
    value = (node.number(2) or 0) if node.has(2) else 0
    new = 4 - rank
    pairs = [[0, 0]] * new + [[pads[axis], pads[rank + axis]] for axis in range(rank)]
    if not new:
        return node.make("pad_op", node.input(0), pairs, "CONSTANT", value)
    shape, wanted = node.shape(), node.result_shape()
    if sum(size is None for size in shape) > 1:
        raise Refusal(f"an array of shape {shape}: four axes are needed, and one size at most may be open")
    x = node.make("array_reshape_op", node.input(0), (1,) * new + open_to(shape))
    return node.make("array_reshape_op", node.make("pad_op", x, pairs, "CONSTANT", value), open_to(wanted))


def open_to(shape: list[int | None]) -> tuple[int, ...]:
    """Hetu's word for the size that follows from the others."""
    return tuple(-1 if size is None else size for size in shape)


def global_mean(node: Node) -> Any:
    """The mean over all axes behind the channels."""
    return node.make("reduce_mean_op", node.input(0), list(range(2, len(node.shape()))), True)


def global_maximum(node: Node) -> Any:
    """A pool whose window is the image."""
    shape = node.shape()
    if len(shape) != 4 or shape[2] is None or shape[3] is None:
        raise Refusal("the maximum of images of unknown size")
    return node.make("max_pool2d_op", node.input(0), kernel_H=shape[2], kernel_W=shape[3], padding=0, stride=1)
