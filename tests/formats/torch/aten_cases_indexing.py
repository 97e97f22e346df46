"""Elements by index and by mask."""

from __future__ import annotations

from support.aten import Case, case, floats, ints

X = floats(3, 4)
OTHER = (floats(6, 4),)

CASES: list[Case] = [
    case("aten.index_select", lambda torch, x, i: x.index_select(0, i), X, ints(5, low=0, high=3)),
    case("aten.index_select", lambda torch, x, i: x.index_select(-1, i), X, ints(2, low=0, high=4, dtype="int32")),
    case("aten.gather", lambda torch, x, i: x.gather(1, i), X, ints(3, 2, low=0, high=4)),
    case("aten.gather", lambda torch, x, i: x.gather(0, i), X, ints(2, 4, low=0, high=3)),
]
