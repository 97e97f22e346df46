"""What goes with a value: other operands, axes."""

from __future__ import annotations

import numpy as np

from rules.random_graphs import RandomGraph, Value


def partner(g: RandomGraph, value: Value) -> Value:
    """Something that broadcasts with `value`: another value, or a constant with some axes dropped or of size 1."""
    if g.chance(0.4):
        return g.pick(lambda other: other.dtype == value.dtype and broadcasts(value.shape, other.shape))
    shape = [size if g.chance(0.6) else 1 for size in value.shape][g.rng.randint(0, value.rank) :]
    if g.chance(0.1):
        shape = [g.rng.choice([1, 2]), *shape]  # grows the result
    if g.chance(0.3):
        number = g.rng.choice([0, 1, 2, -1] if not value.dtype.startswith("u") else [0, 1, 2])
        return g.constant(np.full(shape, number), value.dtype)
    return g.constant(g.random_data(value.dtype, shape))


def broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


def in_any_order(g: RandomGraph, a: Value, b: Value) -> tuple[Value, Value]:
    return (b, a) if g.chance(0.5) else (a, b)


def some_axes(g: RandomGraph, rank: int, low: int = 0) -> list[int]:
    axes = sorted(g.rng.sample(range(rank), g.rng.randint(low, rank)))
    return [axis - rank if g.chance(0.3) else axis for axis in axes]


def one_axis(g: RandomGraph, rank: int) -> int:
    axis = g.rng.randrange(rank)
    return axis - rank if g.chance(0.3) else axis


def maybe_read(g: RandomGraph, value: Value) -> Value:
    """Sometimes somebody else reads the value too."""
    if g.chance(0.15):
        g.add("Neg" if value.is_float else "Identity", value)
    return value
