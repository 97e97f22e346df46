"""Axes reduced to one value each, and running sums."""

from __future__ import annotations

import numpy as np
from support.aten import Case, bools, case, floats, ints

X = floats(2, 3, 4)
OTHER = (floats(5, 3, 4),)
BOOLS = bools(3, 4)
WITH_NAN = np.where(bools(3, 4, seed=1), np.nan, floats(3, 4)).astype(np.float32)

CASES: list[Case] = [
    case("aten.sum", lambda torch, x: x.sum(), X),
    case("aten.sum", lambda torch, x: x.sum(-1, keepdim=True), X, other=OTHER),
    case("aten.sum", lambda torch, x: x.sum((0, 2)), X, other=OTHER),
    case("aten.sum", lambda torch, x: x.sum(0), ints(3, 4, dtype="int32")),
    case("aten.sum", lambda torch, x: x.sum(), BOOLS),
    case("aten.sum", lambda torch, x: x.sum(1, dtype=torch.float64), X),
    case("aten.mean", lambda torch, x: x.mean(), X),
    case("aten.mean", lambda torch, x: x.mean((-2, -1), keepdim=True), X, other=OTHER),
    case("aten.mean", lambda torch, x: x.mean(0, dtype=torch.float32), ints(3, 4)),
    case("aten.prod", lambda torch, x: x.prod(), X),
    case("aten.prod", lambda torch, x: x.prod(1, keepdim=True), X, other=OTHER),
    case("aten.prod", lambda torch, x: x.prod(0), ints(3, 4, dtype="int32")),
    case("aten.amax", lambda torch, x: x.amax(), X),
    case("aten.amax", lambda torch, x: x.amax((0, -1)), X, other=OTHER),
    case("aten.amax", lambda torch, x: x.amax(1, keepdim=True), ints(2, 3)),
    case("aten.amax", lambda torch, x: x.amax(1), BOOLS),
    case("aten.amin", lambda torch, x: x.amin(1), X),
    case("aten.amin", lambda torch, x: x.amin((0, 1), keepdim=True), ints(2, 3)),
    case("aten.aminmax", lambda torch, x: torch.aminmax(x), X),
    case("aten.aminmax", lambda torch, x: torch.aminmax(x, dim=1, keepdim=True), X, other=OTHER),
    case("aten.any", lambda torch, x: x.any(), BOOLS),
    case("aten.any", lambda torch, x: x.any(-1), BOOLS),
    case("aten.any", lambda torch, x: torch.any(x, 0, True), ints(3, 4, low=0, high=2)),
    case("aten.any", lambda torch, x: torch.any(x, (0, 1)), X),
    case("aten.all", lambda torch, x: x.all(), BOOLS),
    case("aten.all", lambda torch, x: x.all(1), BOOLS),
    case("aten.all", lambda torch, x: x.all(0), ints(2, 4, low=0, high=3, dtype="uint8")),
    case("aten.all", lambda torch, x: torch.all(x, (0, 2), keepdim=True), X),
    case("aten.count_nonzero", lambda torch, x: torch.count_nonzero(x), BOOLS),
    case("aten.count_nonzero", lambda torch, x: torch.count_nonzero(x, (0, 1)), ints(3, 4, low=-1, high=2)),
    case("aten.logsumexp", lambda torch, x: torch.logsumexp(x, 1), X * 50, other=(floats(5, 3, 4) * 50,)),
    case("aten.logsumexp", lambda torch, x: torch.logsumexp(x, (0, 2), keepdim=True), X),
    case("aten.nansum", lambda torch, x: torch.nansum(x), WITH_NAN),
    case("aten.nansum", lambda torch, x: torch.nansum(x, 1, keepdim=True), WITH_NAN),
    case("aten.nansum", lambda torch, x: torch.nansum(x, 0), ints(2, 3)),
    case("aten.nanmean", lambda torch, x: torch.nanmean(x), WITH_NAN),
    case("aten.nanmean", lambda torch, x: torch.nanmean(x, 1, keepdim=True), WITH_NAN),
    case("aten.var", lambda torch, x: x.var(), X),
    case("aten.var", lambda torch, x: x.var(-1, unbiased=False, keepdim=True), X, other=OTHER),
    case("aten.var", lambda torch, x: x.var((0, 2), correction=2), X, other=OTHER),
    case("aten.var", lambda torch, x: torch.var(x, False), X),
    case("aten.std", lambda torch, x: x.std(), X),
    case("aten.std", lambda torch, x: x.std(1), X, other=OTHER),
    case("aten.std", lambda torch, x: x.std((0, 1), unbiased=False), X),
    case("aten.var_mean", lambda torch, x: torch.var_mean(x, (1, 2), correction=0, keepdim=True), X),
    case("aten.var_mean", lambda torch, x: torch.var_mean(x, 0), X, other=OTHER),
    case("aten.std_mean", lambda torch, x: torch.std_mean(x), X),
    case("aten.std_mean", lambda torch, x: torch.std_mean(x, 1, unbiased=False), X),
    case("aten.cumsum", lambda torch, x: x.cumsum(1), X, other=OTHER),
    case("aten.cumsum", lambda torch, x: x.cumsum(-1), BOOLS),
    case("aten.cumsum", lambda torch, x: x.cumsum(0, dtype=torch.float64), ints(2, 3)),
]
