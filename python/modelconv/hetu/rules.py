"""What each canonical operator is in Hetu. Functions of the package are those of hetu/gpu_ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from modelconv.hetu import image_rules as image
from modelconv.hetu.importer import Node, Refusal


def unary(function: str) -> Callable[[Node], Any]:
    """The same operator under another name."""
    return lambda node: node.make(function, node.input(0))


def spread(node: Node, index: int) -> Any:
    """An operand in the shape of the result: Hetu does not stretch operands of an operator itself."""
    shape, wanted = node.shape(index), node.result_shape()
    if shape == wanted:
        return node.input(index)
    for other in range(len(node.inputs)):
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
    """Hetu has the last axis: any other is brought there and back."""

    def rule(node: Node) -> Any:
        rank = len(node.shape())
        axis = node.get("axis", -1) % rank
        if axis == rank - 1:
            return node.make(function, node.input(0))
        perm = list(range(rank))
        perm[axis], perm[-1] = perm[-1], perm[axis]
        return node.make("transpose_op", node.make(function, node.make("transpose_op", node.input(0), perm)), perm)

    return rule


def matmul(node: Node) -> Any:
    """Matrices, batches of the same shape, or a batch and one matrix, as one product of all rows."""
    ranks = len(node.shape(0)), len(node.shape(1))
    if ranks == (2, 2):
        return node.make("matmul_op", node.input(0), node.input(1))
    if ranks[0] == ranks[1] and node.shape(0)[:-2] == node.shape(1)[:-2]:
        return node.make("batch_matmul_op", node.input(0), node.input(1))
    if ranks[0] > 2 and ranks[1] == 2 and sum(size is None for size in node.result_shape()) < 2:
        rows = node.make("array_reshape_op", node.input(0), (-1, node.shape(1)[0] or node.shape(0)[-1]))
        return to_shape_of(node, node.make("matmul_op", rows, node.input(1)), node.result_shape())
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


def reshape(node: Node) -> Any:
    """To known sizes; 0 keeps one."""
    sizes: list[int | None] = list(node.ints(1))
    if not node.get("allowzero", 0):
        sizes = [node.shape()[i] if size == 0 else size for i, size in enumerate(sizes)]
    return to_shape(node, sizes)


def to_shape(node: Node, sizes: list[int | None]) -> Any:
    """The input in another shape."""
    return to_shape_of(node, node.input(0), sizes)


def to_shape_of(node: Node, value: Any, sizes: list[int | None]) -> Any:
    """At most one size may be open. What has no axes in ONNX has one of size 1 in Hetu."""
    if sum(size in (None, -1) for size in sizes) > 1:
        raise Refusal(f"a shape with more than one open size: {sizes}")
    return node.make("array_reshape_op", value, image.open_to(sizes) or (1,))


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


def reduce(function: str, of: str | None = None) -> Callable[[Node], Any]:
    """Over known axes; `of`: what is done with the elements before."""

    def rule(node: Node) -> Any:
        axes = node.ints(1) if node.has(1) else list(range(len(node.shape())))
        if not axes:
            raise Refusal("over no axes")
        rank = len(node.shape())
        keep = bool(node.get("keepdims", 1))
        x = node.input(0) if of is None else node.make(of, node.input(0))
        return node.make(function, x, [axis % rank for axis in axes], keep)

    return rule


def gather(node: Node) -> Any:
    """Rows of a table."""
    if node.get("axis", 0) != 0 or len(node.shape()) != 2:
        raise Refusal("parts of something other than the rows of a table")
    return node.make("embedding_lookup_op", node.input(0), node.input(1))


def clip(node: Node) -> Any:
    """Between numbers."""
    if node.number(1) == 0 and not node.has(2):
        return node.make("relu_op", node.input(0))
    low, high = (node.number(i) if node.has(i) else None for i in (1, 2))
    if any(node.has(i) and bound is None for i, bound in ((1, low), (2, high))):
        raise Refusal("the bounds are computed, Hetu wants numbers")
    if hasattr(node.hetu, "clamp_op"):
        return node.make("clamp_op", node.input(0), min=low, max=high)
    return clip_by_relu(node, low, high)


def clip_by_relu(node: Node, low: float | None, high: float | None) -> Any:
    """For versions without clamp_op: max(x, a) = relu(x - a) + a, min(x, b) = x - relu(x - b)."""
    x = node.input(0)
    if low is not None:
        x = node.make("relu_op", x if low == 0 else node.make("addbyconst_op", x, -low))
        x = x if low == 0 else node.make("addbyconst_op", x, low)
    if high is not None:
        above = node.make("relu_op", node.make("addbyconst_op", x, -high))
        x = node.make("add_op", x, node.make("opposite_op", above))
    return x


def reciprocal(node: Node) -> Any:
    """One over it."""
    return node.make("div_const_op", 1, node.input(0))


def expand(node: Node) -> Any:
    """To known sizes."""
    wanted = node.result_shape()
    if None in wanted:
        raise Refusal(f"stretched to {wanted}: Hetu wants known sizes")
    return node.make("broadcast_shape_op", node.input(0), tuple(wanted))


def tile(node: Node) -> Any:
    """A known number of times along each axis."""
    return node.make("tile_op", node.input(0), node.ints(1))


def maximum_of_all(node: Node) -> Any:
    """Hetu reduces to the minimum only; of the negatives, that is the maximum."""
    return node.make("opposite_op", reduce("reduce_min_op", of="opposite_op")(node))


def total(node: Node) -> Any:
    """All in the shape of the result."""
    return node.make("sum_op", [spread(node, index) for index in range(len(node.inputs))])


def where(node: Node) -> Any:
    """All three in the shape of the result; what is not 0 is true."""
    return node.make("where_op", *(spread(node, index) for index in range(3)))


def cast(node: Node) -> Any:
    """Between numbers only: all arrays are float32."""
    return node.input(0)


RULES: dict[str, Callable[[Node], Any]] = {
    "Abs": unary("abs_op"),
    "Add": add,
    "AveragePool": image.pool("avg_pool2d_op"),
    "BatchNormalization": image.batch_normalization,
    "Cast": cast,
    "Clip": clip,
    "Concat": concat,
    "Conv": image.conv,
    "Div": div,
    "Cos": unary("cos_op"),
    "Dropout": cast,
    "Exp": unary("exp_op"),
    "Expand": expand,
    "Flatten": to_result,
    "Floor": unary("floor_op"),
    "Gather": gather,
    "Gelu": unary("gelu_op"),
    "Gemm": gemm,
    "GlobalAveragePool": image.global_mean,
    "GlobalMaxPool": image.global_maximum,
    "Identity": cast,
    "LayerNormalization": image.layer_normalization,
    "LeakyRelu": leaky_relu,
    "Log": log,
    "LogSoftmax": softmax("log_softmax_op"),
    "MatMul": matmul,
    "MaxPool": image.pool("max_pool2d_op"),
    "Mul": mul,
    "Neg": unary("opposite_op"),
    "Pad": image.pad,
    "Pow": power,
    "Reciprocal": reciprocal,
    "ReduceMax": maximum_of_all,
    "ReduceMean": reduce("reduce_mean_op"),
    "ReduceMin": reduce("reduce_min_op"),
    "ReduceProd": reduce("reduce_mul_op"),
    "ReduceSum": reduce("reduce_sum_op"),
    "Relu": unary("relu_op"),
    "Reshape": reshape,
    "Sigmoid": unary("sigmoid_op"),
    "Sign": unary("sign_op"),
    "Sin": unary("sin_op"),
    "Slice": slice_,
    "Softmax": softmax("softmax_op"),
    "Split": split,
    "Sqrt": unary("sqrt_op"),
    "Squeeze": to_result,
    "Sub": sub,
    "Sum": total,
    "Tanh": unary("tanh_op"),
    "Tile": tile,
    "Transpose": transpose,
    "Unsqueeze": to_result,
    "Where": where,
}
