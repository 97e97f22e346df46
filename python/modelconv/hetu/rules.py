"""What each canonical operator is in Hetu. Functions of the package are those of hetu/gpu_ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from modelconv.hetu.importer import Node, Refusal


def unary(function: str) -> Callable[[Node], Any]:
    """The same operator under another name."""
    return lambda node: node.make(function, node.input(0))


def spread(node: Node, index: int) -> Any:
    """An operand in the shape of the result: Hetu does not stretch operands of an operator itself."""
    shape, wanted = node.shape(index), node.result_shape()
    if shape == wanted:
        return node.input(index)
    other = 1 - index
    if node.shape(other) == wanted:
        return node.make("broadcastto_op", node.input(index), node.input(other))
    if None not in wanted:
        return node.make("broadcast_shape_op", node.input(index), tuple(wanted))
    raise Refusal(f"'{node.value(index).name}' {shape} cannot be stretched to {wanted}")


def add(node: Node) -> Any:
    """A number goes into the node."""
    for index in (0, 1):
        number = node.number(index)
        if number is not None and len(node.shape(1 - index)) > 0:
            return node.make("addbyconst_op", node.input(1 - index), number)
    return node.make("add_op", spread(node, 0), spread(node, 1))


def sub(node: Node) -> Any:
    """A number goes into the node."""
    minuend, subtrahend = node.number(0), node.number(1)
    if subtrahend is not None:
        return node.make("addbyconst_op", node.input(0), -subtrahend)
    if minuend is not None:
        return node.make("addbyconst_op", node.make("opposite_op", node.input(1)), minuend)
    return node.make("add_op", spread(node, 0), node.make("opposite_op", spread(node, 1)))


def mul(node: Node) -> Any:
    """A number goes into the node."""
    for index in (0, 1):
        number = node.number(index)
        if number is not None:
            return node.make("mul_byconst_op", node.input(1 - index), number)
    return node.make("mul_op", spread(node, 0), spread(node, 1))


def div(node: Node) -> Any:
    """A number goes into the node."""
    dividend, divisor = node.number(0), node.number(1)
    if divisor is not None and divisor != 0:
        return node.make("mul_byconst_op", node.input(0), 1 / divisor)
    if dividend is not None:
        return node.make("div_const_op", dividend, node.input(1))
    return node.make("div_op", spread(node, 0), spread(node, 1))


def power(node: Node) -> Any:
    """With a number as the exponent."""
    exponent = node.number(1)
    if exponent is None:
        raise Refusal("the exponent is computed, Hetu wants a number")
    return node.make("power_op", node.input(0), exponent)


def log(node: Node) -> Any:
    """Without Hetu's lower bound, as far as float32 goes."""
    return node.make("log_op", node.input(0), eps=float(np.finfo(np.float32).tiny))


def leaky_relu(node: Node) -> Any:
    """The slope as a number."""
    return node.make("leaky_relu_op", node.input(0), node.get("alpha", 0.01))


def softmax(function: str) -> Callable[[Node], Any]:
    """Along the last axis only."""

    def rule(node: Node) -> Any:
        rank = len(node.shape())
        if node.get("axis", -1) % rank != rank - 1:
            raise Refusal(f"along axis {node.get('axis', -1)}: Hetu has the last one")
        return node.make(function, node.input(0))

    return rule


def matmul(node: Node) -> Any:
    """Matrices, or batches of the same shape."""
    ranks = len(node.shape(0)), len(node.shape(1))
    if ranks == (2, 2):
        return node.make("matmul_op", node.input(0), node.input(1))
    if ranks[0] == ranks[1] and node.shape(0)[:-2] == node.shape(1)[:-2]:
        return node.make("batch_matmul_op", node.input(0), node.input(1))
    raise Refusal(f"a product of {ranks[0]} and {ranks[1]} axes")


def gemm(node: Node) -> Any:
    """A product, scaled, and a sum."""
    a, b = bool(node.get("transA", 0)), bool(node.get("transB", 0))
    alpha, beta = node.get("alpha", 1.0), node.get("beta", 1.0)
    product = node.make("matmul_op", node.input(0), node.input(1), a, b)
    if alpha != 1:
        product = node.make("mul_byconst_op", product, alpha)
    if not node.has(2):
        return product
    bias = node.input(2)
    if beta != 1:
        bias = node.make("mul_byconst_op", bias, beta)
    return node.make("add_op", product, node.make("broadcastto_op", bias, product))


