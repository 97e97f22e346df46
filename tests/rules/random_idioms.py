"""Chains of operators like those that rewrite rules look for, with variations at which a rule must not fire: a second
reader in the middle, a constant that broadcasts otherwise, an odd number."""

from __future__ import annotations

import math

import numpy as np

from rules.random_activations import gelu, layer_norm, rms_norm, swish, tanh_gelu
from rules.random_graphs import RandomGraph, Value, type_number
from rules.random_moves import random_factors
from rules.random_ops import Generator, conv, conv_transpose, is_picture
from rules.random_partners import maybe_read, one_axis, some_axes


def scalar_or_more(g: RandomGraph, value: Value, number: float) -> Value:
    """The number as a constant of some shape that broadcasts, mostly without growing the result."""
    shapes: list[list[int]] = [[], [1], [1] * value.rank, list(value.shape)]
    if g.chance(0.15):
        shapes = [[1] * (value.rank + 1), [2, *value.shape]]
    return g.constant(np.full(g.rng.choice(shapes), number), value.dtype)


def neutral_element(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float or value.dtype in ("int64", "int32"))
    op, number = g.rng.choice(
        [("Mul", 1), ("Div", 1), ("Add", 0), ("Sub", 0), ("Add", -0.0), ("Pow", 1), ("Mul", 0), ("Mul", -1), ("Pow", 2)]
        + ([("Pow", 0.5), ("Max", -math.inf), ("Min", math.inf)] if x.is_float else [])
    )
    if op == "Pow" and not x.is_float and number not in (1, 2):
        number = 1
    other = scalar_or_more(g, x, number)
    g.add(op, other, x) if op in ("Add", "Mul", "Sub", "Div") and g.chance(0.3) else g.add(op, x, other)


def negated_operand(g: RandomGraph) -> None:
    """x + (-y), (-x) - y and the like."""
    x = g.pick(lambda value: value.is_float or value.dtype in ("int64", "int32"))
    other = g.pick(lambda value: value.dtype == x.dtype and value.shape == x.shape)
    y = maybe_read(g, g.add("Neg", other))
    op = g.rng.choice(["Add", "Sub"])
    g.add(op, y, x) if g.chance(0.5) else g.add(op, x, y)


def affine(g: RandomGraph) -> None:
    """(x * a + b) * c - d and the like."""
    x = g.pick_float(1)
    for op in g.rng.sample(["Mul", "Add", "Sub", "Div", "Add", "Mul"], g.rng.randint(2, 3)):
        shape = [size if g.chance(0.5) else 1 for size in x.shape][g.rng.randint(0, x.rank) :]
        constant = g.constant(g.random_data(x.dtype, shape, special=0.1))
        x = maybe_read(g, g.add(op, constant, x) if g.chance(0.3) else g.add(op, x, constant))


def affine_after_product(g: RandomGraph) -> None:
    """Convolution or matrix product, then batch normalisation or one number per channel."""
    kind = g.rng.randrange(4)
    if kind == 3:
        x = g.pick(lambda value: value.is_float and value.rank >= 2 and value.data.size > 0)
        y = g.add("MatMul", x, g.constant(g.random_data(x.dtype, [x.shape[-1], 3])))
        axis = y.rank - 1
    else:
        y = conv(g) if kind else conv_transpose(g)
        axis = 1
    maybe_read(g, y)
    channels = y.shape[axis]
    for _ in range(g.rng.randint(1, 3)):
        if y.rank >= 3 and axis == 1 and g.chance(0.4):
            scale, bias, mean = (g.constant(g.random_data(y.dtype, [channels], special=0.05)) for _ in range(3))
            y = g.add("BatchNormalization", y, scale, bias, mean, g.constant(g.numbers.random(channels) + 0.1, y.dtype))
            continue
        shape = [1] * y.rank
        shape[axis if g.chance(0.85) else y.rank - 1] = y.shape[axis if g.chance(0.85) else y.rank - 1]
        constant = g.constant(g.random_data(y.dtype, shape, special=0.05))
        op = g.rng.choice(["Mul", "Add", "Sub", "Div"])
        y = maybe_read(g, g.add(op, constant, y) if g.chance(0.3) else g.add(op, y, constant))


def product_with_activation(g: RandomGraph) -> None:
    y = conv(g)
    g.add(g.rng.choice(["Relu", "Clip", "Sigmoid", "LeakyRelu", "HardSwish"]), maybe_read(g, y))


