"""Where nodes are put."""

from __future__ import annotations

import random

import numpy as np
import pytest
from modelconv.reports.layered_layout import LAYER_HEIGHT, isotonic, lay_out, layers_of


def test_layers_are_longest_paths() -> None:
    #  0 -> 1 -> 2 -> 4, 3 -> 4: 3 stands just above its reader
    assert layers_of(5, [(0, 1), (1, 2), (2, 4), (3, 4)]) == [0, 1, 2, 2, 3]
    assert layers_of(0, []) == []


def test_a_chain_is_straight() -> None:
    layout = lay_out([50, 90, 30], [(0, 1), (1, 2)])
    assert len({x for x, _ in layout.places}) == 1
    assert [y for _, y in layout.places] == [0, LAYER_HEIGHT, 2 * LAYER_HEIGHT]


def test_a_skip_passes_beside_what_it_skips() -> None:
    widths = [60.0] * 5
    layout = lay_out(widths, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)])
    route = layout.routes[4]
    assert [y for _, y in route] == [LAYER_HEIGHT * layer for layer in (1, 2, 3)]
    for (x, _), node in zip(route, (1, 2, 3), strict=True):
        assert abs(x - layout.places[node][0]) > widths[node] / 2


def test_long_edges_have_waypoints_within_a_budget() -> None:
    count = 2000
    edges = [(i, i + 1) for i in range(count - 1)] + [(i, count - 1) for i in range(count - 2)]
    layout = lay_out([40.0] * count, edges)
    assert sum(map(len, layout.routes)) <= 2 * count
    assert len(layout.routes) == len(edges)


@pytest.mark.parametrize("seed", range(5))
def test_isotonic_is_the_nearest_sequence_that_rises(seed: int) -> None:
    choose = random.Random(seed)
    values = [choose.gauss(0, 1) for _ in range(12)]
    weights = [choose.choice([1.0, 4.0]) for _ in values]
    nearest = isotonic(values, weights)
    assert nearest == sorted(nearest)

    def distance(candidate: np.ndarray) -> float:
        return float(np.sum(np.array(weights) * (candidate - values) ** 2))

    rng = np.random.default_rng(seed)
    for _ in range(300):
        other = np.sort(np.array(nearest) + rng.normal(0, 0.1, len(values)))
        assert distance(np.array(nearest)) <= distance(other) + 1e-12
