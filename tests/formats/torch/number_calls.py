"""Python's arithmetic on symbolic numbers, as programs have it: "py.add" and its kin."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

# Of two ints, of two floats, of one of each; of different signs.
PAIRS = [(7, 2), (-7, 2), (7.5, -2.0), (3, 0.5)]
FLOATS = [(2.5,), (-2.5,), (3.0,), (-0.7,)]
TRUTHS = [(True, False), (True, True), (False, False)]

ROWS: list[tuple[str, Callable[..., Any], list[tuple[Any, ...]]]] = [
    ("py.add", operator.add, PAIRS),
    ("py.and", lambda a, b: a and b, TRUTHS),
    ("py.bool", bool, [(0,), (3,), (0.5,)]),
    ("py.ceil", math.ceil, FLOATS),
    ("py.eq", operator.eq, [(2, 2), (2, 3), (2.0, 2)]),
    ("py.float", float, [(3,), (-2.5,)]),
    ("py.floor", math.floor, FLOATS),
    ("py.floordiv", operator.floordiv, PAIRS),
    ("py.ge", operator.ge, PAIRS),
    ("py.gt", operator.gt, PAIRS),
    ("py.int", int, [(3,), *FLOATS]),
    ("py.ite", lambda b, t, f: t if b else f, [(True, 2, 3), (False, 2, 3), (False, 2.5, 0.5)]),
    ("py.le", operator.le, PAIRS),
    ("py.lt", operator.lt, PAIRS),
    ("py.max", max, [(7, 2), (-7.5, 2.0)]),
    ("py.min", min, [(7, 2), (-7.5, 2.0)]),
    ("py.mod", operator.mod, PAIRS),
    ("py.mul", operator.mul, PAIRS),
    ("py.ne", operator.ne, [(2, 2), (2, 3), (2.0, 2)]),
    ("py.neg", operator.neg, [(3,), (-2.5,)]),
    ("py.not", operator.not_, [(True,), (False,)]),
    ("py.or", lambda a, b: a or b, TRUTHS),
    ("py.pow", operator.pow, [(7, 2), (2.5, 3.0), (4, 0.5)]),
    ("py.round", round, FLOATS),
    ("py.sqrt", math.sqrt, [(9,), (2.25,)]),
    ("py.sub", operator.sub, PAIRS),
    ("py.truediv", operator.truediv, PAIRS),
    ("py.trunc", math.trunc, FLOATS),
]