def pad_then_window(g: RandomGraph) -> None:
    x = g.pick(is_picture)
    pads = [0, 0, g.rng.randint(0, 2), g.rng.randint(0, 1), 0, 0, g.rng.randint(0, 1), g.rng.randint(0, 2)]
    if g.chance(0.1):
        pads[g.rng.choice([0, 1, 4, 5])] = 1
    if g.chance(0.1):
        pads[2] = -1
    fill = [g.constant(g.rng.choice([0.0, 0.0, -0.0, 1.0, -np.inf]), x.dtype)] if g.chance(0.6) else []
    padded = maybe_read(g, g.add("Pad", x, g.ints(*pads), *fill))
    if g.chance(0.5):
        w = g.constant(g.random_data(x.dtype, [2, x.shape[1], 2, 2]))
        attrs = {"pads": [1, 0, 0, 1]} if g.chance(0.3) else {"auto_pad": "SAME_UPPER"} if g.chance(0.2) else {}
        g.add("Conv", padded, w, **attrs)
    else:
        attrs = {"count_include_pad": 1} if g.chance(0.3) else {}
        op = g.rng.choice(["MaxPool", "AveragePool"])
        g.add(op, padded, kernel_shape=[2, 2], **(attrs if op == "AveragePool" else {}))


def permutation(g: RandomGraph, rank: int) -> list[int]:
    return (
        g.rng.choice([[0, 2, 3, 1], [0, 3, 1, 2]]) if rank == 4 and g.chance(0.7) else g.rng.sample(range(rank), rank)
    )


def between_transposes(g: RandomGraph) -> None:
    """Transpose, something with axes, and often the way back."""
    x = g.pick(lambda value: value.is_float and value.rank >= 2 and value.data.size > 0)
    perm = permutation(g, x.rank)
    y = maybe_read(g, g.add("Transpose", x, perm=perm))
    for _ in range(g.rng.randint(0, 3)):
        y = maybe_read(g, with_axes(g, y))
    if y.rank == x.rank:
        back = [perm.index(axis) for axis in range(x.rank)]
        g.add("Transpose", y, perm=back if g.chance(0.7) else permutation(g, y.rank))


def with_axes(g: RandomGraph, y: Value) -> Value:
    """An operator whose meaning depends on the order of axes."""
    kind = g.rng.randrange(13)
    if kind == 0:
        return g.add(g.rng.choice(["Relu", "Exp", "Neg", "Sigmoid"]), y)
    if kind == 1:
        shape = [size if g.chance(0.5) else 1 for size in y.shape][g.rng.randint(0, y.rank) :]
        return g.add(g.rng.choice(["Add", "Mul", "Sub"]), y, g.constant(g.random_data(y.dtype, shape)))
    if kind == 2:
        axes = some_axes(g, y.rank, 1)
        return g.add(
            g.rng.choice(["ReduceMean", "ReduceMax", "ReduceSum"]), y, g.ints(*axes), keepdims=g.rng.randint(0, 1)
        )
    if kind == 3:
        return g.add("Softmax", y, axis=one_axis(g, y.rank))
    if kind == 4:
        return g.add("Concat", y, y, axis=one_axis(g, y.rank))
    if kind == 5:
        axes = some_axes(g, y.rank, 1)
        return g.add("Slice", y, g.ints(*[0] * len(axes)), g.ints(*[2] * len(axes)), g.ints(*axes))
    if kind == 6:
        return g.add("Pad", y, g.ints(*(g.rng.randint(0, 1) for _ in range(2 * y.rank))))
    if kind == 7:
        parts = g.add_many("Split", y, outputs=2, axis=one_axis(g, y.rank), num_outputs=2)
        return parts[g.rng.randrange(2)]
    if kind == 8:
        return (
            g.add("Squeeze", y)
            if 1 in y.shape and g.chance(0.5)
            else g.add("Unsqueeze", y, g.ints(g.rng.randint(0, y.rank)))
        )
    if kind == 9:
        return (
            g.add("ArgMax", y, axis=one_axis(g, y.rank), keepdims=g.rng.randint(0, 1))
            if g.chance(0.3)
            else g.add("Reshape", y, g.ints(*random_factors(g, y.data.size)))
        )
    if kind == 10:
        other = g.pick(lambda value: value.dtype == y.dtype and value.shape == y.shape)
        return g.add(g.rng.choice(["Add", "Mul", "Max"]), y, other)
    if kind == 11:
        axis = one_axis(g, y.rank)
        return g.add("Gather", y, g.constant(g.rng.choice([0, [0], [0, 0]]), "int64"), axis=axis)
    return conv_of(g, y) if is_picture(y) else g.add("Cast", y, to=type_number("float32"))


