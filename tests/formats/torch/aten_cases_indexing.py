"""Elements by index and by mask."""

from __future__ import annotations

import numpy as np
from support.aten import Case, bools, case, floats, ints

X = floats(3, 4)
CUBE = floats(2, 3, 4)

CASES: list[Case] = [
    case("aten.index_select", lambda torch, x, i: x.index_select(0, i), X, ints(5, low=0, high=3)),
    case("aten.index_select", lambda torch, x, i: x.index_select(-1, i), X, ints(2, low=0, high=4, dtype="int32")),
    case("aten.gather", lambda torch, x, i: x.gather(1, i), X, ints(3, 2, low=0, high=4)),
    case("aten.gather", lambda torch, x, i: x.gather(0, i), X, ints(2, 4, low=0, high=3)),
    case("aten.index", lambda torch, x, i: x[i], X, ints(2, 3, low=-3, high=3)),
    case(
        "aten.index",
        lambda torch, x, i: x[:, i],
        X,
        ints(5, low=0, high=4),
        other=(floats(6, 4), ints(5, low=0, high=4)),
    ),
    case("aten.index", lambda torch, x, i, j: x[i, j], X, ints(5, low=-3, high=3), ints(5, low=0, high=4)),
    case("aten.index", lambda torch, x, i, j: x[i, :, j], CUBE, ints(2, 1, low=0, high=2), ints(3, low=0, high=4)),
    case(
        "aten.index",
        lambda torch, x, i, j: x[:, i, j],
        CUBE,
        ints(2, low=0, high=3),
        ints(2, low=0, high=4),
        other=(floats(5, 3, 4), ints(2, low=0, high=3), ints(2, low=0, high=4)),
    ),
    case(
        "aten.index",
        lambda torch, x, i, j: x[..., i, j, :],
        floats(2, 3, 4, 5),
        ints(2, 2, low=0, high=3),
        ints(2, low=0, high=4),
    ),
    case("aten.index", lambda torch, x, m: x[m], X, bools(3, 4)),
    case("aten.index", lambda torch, x, m: x[m], X, bools(3)),
    case("aten.index", lambda torch, x, m: x[:, m], CUBE, bools(3, seed=2)),
    case("aten._unsafe_index", lambda torch, x, i: torch.ops.aten._unsafe_index(x, [i]), X, ints(4, low=0, high=3)),
    case(
        "aten._unsafe_index",
        lambda torch, x, i, j: torch.ops.aten._unsafe_index(x, [None, i, j]),
        CUBE,
        ints(2, 1, low=0, high=3),
        ints(4, low=0, high=4),
    ),
    case("aten.index_put", lambda torch, x, i, v: x.index_put((i,), v), X, np.array([2, 0]), floats(2, 4)),
    case(
        "aten.index_put",
        lambda torch, x, i, v: x.index_put((i,), v, accumulate=True),
        X,
        np.array([2, 0, 2]),
        floats(3, 1),
    ),
    case(
        "aten.index_put",
        lambda torch, x, i, j, v: torch.ops.aten.index_put(x, [i, None, j], v),
        CUBE,
        np.array([0, 1]),
        np.array([3, 1]),
        floats(2, 3),
    ),
    case(
        "aten.index_put",
        lambda torch, x, i, v: torch.ops.aten.index_put(x, [None, i], v),
        CUBE,
        np.array([1, 2]),
        floats(2, 2, 4),
        other=(floats(5, 3, 4), np.array([1, 2]), floats(5, 2, 4)),
    ),
    case("aten.index_put", lambda torch, x, m: torch.ops.aten.index_put(x, [m], torch.tensor(7.0)), X, bools(3, 4)),
    case("aten.index_put", lambda torch, x, m: torch.ops.aten.index_put(x, [m], torch.tensor(7.0)), X, bools(3)),
    case(
        "aten.index_put",
        lambda torch, x, m, v: torch.ops.aten.index_put(x, [m], v),
        X,
        np.array([True, False, True]),
        floats(2, 4),
    ),
    case(
        "aten._unsafe_index_put",
        lambda torch, x, i, v: torch.ops.aten._unsafe_index_put(x, [i], v),
        X,
        np.array([2, 0]),
        floats(4),
    ),
    case(
        "aten._unsafe_index_put",
        lambda torch, x, i, v: torch.ops.aten._unsafe_index_put(x, [i], v, True),
        X,
        np.array([0, 0]),
        floats(4),
    ),
    case(
        "aten.scatter", lambda torch, x, i, v: x.scatter(1, i, v), X, np.array([[0, 2], [1, 3], [3, 0]]), floats(3, 4)
    ),
    case("aten.scatter", lambda torch, x, i: x.scatter(0, i, 2.5), X, np.array([[0, 2, 1]])),
    case(
        "aten.scatter",
        lambda torch, x, i: torch.zeros(3, 5).scatter_(1, i, 1.0) + x.sum(),
        X,
        ints(3, 1, low=0, high=5),
    ),
    case(
        "aten.scatter",
        lambda torch, x, i, v: x.scatter(1, i, v, reduce="add"),
        X,
        np.array([[0, 0], [1, 3], [3, 3]]),
        floats(3, 2),
    ),
    case(
        "aten.scatter",
        lambda torch, x, i: x.scatter(1, i, 2.0, reduce="multiply"),
        X,
        np.array([[0, 0], [1, 3], [3, 3]]),
    ),
    case(
        "aten.scatter_add",
        lambda torch, x, i, v: x.scatter_add(1, i, v),
        X,
        np.array([[0, 0], [1, 3], [3, 3]]),
        floats(3, 3),
    ),
    case(
        "aten.scatter_add",
        lambda torch, x, i, v: x.scatter_add(0, i, v),
        ints(3, 4),
        ints(5, 4, low=0, high=3),
        ints(5, 4),
    ),
    *(
        case(
            "aten.scatter_reduce",
            lambda torch, x, i, v, how=how, own=own: x.scatter_reduce(0, i, v, how, include_self=own),
            X,
            ints(5, 4, low=0, high=3),
            floats(5, 4),
        )
        for how in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    ),
    case("aten.index_add", lambda torch, x, i, v: x.index_add(0, i, v), X, np.array([0, 2, 0]), floats(3, 4)),
    case("aten.index_add", lambda torch, x, i, v: x.index_add(1, i, v, alpha=2), X, np.array([0, 2]), floats(3, 2)),
    case("aten.index_copy", lambda torch, x, i, v: x.index_copy(0, i, v), X, np.array([1, 0]), floats(2, 4)),
    case("aten.index_copy", lambda torch, x, i, v: x.index_copy(-1, i, v), X, np.array([3, 1]), floats(3, 2)),
    case("aten.index_fill", lambda torch, x, i: x.index_fill(0, i, 2), X, np.array([1, 0])),
    case("aten.index_fill", lambda torch, x, i: x.index_fill(1, i, x.sum()), X, np.array([3])),
    case("aten.take", lambda torch, x, i: torch.take(x, i), X, ints(2, 3, low=0, high=12)),
    case("aten.take", lambda torch, x, i: torch.take(x, i), ints(3, 4), ints(5, low=-12, high=12)),
    case("aten.put", lambda torch, x, i, v: torch.put(x, i, v), X, np.array([[1, 7]]), floats(1, 2)),
    case("aten.put", lambda torch, x, i, v: torch.put(x, i, v, True), X, np.array([1, 7, 1]), floats(3)),
    case("aten.take_along_dim", lambda torch, x, i: torch.take_along_dim(x, i, 1), X, ints(3, 2, low=0, high=4)),
    case("aten.take_along_dim", lambda torch, x, i: torch.take_along_dim(x, i, 0), X, ints(2, 1, low=0, high=3)),
    case("aten.take_along_dim", lambda torch, x, i: torch.take_along_dim(x, i), X, ints(5, low=0, high=12)),
    case("aten.masked_select", lambda torch, x, m: torch.masked_select(x, m), X, bools(3, 4)),
    case("aten.masked_select", lambda torch, x, m: torch.masked_select(x, m), X, bools(4, seed=3)),
    case("aten.masked_scatter", lambda torch, x, m, v: x.masked_scatter(m, v), X, bools(3, 4), floats(12)),
    case("aten.masked_scatter", lambda torch, x, m, v: x.masked_scatter(m, v), X, bools(4), floats(3, 4)),
    case("aten.nonzero", lambda torch, x: torch.nonzero(x), bools(3, 4)),
    case("aten.nonzero", lambda torch, x: torch.nonzero(x), ints(5, low=-1, high=2)),
    case("aten.argwhere", lambda torch, x: torch.argwhere(x), bools(3, 4)),
    case("aten.argwhere", lambda torch, x: torch.argwhere(x > 0), X),
    # --- counting
    case("aten.bincount", lambda torch, x: torch.bincount(x), ints(9, low=0, high=5)),
    case("aten.bincount", lambda torch, x: torch.bincount(x, minlength=8), ints(9, low=0, high=5)),
    case("aten.bincount", lambda torch, x, w: torch.bincount(x, w), ints(9, low=0, high=5), floats(9)),
    case("aten.histc", lambda torch, x: torch.histc(x, 5, -2, 2), X),
    case("aten.histc", lambda torch, x: torch.histc(x, 4), X),
    case("aten.bucketize", lambda torch, x, b: torch.bucketize(x, b), X, np.array([-1, 0, 0.5], np.float32)),
    case(
        "aten.bucketize",
        lambda torch, x, b: torch.bucketize(x, b, right=True, out_int32=True),
        ints(3, 4),
        np.array([-1, 0, 2]),
    ),
    case("aten.searchsorted", lambda torch, b, x: torch.searchsorted(b, x), np.sort(floats(6)), X),
    case(
        "aten.searchsorted", lambda torch, b, x: torch.searchsorted(b, x, right=True), np.sort(ints(3, 6)), ints(3, 4)
    ),
    case("aten.searchsorted", lambda torch, b, x: torch.searchsorted(b, x, side="right"), np.sort(floats(3, 6)), X),
    case("aten._unique2", lambda torch, x: torch.unique(x), ints(3, 4)),
    case(
        "aten._unique2",
        lambda torch, x: torch.unique(x, return_inverse=True, return_counts=True),
        ints(3, 4, dtype="int32"),
    ),
    case("aten.unique_dim", lambda torch, x: torch.unique(x, dim=0), ints(5, 2, low=0, high=2)),
    case(
        "aten.unique_dim",
        lambda torch, x: torch.unique(x, dim=1, return_inverse=True, return_counts=True),
        ints(2, 6, low=0, high=2),
    ),
    case("aten.unique_consecutive", lambda torch, x: torch.unique_consecutive(x), ints(12, low=0, high=2)),
    case(
        "aten.unique_consecutive",
        lambda torch, x: torch.unique_consecutive(x, return_inverse=True, return_counts=True),
        ints(3, 4, low=0, high=2),
    ),
    *(
        case(
            "aten.index_reduce",
            lambda torch, x, i, v, how=how, own=own: x.index_reduce(0, i, v, how, include_self=own),
            X,
            np.array([0, 2, 0]),
            floats(3, 4, seed=5),
        )
        for how in ("prod", "mean", "amax", "amin")
        for own in (True, False)
    ),
    case("aten.nonzero_static", lambda torch, x: torch.nonzero_static(x, size=4), bools(3, 4)),
    case("aten.nonzero_static", lambda torch, x: torch.nonzero_static(x, size=20, fill_value=-7), bools(3, 4)),
    case("aten.nonzero_numpy", lambda torch, x: torch.nonzero(x, as_tuple=True), bools(3, 4)),
    case("aten.nonzero_numpy", lambda torch, x: torch.nonzero(x, as_tuple=True), ints(9, low=-1, high=2)),
    case("aten.one_hot", lambda torch, x: torch.nn.functional.one_hot(x, 5), ints(2, 3, low=0, high=5)),
    case("aten.one_hot", lambda torch, x: torch.nn.functional.one_hot(x, 7), ints(4, low=0, high=5)),
]
