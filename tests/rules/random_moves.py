"""Generators of operators that move elements, with random attributes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from rules.random_graphs import RandomGraph, Value
from rules.random_partners import one_axis, some_axes


def shape_of(g: RandomGraph) -> None:
    x = g.pick()
    if g.chance(0.3):
        g.add("Size", x)
    elif g.chance(0.4) and x.rank:
        start = g.rng.randrange(x.rank)
        g.add("Shape", x, start=start, end=g.rng.randint(start, x.rank))
    else:
        g.add("Shape", x)


def reshape(g: RandomGraph) -> None:
    x = g.pick()
    g.add("Reshape", x, g.ints(*random_factors(g, x.data.size)), **({"allowzero": 1} if x.data.size == 0 else {}))


def random_factors(g: RandomGraph, size: int) -> list[int]:
    sizes, rest = [], size
    while rest > 1 and len(sizes) < 3:
        divisors = [d for d in range(1, rest + 1) if rest % d == 0]
        sizes.append(g.rng.choice(divisors))
        rest //= sizes[-1]
    sizes.append(rest)
    if g.chance(0.3) and 0 not in sizes:
        sizes[g.rng.randrange(len(sizes))] = -1
    return sizes


def flatten(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0)
    g.add("Flatten", x, axis=g.rng.randint(-x.rank, x.rank))


def squeeze(g: RandomGraph) -> None:
    x = g.pick(lambda value: 1 in value.shape)
    ones = [axis for axis, size in enumerate(x.shape) if size == 1]
    g.add("Squeeze", x, *([] if g.chance(0.3) else [g.ints(*g.rng.sample(ones, g.rng.randint(1, len(ones))))]))


def unsqueeze(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank < 4)
    g.add("Unsqueeze", x, g.ints(g.rng.randint(-x.rank - 1, x.rank)))


def transpose(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0)
    perm = list(range(x.rank))
    g.rng.shuffle(perm)
    g.add("Transpose", x, **({} if g.chance(0.2) else {"perm": perm}))


def concat(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0)
    axis = one_axis(g, x.rank)
    shape = list(x.shape)
    shape[axis] = g.rng.choice([0, 1, 2])
    others = [x, g.constant(g.random_data(x.dtype, shape))]
    if g.chance(0.3):
        others.append(g.pick(lambda value: value.dtype == x.dtype and value.shape == x.shape))
    g.rng.shuffle(others)
    g.add("Concat", *others[: g.rng.randint(1, 3)], axis=axis)


def split(g: RandomGraph) -> None:
    x = g.pick(lambda value: any(size > 1 for size in value.shape))
    axis = g.rng.choice([axis for axis, size in enumerate(x.shape) if size > 1])
    if g.chance(0.5):
        first = g.rng.randint(0, x.shape[axis])
        g.add_many("Split", x, g.ints(first, x.shape[axis] - first), outputs=2, axis=axis)
    else:
        g.add_many("Split", x, outputs=2, axis=axis, num_outputs=2)


def slice_(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0)
    axes = some_axes(g, x.rank, 1)
    starts = [g.rng.randint(-3, 3) for _ in axes]
    ends = [g.rng.choice([-1, 1, 2, 3, 100, 2**63 - 1]) for _ in axes]
    steps = [g.rng.choice([1, 1, 1, 2, -1]) for _ in axes]
    ends = [-(2**62) if step < 0 and g.chance(0.7) else end for end, step in zip(ends, steps, strict=True)]
    g.add("Slice", x, g.ints(*starts), g.ints(*ends), g.ints(*axes), *([g.ints(*steps)] if g.chance(0.7) else []))


def indices_below(g: RandomGraph, size: int, shape: list[int]) -> Value:
    low = -size if g.chance(0.3) else 0
    return g.constant(g.numbers.integers(low, size, shape), "int64")


def gather(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0 and value.data.size > 0)
    axis = one_axis(g, x.rank)
    g.add("Gather", x, indices_below(g, x.shape[axis], g.random_shape(0, 2)), axis=axis)


def gather_elements(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0 and value.data.size > 0)
    axis = one_axis(g, x.rank)
    g.add("GatherElements", x, indices_below(g, x.shape[axis], list(x.shape)), axis=axis)


def gather_nd(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0 and value.data.size > 0)
    g.add("GatherND", x, indices_below(g, min(x.shape), [2, g.rng.randint(1, x.rank)]))


def scatter_elements(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank > 0 and value.data.size > 0)
    axis = one_axis(g, x.rank)
    shape = [1 if i == axis % x.rank else size for i, size in enumerate(x.shape)]
    updates = g.constant(g.random_data(x.dtype, shape))
    g.add("ScatterElements", x, indices_below(g, x.shape[axis], shape), updates, axis=axis)


def scatter_nd(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank > 0 and value.data.size > 0)
    indices = indices_below(g, x.shape[0], [1, 1])
    g.add("ScatterND", x, indices, g.constant(g.random_data(x.dtype, [1, *x.shape[1:]])))


def expand(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank < 4)
    shape = [g.rng.choice([2, 3]) if size == 1 and g.chance(0.6) else size for size in x.shape]
    if g.chance(0.2):
        shape = [2, *shape]
    g.add("Expand", x, g.ints(*(1 if g.chance(0.2) else size for size in shape)))


def tile(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0)
    g.add("Tile", x, g.ints(*(g.rng.choice([1, 1, 2]) for _ in x.shape)))


def pad(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank > 0 and value.data.size > 0)
    mode = g.rng.choice(["constant", "constant", "constant", "edge", "reflect", "wrap"])
    pads = [g.rng.choice([0, 0, 1] + ([2, -1] if mode == "constant" else [])) for _ in range(2 * x.rank)]
    fill = (
        [g.constant(g.rng.choice([0.0, -0.0, 1.0, -np.inf]), x.dtype)] if mode == "constant" and g.chance(0.6) else []
    )
    g.add("Pad", x, g.ints(*pads), *fill, mode=mode)


def depth_to_space(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank == 4)
    if g.chance(0.5):
        g.add("DepthToSpace", x, blocksize=2, mode=g.rng.choice(["DCR", "CRD"]))
    else:
        g.add("SpaceToDepth", x, blocksize=2)


def trilu(g: RandomGraph) -> None:
    g.add(
        "Trilu",
        g.pick(lambda value: value.rank >= 2),
        g.constant(g.rng.randint(-1, 1), "int64"),
        upper=g.rng.randint(0, 1),
    )


def reverse_sequence(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank >= 2 and value.data.size > 0)
    lengths = g.numbers.integers(1, x.shape[0] + 1, x.shape[1])
    g.add("ReverseSequence", x, g.constant(lengths, "int64"), time_axis=0, batch_axis=1)


def one_hot(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.dtype in ("int64", "int32"))
    values = g.constant([0, 1], g.rng.choice(["float32", "int64"]))
    g.add("OneHot", x, g.constant(4, "int64"), values, axis=g.rng.choice([-1, 0]))


def make_constant(g: RandomGraph) -> None:
    kind = g.rng.randrange(4)
    if kind == 0:
        fill = helper.make_tensor("value", TensorProto.FLOAT, [1], [g.rng.choice([0.0, 1.0, -0.0, 2.5])])
        g.add("ConstantOfShape", g.ints(*g.random_shape(0, 3)), value=fill)
    elif kind == 1:
        g.add("Range", *(g.constant(number, "int64") for number in (0, g.rng.randint(0, 5), g.rng.choice([1, 2]))))
    elif kind == 2:
        g.add("EyeLike", g.pick(lambda value: value.rank == 2 and value.dtype != "bool"), k=g.rng.randint(-1, 1))
    else:
        g.add("Constant", value_floats=[float(x) for x in g.random_data("float32", [3])])


def non_zero(g: RandomGraph) -> None:
    g.add("NonZero", g.pick(lambda value: value.rank > 0))


def compress(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0)
    axis = one_axis(g, x.rank)
    g.add("Compress", x, g.constant(g.random_data("bool", [x.shape[axis]])), axis=axis)


def unique(g: RandomGraph) -> None:
    g.add_many("Unique", g.pick(lambda value: value.is_integer), outputs=g.rng.choice([1, 4]), sorted=1)