def conv_of(g: RandomGraph, x: Value) -> Value:
    return g.add("Conv", x, g.constant(g.random_data(x.dtype, [2, x.shape[1], 2, 2])), pads=[0, 1, 1, 0])


def reshapes(g: RandomGraph) -> None:
    y = g.pick(lambda value: value.data.size > 0)
    for _ in range(g.rng.randint(2, 3)):
        kind = g.rng.randrange(4)
        if kind == 0 and y.rank < 4:
            y = g.add("Unsqueeze", y, g.ints(g.rng.randint(0, y.rank)))
        elif kind == 1 and 1 in y.shape:
            y = g.add("Squeeze", y, g.ints(y.shape.index(1)))
        elif kind == 2:
            y = g.add("Flatten", y, axis=g.rng.randint(0, y.rank))
        else:
            target = random_factors(g, y.data.size)
            if y.rank and len(target) > 0 and target[0] == y.shape[0] and g.chance(0.5):
                target[0] = 0
            y = g.add("Reshape", y, g.ints(*target))
        maybe_read(g, y)


def computed_reshape(g: RandomGraph) -> None:
    """The target shape computed from the value's own, as exporters write view(x.size(0), -1)."""
    x = g.pick(lambda value: value.rank >= 1 and value.data.size > 0)
    axis = g.rng.randrange(x.rank)
    shape = g.add("Shape", x)
    size = g.add("Gather", shape, g.constant(axis, "int64"))
    if g.chance(0.3):
        size = g.add("Cast", g.add("Cast", size, to=type_number("float32")), to=type_number("int64"))
    if g.chance(0.3):
        size = g.add("Add", g.add("Mul", size, g.constant(2, "int64")), g.add("Neg", size))
    rest = x.data.size // x.shape[axis]
    tail = g.ints(-1) if g.chance(0.6) else g.ints(rest)
    target = g.add("Concat", g.add("Unsqueeze", size, g.ints(0)), tail, axis=0)
    g.add("Reshape", x, target)


def shape_slice(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank >= 1)
    shape = g.add("Shape", x)
    part = g.add("Slice", shape, g.ints(0), g.ints(1))
    kind = g.rng.randrange(3)
    if kind == 0:
        g.add("ConstantOfShape", part)
    elif kind == 1:
        g.add("Expand", g.constant(1.5, "float32"), shape)
    else:
        g.add("Range", g.constant(0, "int64"), g.add("Squeeze", part), g.constant(1, "int64"))


def casts(g: RandomGraph) -> None:
    y = g.pick(lambda value: not value.is_float or bool(np.all(np.abs(value.data) < 60)))
    for _ in range(g.rng.randint(2, 3)):
        y = maybe_read(
            g,
            g.add("Cast", y, to=type_number(g.rng.choice(["float32", "float64", "float16", "int32", "int64", "bool"]))),
        )


def clips(g: RandomGraph) -> None:
    y = g.pick_float()
    for _ in range(g.rng.randint(2, 3)):
        if g.chance(0.3):
            y = g.add("Relu", y)
            continue
        low, high = g.rng.choice([-np.inf, -1.0, 0.0, -0.0, 1.0, np.nan]), g.rng.choice([0.0, 0.5, 1.0, 6.0, np.inf])
        bounds = [None if g.chance(0.2) else g.constant(bound, y.dtype) for bound in (low, high)]
        y = maybe_read(g, g.add("Clip", y, *bounds))


def slices(g: RandomGraph) -> None:
    y = g.pick(lambda value: value.rank >= 1)
    for _ in range(2):
        axes = some_axes(g, y.rank, 1)
        starts = [g.rng.choice([0, 0, 1, -2]) for _ in axes]
        ends = [g.rng.choice([1, 2, 3, -1, 100]) for _ in axes]
        steps = [g.ints(*(g.rng.choice([1, 1, 2, -1]) for _ in axes))] if g.chance(0.5) else []
        y = maybe_read(g, g.add("Slice", y, g.ints(*starts), g.ints(*ends), g.ints(*axes), *steps))


def split_concat(g: RandomGraph) -> None:
    x = g.pick(lambda value: any(size > 1 for size in value.shape))
    axis = g.rng.choice([axis for axis, size in enumerate(x.shape) if size > 1])
    a, b = g.add_many("Split", x, outputs=2, axis=axis, num_outputs=2)
    parts = [a, b] if g.chance(0.7) else [b, a]
    g.add("Concat", *parts, axis=axis)