def window(node: Node) -> tuple[Any, Any]:
    """Padding and stride, each one number where both are equal."""
    if len(node.shape()) != 4:
        raise Refusal(f"a window over {len(node.shape()) - 2} axes")
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Refusal("padding by auto_pad")
    if any(size != 1 for size in node.get("dilations", [1, 1])) or node.get("ceil_mode", 0):
        raise Refusal("dilations, or sizes rounded up")
    pads, strides = node.get("pads", [0, 0, 0, 0]), node.get("strides", [1, 1])
    if pads[:2] != pads[2:]:
        raise Refusal(f"paddings {pads} that differ between the ends")
    return tuple(size[0] if size[0] == size[1] else tuple(size) for size in (pads[:2], strides))  # type: ignore[return-value]


def conv(node: Node) -> Any:
    """A bias is added after it."""
    if node.get("group", 1) != 1:
        raise Refusal(f"{node.get('group', 1)} groups")
    padding, stride = window(node)
    y = node.make("conv2d_op", node.input(0), node.input(1), padding=padding, stride=stride)
    if node.has(2):
        y = node.make("add_op", y, node.make("conv2d_broadcastto_op", node.input(2), y))
    return y


def pool(function: str) -> Callable[[Node], Any]:
    """Square strides; the mean counts what was padded."""

    def rule(node: Node) -> Any:
        padding, stride = window(node)
        if isinstance(padding, tuple) or isinstance(stride, tuple) or len(node.outputs) > 1:
            raise Refusal("paddings or strides that differ between the axes, or positions of the maxima")
        if function == "avg_pool2d_op" and padding and not node.get("count_include_pad", 0):
            raise Refusal("a mean that leaves out what was padded")
        height, width = node.get("kernel_shape", None)
        return node.make(function, node.input(0), kernel_H=height, kernel_W=width, padding=padding, stride=stride)

    return rule


def batch_normalization(node: Node) -> Any:
    """The statistics go into the node."""
    made = node.make(
        "batch_normalization_op", node.input(0), node.input(1), node.input(2), eps=node.get("epsilon", 1e-5)
    )
    for mean, variance in (("running_mean", "running_var"), ("save_mean", "save_var")):
        setattr(made, mean, np.array(node.constant(3), np.float32))
        setattr(made, variance, np.array(node.constant(4), np.float32))
    return made


def layer_normalization(node: Node) -> Any:
    """Over the last axis only, with scale and bias."""
    rank = len(node.shape())
    if node.get("axis", -1) % rank != rank - 1 or not node.has(2):
        raise Refusal("over more than the last axis, or without a bias")
    return node.make("layer_normalization_op", *(node.input(i) for i in range(3)), eps=node.get("epsilon", 1e-5))


def reshape(node: Node) -> Any:
    """To known sizes; 0 keeps one."""
    sizes: list[int | None] = list(node.ints(1))
    if not node.get("allowzero", 0):
        sizes = [node.shape()[i] if size == 0 else size for i, size in enumerate(sizes)]
    return to_shape(node, sizes)


def to_shape(node: Node, sizes: list[int | None]) -> Any:
    """At most one size may be open."""
    if sum(size in (None, -1) for size in sizes) > 1:
        raise Refusal(f"a shape with more than one open size: {sizes}")
    return node.make("array_reshape_op", node.input(0), tuple(-1 if size is None else size for size in sizes))


def to_result(node: Node) -> Any:
    """Operators that only change the shape."""
    return to_shape(node, list(node.result_shape()))


def transpose(node: Node) -> Any:
    """Without `perm` the axes are reversed, in Hetu too."""
    return node.make("transpose_op", node.input(0), node.get("perm", None))


def concat(node: Node) -> Any:
    """Two at a time, which every version of Hetu can."""
    axis = node.get("axis", 0) % len(node.shape())
    made = node.input(0)
    for index in range(1, len(node.inputs)):
        made = node.make("concat_op", made, node.input(index), axis)
    return made


def cut(node: Node, begin: list[int], end: list[int], axes: list[int]) -> Any:
    """Begin and size for every axis; -1 is all that is left."""
    shape = node.shape()
    first, sizes = [0] * len(shape), [-1] * len(shape)
    for start, stop, axis in zip(begin, end, axes, strict=True):
        length = shape[axis]
        if length is None and (start < 0 or stop < 0):
            raise Refusal(f"positions counted from the end of axis {axis}, whose size is not known")
        known = math.inf if length is None else length
        start, stop = (int(min(max(x + length if x < 0 else x, 0), known)) for x in (start, stop))  # type: ignore[operator]
        first[axis] = start
        sizes[axis] = -1 if length is None and stop > 1 << 31 else stop - start
    return node.make("slice_op", node.input(0), tuple(first), tuple(sizes))


