"""Activations and normalisations spelt out in simple operators, as exporters write them."""

from __future__ import annotations

import math

from rules.random_graphs import RandomGraph
from rules.random_partners import maybe_read, some_axes


def gelu(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("float32", "float64"))
    number = {"sqrt2": math.sqrt(2), "one": 1.0, "half": 0.5}
    if g.chance(0.2):
        number[g.rng.choice(list(number))] *= 1.01
    c = {key: g.constant(value, x.dtype) for key, value in number.items()}
    erf = g.add("Erf", g.add("Div", x, c["sqrt2"]))
    one = maybe_read(g, g.add("Add", erf, c["one"]))
    if g.chance(0.5):
        g.add("Mul", g.add("Mul", x, one), c["half"])
    else:
        g.add("Mul", g.add("Mul", x, c["half"]), one)


def tanh_gelu(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("float32", "float64"))
    cube = g.add("Pow", x, g.constant(3.0, x.dtype))
    inner = g.add("Add", x, g.add("Mul", cube, g.constant(0.044715, x.dtype)))
    tanh = g.add("Tanh", g.add("Mul", inner, g.constant(math.sqrt(2 / math.pi), x.dtype)))
    g.add("Mul", g.add("Mul", x, g.add("Add", tanh, g.constant(1.0, x.dtype))), g.constant(0.5, x.dtype))


def layer_norm(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("float32", "float64") and value.rank >= 2 and value.data.size > 0)
    axes = [-1] if g.chance(0.7) else some_axes(g, x.rank, 1)
    mean = g.add("ReduceMean", x, g.ints(*axes))
    centred = g.add("Sub", x, mean)
    square = g.add("Pow", centred, g.constant(2.0, x.dtype)) if g.chance(0.6) else g.add("Mul", centred, centred)
    variance = g.add("ReduceMean", square, g.ints(*axes))
    deviation = g.add("Sqrt", g.add("Add", variance, g.constant(1e-5, x.dtype)))
    y = maybe_read(g, g.add("Div", centred, deviation))
    shape = [x.shape[-1]] if g.chance(0.8) else [1]
    y = g.add("Mul", y, g.constant(g.random_data(x.dtype, shape)))
    if g.chance(0.7):
        g.add("Add", y, g.constant(g.random_data(x.dtype, shape)))


def rms_norm(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("float32", "float64") and value.rank >= 2 and value.data.size > 0)
    square = g.add("Pow", x, g.constant(2.0, x.dtype)) if g.chance(0.5) else g.add("Mul", x, x)
    mean = g.add("ReduceMean", square, g.ints(-1))
    root = g.add("Sqrt", g.add("Add", mean, g.constant(1e-6, x.dtype)))
    y = g.add("Div", x, root) if g.chance(0.5) else g.add("Mul", x, g.add("Reciprocal", root))
    g.add("Mul", y, g.constant(g.random_data(x.dtype, [x.shape[-1]])))


def swish(g: RandomGraph) -> None:
    x = g.pick_float()
    kind = g.rng.randrange(3)
    if kind == 0:
        g.add("Mul", x, g.add("Sigmoid", x))
    elif kind == 1:
        six = g.constant(6.0, x.dtype)
        clipped = g.add("Clip", g.add("Add", x, g.constant(3.0, x.dtype)), g.constant(0.0, x.dtype), six)
        g.add("Div", g.add("Mul", x, clipped), six)
    else:
        g.add("Mul", x, g.add("Tanh", g.add("Softplus", x)))