def repeated(g: RandomGraph) -> None:
    """The same node twice, alike or almost."""
    x = g.pick_float(1)
    op = g.rng.choice(["Relu", "Relu", "Abs", "Ceil", "Sigmoid", "Neg", "Not"])
    if op == "Not":
        x = g.pick(lambda value: value.dtype == "bool")
    a = g.add(op, x)
    b = g.add(op, a if g.chance(0.5) else x)
    g.add("Xor" if op == "Not" else "Add", a, b)


def twice_softmax(g: RandomGraph) -> None:
    x = g.pick_float(1)
    axes = g.rng.choice([(-1, -1), (-1, x.rank - 1), (0, -1)])
    g.add("Sub", g.add("Softmax", x, axis=axes[0]), g.add("Softmax", x, axis=axes[1]))


def attention(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype == "float32" and value.rank == 3 and value.data.size > 0)
    q, k, v = (g.add("MatMul", x, g.constant(g.random_data("float32", [x.shape[2], 4], special=0))) for _ in range(3))
    q = g.add("Mul", q, g.constant(0.5, "float32")) if g.chance(0.5) else q
    scores = g.add("MatMul", q, g.add("Transpose", k, perm=[0, 2, 1]))
    scores = g.add("Div", scores, g.constant(2.0, "float32")) if g.chance(0.5) else scores
    g.add("MatMul", g.add("Softmax", scores, axis=-1), v)


def where_nan(g: RandomGraph) -> None:
    x = g.pick_float()
    condition = g.add("IsNaN", x) if g.chance(0.6) else g.constant(g.chance(0.5), "bool")
    g.add("Where", condition, g.constant(0.0, x.dtype), x)


def expand_then_binary(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and 1 in value.shape)
    shape = [3 if size == 1 else size for size in x.shape]
    expanded = maybe_read(g, g.add("Expand", x, g.ints(*shape)))
    other = g.constant(g.random_data(x.dtype, shape if g.chance(0.6) else []))
    g.add(g.rng.choice(["Add", "Mul"]), expanded, other)


def gather_chain(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank >= 1 and value.data.size > 0)
    y = g.add("Gather", x, g.constant([0, x.shape[0] - 1], "int64"), axis=0)
    g.add("Gather", y, g.constant(g.rng.choice([0, 1, -1, [1, 0]]), "int64"), axis=0)


def concat_of_concats(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank >= 1)
    axis = one_axis(g, x.rank)
    inner = maybe_read(g, g.add("Concat", x, x, axis=axis))
    y = g.add("Concat", inner, x, axis=axis)
    size = x.shape[axis]
    g.add("Slice", y, g.ints(g.rng.choice([0, size])), g.ints(g.rng.choice([size, 2 * size])), g.ints(axis))


def reduce_chain(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank >= 2 and value.data.size > 0)
    op = g.rng.choice(["ReduceMean", "ReduceSum", "ReduceMax"])
    y = g.add(op, x, g.ints(-1), keepdims=g.rng.randint(0, 1))
    g.add(g.rng.choice([op, "ReduceMean"]), y, g.ints(0), keepdims=g.rng.randint(0, 1))
    if y.rank == x.rank:
        g.add("Squeeze", y, g.ints(-1))


def gemm_chain(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank == 2 and value.data.size > 0)
    x = g.add("Transpose", x, perm=[1, 0]) if g.chance(0.5) else x
    w = g.constant(g.random_data(x.dtype, [x.shape[1], 3], special=0.05))
    y = maybe_read(g, g.add("MatMul", x, w))
    bias = g.constant(g.random_data(x.dtype, g.rng.choice([[3], [1, 3], [1], [], [y.shape[0], 3], [2, 1, 3]])))
    y = g.add("Add", bias, y) if g.chance(0.4) else g.add("Add", y, bias)
    if g.chance(0.5):
        g.add(g.rng.choice(["Mul", "Add", "Div"]), y, g.constant(g.random_data(x.dtype, [3])))


IDIOMS: list[Generator] = [
    *[neutral_element, negated_operand, affine, affine_after_product, between_transposes] * 3,
    *[reshapes, computed_reshape, pad_then_window, clips, casts, slices, gemm_chain] * 2,
    *(
        product_with_activation,
        shape_slice,
        split_concat,
        repeated,
        twice_softmax,
        gelu,
        tanh_gelu,
        layer_norm,
        rms_norm,
    ),
    *(swish, attention, where_nan, expand_then_binary, gather_chain, concat_of_concats, reduce_chain),
]