def slice_(node: Node) -> Any:
    """With steps of 1."""
    begin, end = node.ints(1), node.ints(2)
    rank = len(node.shape())
    axes = [axis % rank for axis in (node.ints(3) if node.has(3) else range(len(begin)))]
    if node.has(4) and any(step != 1 for step in node.ints(4)):
        raise Refusal("steps other than 1")
    return cut(node, begin, end, axes)


def split(node: Node) -> list[Any]:
    """One slice for each part."""
    axis = node.get("axis", 0) % len(node.shape())
    sizes = [None if output is None or output.shape is None else output.shape[axis] for output in node.outputs]
    parts, start = [], 0
    for size in sizes:
        if size is None:
            raise Refusal(f"the size of a part along axis {axis} is not known")
        parts.append(cut(node, [start], [start + size], [axis]))
        start += size
    return parts


def pad(node: Node) -> Any:
    """All axes alike, none negative."""
    pads, rank = node.ints(1), len(node.shape())
    if node.has(3) or any(size < 0 for size in pads) or rank > 4:
        raise Refusal("axes, negative sizes, or more than four axes")
    mode = node.get("mode", "constant")
    value = (node.number(2) or 0) if node.has(2) else 0
    pairs = [[pads[axis], pads[rank + axis]] for axis in range(rank)]
    return node.make("pad_op", node.input(0), pairs, mode.upper(), value)


def reduce(function: str) -> Callable[[Node], Any]:
    """Over known axes."""

    def rule(node: Node) -> Any:
        axes = node.ints(1) if node.has(1) else list(range(len(node.shape())))
        if not axes:
            raise Refusal("over no axes")
        rank = len(node.shape())
        keep = bool(node.get("keepdims", 1))
        return node.make(function, node.input(0), [axis % rank for axis in axes], keep)

    return rule


def global_mean(node: Node) -> Any:
    """The mean over all axes behind the channels."""
    return node.make("reduce_mean_op", node.input(0), list(range(2, len(node.shape()))), True)


def gather(node: Node) -> Any:
    """Rows of a table."""
    if node.get("axis", 0) != 0 or len(node.shape()) != 2:
        raise Refusal("parts of something other than the rows of a table")
    return node.make("embedding_lookup_op", node.input(0), node.input(1))


def clip(node: Node) -> Any:
    """Between numbers."""
    if node.number(1) == 0 and not node.has(2):
        return node.make("relu_op", node.input(0))
    bounds = {key: node.number(i) for key, i in (("min", 1), ("max", 2)) if node.has(i)}
    return node.make("clamp_op", node.input(0), **bounds)


def cast(node: Node) -> Any:
    """Between numbers only: all arrays are float32."""
    return node.input(0)


RULES: dict[str, Callable[[Node], Any]] = {
    "Abs": unary("abs_op"),
    "Add": add,
    "AveragePool": pool("avg_pool2d_op"),
    "BatchNormalization": batch_normalization,
    "Cast": cast,
    "Clip": clip,
    "Concat": concat,
    "Conv": conv,
    "Div": div,
    "Dropout": cast,
    "Exp": unary("exp_op"),
    "Flatten": to_result,
    "Gather": gather,
    "Gelu": unary("gelu_op"),
    "Gemm": gemm,
    "GlobalAveragePool": global_mean,
    "Identity": cast,
    "LayerNormalization": layer_normalization,
    "LeakyRelu": leaky_relu,
    "Log": log,
    "LogSoftmax": softmax("log_softmax_op"),
    "MatMul": matmul,
    "MaxPool": pool("max_pool2d_op"),
    "Mul": mul,
    "Neg": unary("opposite_op"),
    "Pad": pad,
    "Pow": power,
    "ReduceMean": reduce("reduce_mean_op"),
    "ReduceMin": reduce("reduce_min_op"),
    "ReduceProd": reduce("reduce_mul_op"),
    "ReduceSum": reduce("reduce_sum_op"),
    "Relu": unary("relu_op"),
    "Reshape": reshape,
    "Sigmoid": unary("sigmoid_op"),
    "Slice": slice_,
    "Softmax": softmax("softmax_op"),
    "Split": split,
    "Sqrt": unary("sqrt_op"),
    "Squeeze": to_result,
    "Sub": sub,
    "Tanh": unary("tanh_op"),
    "Transpose": transpose,
    "Unsqueeze": to_result,
}
