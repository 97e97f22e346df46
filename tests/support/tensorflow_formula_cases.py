"""Cases of operators that TensorFlow does not run by itself, each with its reference; and of those that draw numbers.

Extensions and other converters write names into graphs that TensorFlow does not register; its compiler's operators only
run in compiled graphs; and some are gone from today's graphs. Random operators are compared by their distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

X = np.linspace(-4, 4, 12, dtype=np.float32).reshape(3, 4)
Y = np.linspace(3, -5, 24, dtype=np.float32).reshape(2, 3, 4)
FLAGS = np.array([True, True, False, False]), np.array([True, False, True, False])


@dataclass
class FormulaCase:
    """reference(*arrays) gives the result or all results."""

    arrays: Sequence[np.ndarray]
    reference: Callable[..., Any]
    attrs: dict[str, Any] = field(default_factory=dict)
    """Fields of an AttrValue by the attribute's name: {"k": {"i": 3}}."""


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def elementwise(function: Callable[..., np.ndarray]) -> list[FormulaCase]:
    return [FormulaCase([X], function), FormulaCase([Y], function)]


def largest(count: int) -> Callable[[np.ndarray], list[np.ndarray]]:
    def reference(x: np.ndarray) -> list[np.ndarray]:
        order = np.argsort(-x, axis=-1, kind="stable")[..., :count]
        return [np.take_along_axis(x, order, -1), order.astype(np.int32)]

    return reference


def gather_tree(ids: np.ndarray, parents: np.ndarray, lengths: np.ndarray, end: np.ndarray) -> np.ndarray:
    """tensorflow_addons' definition, beam by beam."""
    result = np.full_like(ids, end)
    for batch, beam in np.ndindex(ids.shape[1:]):
        place = beam
        for step in reversed(range(min(len(ids), int(lengths[batch])))):
            result[step, batch, beam] = ids[step, batch, place]
            place = parents[step, batch, place]
        ends = np.flatnonzero(result[:, batch, beam] == end)
        if len(ends):
            result[ends[0] :, batch, beam] = end
    return result


def trees() -> list[FormulaCase]:
    random = np.random.default_rng(3)
    cases = []
    for steps, batch, beams, lengths in ((5, 2, 3, [5, 3]), (4, 3, 2, [9, 0, 1])):
        ids, parents = (random.integers(0, size, (steps, batch, beams)).astype(np.int32) for size in (7, beams))
        arrays = [ids, parents, np.array(lengths, np.int32), np.array(6, np.int32)]
        cases.append(FormulaCase(arrays, gather_tree))
    return cases


FORMULA_CASES: dict[str, list[FormulaCase]] = {
    "Addons>GatherTree": trees(),
    "GatherTree": trees(),
    "HardSwish": elementwise(lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "LogicalXor": [FormulaCase(FLAGS, np.logical_xor), FormulaCase([X > 0, X[0] > -3], np.logical_xor)],
    "Mish": elementwise(lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "Swish": elementwise(lambda x: x * sigmoid(x)),
    "TopK": [
        FormulaCase([np.sin(X * 5)], largest(2), {"k": {"i": 2}}),
        FormulaCase([np.cos(Y * 7)], largest(4), {"k": {"i": 4}, "sorted": {"b": True}}),
    ],
}

# --- of TensorFlow's compiler

# equation, shapes, which axes
DOTS: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, list[int]]]] = [
    ("ij,jk->ik", (2, 3), (3, 4), {"lhs_contracting": [1], "rhs_contracting": [0]}),
    (
        "bij,bkj->bik",
        (2, 3, 4),
        (2, 5, 4),
        {"lhs_contracting": [2], "rhs_contracting": [2], "lhs_batch": [0], "rhs_batch": [0]},
    ),
    ("i,j->ij", (3,), (4,), {}),
]
# stride, dilation, groups
WINDOWS = [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2)]

# --- random numbers

FLOATS = [np.float32, np.float64]
INTEGERS: list[tuple[int, int, type]] = [(-2, 3, np.int32), (10, 1000, np.int64)]
SHUFFLED = [np.arange(30, dtype=np.float32), np.arange(40, dtype=np.int32).reshape(20, 2)]
SAMPLE_TYPES = [np.int32, np.int64]

OTHER_CASES: dict[str, Sequence[Any]] = {
    "Multinomial": SAMPLE_TYPES,
    "RandomShuffle": SHUFFLED,
    "RandomStandardNormal": FLOATS,
    "RandomUniform": FLOATS,
    "RandomUniformInt": INTEGERS,
    "XlaConv": WINDOWS,
    "XlaConvV2": WINDOWS,
    "XlaDot": DOTS,
    "XlaDotV2": DOTS,
}
