"""Generators of single operators with random attributes. A generator may guess: what does not fit is dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rules.random_control import if_, loop, optional, scan, sequence
from rules.random_graphs import RandomGraph, Value, type_number
from rules.random_moves import (
    compress,
    concat,
    depth_to_space,
    expand,
    flatten,
    gather,
    gather_elements,
    gather_nd,
    make_constant,
    non_zero,
    one_hot,
    pad,
    reshape,
    reverse_sequence,
    scatter_elements,
    scatter_nd,
    shape_of,
    slice_,
    split,
    squeeze,
    tile,
    transpose,
    trilu,
    unique,
    unsqueeze,
)
from rules.random_partners import broadcasts, in_any_order, one_axis, partner, some_axes

Generator = Callable[[RandomGraph], Any]

UNARY_FLOAT = (
    "Abs Acos Asin Atan Ceil Celu Cos Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Log Mish Neg "
    "Reciprocal Relu Round Selu Sigmoid Sign Sin Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Sinh Cosh Atanh"
).split()
BINARY = "Add Sub Mul Div Add Sub Mul Div Pow Max Min Mean Sum".split()
COMPARISONS = "Equal Less Greater LessOrEqual GreaterOrEqual".split()
REDUCTIONS = (
    "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare"
).split()


# --- elementwise


def unary(g: RandomGraph) -> None:
    g.add(g.rng.choice(UNARY_FLOAT), g.pick_float())


def unary_integer(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_integer)
    op = g.rng.choice(["Abs", "Sign", "BitwiseNot", "Identity", "Neg"])
    g.add(op, x)


def predicate(g: RandomGraph) -> None:
    g.add(g.rng.choice(["IsNaN", "IsInf"]), g.pick_float())


def binary(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float or value.is_integer)
    op = g.rng.choice(BINARY if x.is_float else ["Add", "Sub", "Mul", "Max", "Min"])
    g.add(op, *in_any_order(g, x, partner(g, x)))


def several(g: RandomGraph) -> None:
    x = g.pick_float()
    g.add(g.rng.choice(["Sum", "Max", "Min", "Mean"]), x, partner(g, x), partner(g, x))


def integer_division(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("int64", "int32"))
    divisor = g.constant(g.rng.choice([1, 2, 3, -2]), x.dtype)
    g.add(g.rng.choice(["Div", "Mod"]), x, divisor)


def mod_float(g: RandomGraph) -> None:
    x = g.pick_float()
    g.add("Mod", x, g.constant(g.rng.choice([1.5, 2.0, -1.0]), x.dtype), fmod=1)


def compare(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float or value.is_integer)
    g.add(g.rng.choice(COMPARISONS), *in_any_order(g, x, partner(g, x)))


def logical(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype == "bool")
    if g.chance(0.3):
        g.add("Not", x)
    else:
        g.add(g.rng.choice(["And", "Or", "Xor"]), *in_any_order(g, x, partner(g, x)))


def bitwise(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_integer)
    g.add(g.rng.choice(["BitwiseAnd", "BitwiseOr", "BitwiseXor"]), *in_any_order(g, x, partner(g, x)))


def bit_shift(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype == "uint8")
    g.add("BitShift", x, g.constant(g.rng.randint(0, 3), "uint8"), direction=g.rng.choice(["LEFT", "RIGHT"]))


def where(g: RandomGraph) -> None:
    x = g.pick()
    y = partner(g, x)
    shape = np.broadcast_shapes(x.shape, y.shape)
    condition = g.constant(g.random_data("bool", shape[g.rng.randint(0, len(shape)) :]))
    if g.chance(0.5):
        condition = g.pick(lambda value: value.dtype == "bool" and broadcasts(value.shape, shape))
    g.add("Where", condition, *in_any_order(g, x, y))


def clip(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float or value.dtype in ("int32", "int64"))
    low, high = (g.constant(g.rng.choice(bounds), x.dtype) for bounds in ([-1, 0, 2], [0, 1, 6]))
    g.add("Clip", x, None if g.chance(0.2) else low, None if g.chance(0.2) else high)


def prelu(g: RandomGraph) -> None:
    x = g.pick_float(1)
    g.add("PRelu", x, g.constant(g.random_data(x.dtype, x.shape[g.rng.randint(0, x.rank) :])))


def cast(g: RandomGraph) -> None:
    x = g.pick(lambda value: not value.is_float or bool(np.all(np.abs(value.data) < 100)))
    g.add("Cast", x, to=type_number(g.rng.choice(["float32", "float64", "float16", "int64", "int32", "bool"])))


def cast_like(g: RandomGraph) -> None:
    x = g.pick(lambda value: not value.is_float or bool(np.all(np.abs(value.data) < 100)))
    g.add("CastLike", x, g.constant(0, g.rng.choice(["float32", "int64"])))


def dropout(g: RandomGraph) -> None:
    x = g.pick_float()
    g.add("Dropout", x, outputs=g.rng.choice([1, 2]))


# --- reductions and normalisations


def reduce(g: RandomGraph) -> None:
    x = g.pick_float()
    axes = some_axes(g, x.rank)
    given = [g.ints(*axes)] if g.chance(0.8) else []
    g.add(g.rng.choice(REDUCTIONS), x, *given, keepdims=g.rng.randint(0, 1), noop_with_empty_axes=g.rng.randint(0, 1))


def reduce_integer(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("int64", "int32") and value.data.size > 0)
    g.add(g.rng.choice(["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"]), x, keepdims=g.rng.randint(0, 1))


def arg_extreme(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0 and value.data.size > 0 and value.dtype in ("float32", "int64", "int32"))
    attrs = {"keepdims": g.rng.randint(0, 1), "select_last_index": g.rng.randint(0, 1)}
    g.add(g.rng.choice(["ArgMax", "ArgMin"]), x, axis=one_axis(g, x.rank), **attrs)


def cum_sum(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0 and value.dtype in ("float32", "float64", "int64", "int32"))
    axis = g.constant(one_axis(g, x.rank), "int64")
    g.add("CumSum", x, axis, exclusive=g.rng.randint(0, 1), reverse=g.rng.randint(0, 1))


def top_k(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0 and value.data.size > 0 and value.dtype in ("float32", "int64"))
    axis = one_axis(g, x.rank)
    k = g.ints(g.rng.randint(1, x.shape[axis]))
    g.add_many("TopK", x, k, outputs=2, axis=axis, largest=g.rng.randint(0, 1))


def softmax(g: RandomGraph) -> None:
    x = g.pick_float(1)
    g.add(g.rng.choice(["Softmax", "LogSoftmax", "Hardmax"]), x, axis=one_axis(g, x.rank))


def normalize(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank >= 3 and value.data.size > 0)
    channels = x.shape[1]
    scale, bias = (g.constant(g.random_data(x.dtype, [channels])) for _ in range(2))
    kind = g.rng.randrange(5)
    if kind == 0:
        mean, var = (
            g.constant(g.random_data(x.dtype, [channels])),
            g.constant(g.numbers.random(channels) + 0.1, x.dtype),
        )
        g.add("BatchNormalization", x, scale, bias, mean, var, epsilon=1e-3)
    elif kind == 1:
        g.add("InstanceNormalization", x, scale, bias)
    elif kind == 2:
        g.add("LRN", x, size=3)
    elif kind == 3:
        g.add("LpNormalization", x, p=g.rng.choice([1, 2]), axis=one_axis(g, x.rank))
    else:
        g.add("MeanVarianceNormalization", x, axes=some_axes(g, x.rank, 1))


def layer_norm(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank >= 1 and value.data.size > 0)
    axis = one_axis(g, x.rank)
    shape = x.shape[axis:]
    bias = [g.constant(g.random_data(x.dtype, shape))] if g.chance(0.6) else []
    g.add("LayerNormalization", x, g.constant(g.random_data(x.dtype, shape)), *bias, axis=axis)


# --- products and windows


def matmul(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank >= 1 and value.data.size > 0)
    shape = [x.shape[-1], g.rng.choice([1, 2, 3])] if g.chance(0.85) else [x.shape[-1]]
    g.add("MatMul", x, g.constant(g.random_data(x.dtype, shape)))


def gemm(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank == 2 and value.data.size > 0)
    trans_a, trans_b, n = g.rng.randint(0, 1), g.rng.randint(0, 1), g.rng.choice([1, 2, 3])
    k = x.shape[0] if trans_a else x.shape[1]
    w = g.constant(g.random_data(x.dtype, [n, k] if trans_b else [k, n]))
    bias = [g.constant(g.random_data(x.dtype, g.rng.choice([[n], [1, n], [], [1, 1]])))] if g.chance(0.6) else []
    g.add(
        "Gemm",
        x,
        w,
        *bias,
        transA=trans_a,
        transB=trans_b,
        alpha=g.rng.choice([1.0, 0.5]),
        beta=g.rng.choice([1.0, 2.0]),
    )


def einsum(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank == 2 and value.data.size > 0)
    w = g.constant(g.random_data(x.dtype, [x.shape[1], 2]))
    g.add("Einsum", x, w, equation=g.rng.choice(["ij,jk->ik", "ij,jk->ki", "ij,jk->i", "ij,jk->ijk"]))


def is_picture(value: Value) -> bool:
    return value.is_float and value.rank == 4 and min(value.shape[2:], default=0) >= 3 and value.shape[0] > 0


def conv_attributes(g: RandomGraph, kernel: int) -> dict[str, Any]:
    attrs: dict[str, Any] = {"kernel_shape": [kernel, kernel]} if g.chance(0.7) else {}
    if g.chance(0.2):
        return {**attrs, "auto_pad": g.rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])}
    if g.chance(0.5):
        attrs["pads"] = [g.rng.randint(0, 1) for _ in range(4)]
    if g.chance(0.4):
        attrs["strides"] = [g.rng.choice([1, 2]), g.rng.choice([1, 2])]
    return attrs


def conv(g: RandomGraph) -> Value:
    x = g.pick(is_picture)
    channels, kernel = x.shape[1], g.rng.choice([1, 2, 3])
    group = channels if g.chance(0.2) else 1
    out = group * g.rng.choice([1, 2])
    w = g.constant(g.random_data(x.dtype, [out, channels // group, kernel, kernel], special=0.03))
    bias = [g.constant(g.random_data(x.dtype, [out], special=0.03))] if g.chance(0.5) else []
    return g.add("Conv", x, w, *bias, group=group, **conv_attributes(g, kernel))


def conv_transpose(g: RandomGraph) -> Value:
    x = g.pick(is_picture)
    kernel, out = g.rng.choice([1, 2]), g.rng.choice([1, 2, 3])
    w = g.constant(g.random_data(x.dtype, [x.shape[1], out, kernel, kernel], special=0.03))
    bias = [g.constant(g.random_data(x.dtype, [out], special=0.03))] if g.chance(0.5) else []
    return g.add("ConvTranspose", x, w, *bias, strides=[g.rng.choice([1, 2])] * 2)


def pool(g: RandomGraph) -> None:
    x = g.pick(is_picture)
    op = g.rng.choice(["MaxPool", "AveragePool", "LpPool"])
    attrs: dict[str, Any] = {"kernel_shape": [2, g.rng.choice([1, 2])], "strides": [g.rng.choice([1, 2])] * 2}
    if g.chance(0.4):
        attrs["pads"] = [g.rng.randint(0, 1), 0, g.rng.randint(0, 1), 0]
    if op == "AveragePool" and g.chance(0.5):
        attrs["count_include_pad"] = 1
    if g.chance(0.3):
        attrs["ceil_mode"] = 1
    g.add_many(op, x, outputs=2 if op == "MaxPool" and g.chance(0.2) else 1, **attrs)


def global_pool(g: RandomGraph) -> None:
    g.add(g.rng.choice(["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"]), g.pick(is_picture))


def resize(g: RandomGraph) -> None:
    x = g.pick(is_picture)
    scales = g.constant([1, 1, g.rng.choice([1, 2]), g.rng.choice([1, 2])], "float32")
    g.add(
        "Resize", x, None, scales, mode=g.rng.choice(["nearest", "linear"]), coordinate_transformation_mode="asymmetric"
    )


# --- quantisation


def quantize(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype == "float32" and bool(np.all(np.isfinite(value.data))))
    scale, zero = (
        g.constant(g.rng.choice([0.1, 0.5, 1.0]), "float32"),
        g.constant(g.rng.choice([0, 1, 5]), g.rng.choice(["uint8", "int8"])),
    )
    if g.chance(0.2):
        g.add_many("DynamicQuantizeLinear", x, outputs=3)
        return
    q = g.add("QuantizeLinear", x, scale, zero)
    if g.chance(0.8):
        g.add("DequantizeLinear", q, scale, zero)


def matmul_integer(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("uint8", "int8") and value.rank >= 2 and value.data.size > 0)
    g.add("MatMulInteger", x, g.constant(g.random_data("int8", [x.shape[-1], 2])))


# --- recurrent networks


def recurrent(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype == "float32" and value.rank == 3 and value.data.size > 0)
    op, hidden = g.rng.choice(["LSTM", "GRU", "RNN"]), 2
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
    w = g.constant(g.random_data("float32", [1, gates * hidden, x.shape[2]], special=0))
    r = g.constant(g.random_data("float32", [1, gates * hidden, hidden], special=0))
    g.add_many(op, x, w, r, outputs=g.rng.choice([1, 2]), hidden_size=hidden)


GENERATORS: list[Generator] = [
    *[unary] * 4,
    *[binary] * 5,
    *[reshape, transpose, concat, slice_, reduce] * 2,
    *(
        unary_integer,
        predicate,
        several,
        integer_division,
        mod_float,
        compare,
        logical,
        bitwise,
        bit_shift,
        where,
        clip,
    ),
    *(
        prelu,
        cast,
        cast_like,
        dropout,
        shape_of,
        flatten,
        squeeze,
        unsqueeze,
        split,
        gather,
        gather_elements,
        gather_nd,
    ),
    *(scatter_elements, scatter_nd, expand, tile, pad, depth_to_space, trilu, reverse_sequence, one_hot, make_constant),
    *(non_zero, compress, unique, reduce_integer, arg_extreme, cum_sum, top_k, softmax, normalize, layer_norm, matmul),
    *(gemm, einsum, conv, conv_transpose, pool, global_pool, resize, quantize, matmul_integer, recurrent, sequence),
    *(optional, if_, loop, scan),
]
