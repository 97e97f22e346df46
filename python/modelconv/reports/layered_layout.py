"""Where the nodes of a graph stand in a picture: in layers from top to bottom, few crossings, short edges straight.

After Sugiyama, Tagawa and Toda (1981), each step linear in the cells (or n log n for a sort), so that 10,000 nodes take
about a second: layers by longest path, barycentre sweeps for the order, least-squares placement by pooling for x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 28.0  # between cells of a layer
WAYPOINT = 10.0  # width that an edge passing through a layer takes
LAYER_HEIGHT = 84.0
_SWEEPS = 4
# Edges over several layers bend around what lies between, by a waypoint per layer. So many per node, the shortest
# edges first; edges beyond that are drawn straight.
_WAYPOINTS_PER_NODE = 2

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Centres of the nodes, and for each edge the points that it passes between its ends."""

    places: list[Point]
    routes: list[list[Point]]


def lay_out(widths: Sequence[float], edges: Sequence[tuple[int, int]]) -> Layout:
    """Place nodes of these widths. Edges run from a lower number to a higher one."""
    cells = _Cells(widths, edges)
    cells.order()
    cells.place()
    left = min((x - width / 2 for x, width in zip(cells.x, cells.widths, strict=True)), default=0.0)
    points = [(x - left, layer * LAYER_HEIGHT) for x, layer in zip(cells.x, cells.layer, strict=True)]
    return Layout(points[: len(widths)], [[points[cell] for cell in route] for route in cells.routes])


def layers_of(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Longest path from the top; what has nothing above it stands just above what reads it."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    layer = [0] * count
    for node in range(count):
        layer[node] = max((layer[other] + 1 for other in above[node]), default=0)
    for node in range(count):
        if not above[node] and below[node]:
            layer[node] = min(layer[other] for other in below[node]) - 1
    return layer


class _Cells:
    """Nodes, then waypoints: what stands in layers."""

    def __init__(self, widths: Sequence[float], edges: Sequence[tuple[int, int]]) -> None:
        self.widths = list(widths)
        self.layer = layers_of(len(widths), edges)
        self.routes: list[list[int]] = [[] for _ in edges]
        self._count = len(widths)
        links = self._add_waypoints(edges)
        self._above: list[list[int]] = [[] for _ in self.widths]
        self._below: list[list[int]] = [[] for _ in self.widths]
        for upper, lower in links:
            self._above[lower].append(upper)
            self._below[upper].append(lower)
        self._layers: list[list[int]] = [[] for _ in range(max(self.layer, default=-1) + 1)]
        for cell in range(len(self.widths)):
            self._layers[self.layer[cell]].append(cell)
        self.x = [0.0] * len(self.widths)

    def _add_waypoints(self, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        spans = [self.layer[target] - self.layer[source] for source, target in edges]
        budget = _WAYPOINTS_PER_NODE * self._count
        links = []
        for number in sorted(range(len(edges)), key=spans.__getitem__):
            upper, target = edges[number]
            budget -= spans[number] - 1
            for layer in range(self.layer[upper] + 1, self.layer[target]) if budget >= 0 else ():
                cell = len(self.widths)
                self.widths.append(WAYPOINT)
                self.layer.append(layer)
                self.routes[number].append(cell)
                links.append((upper, cell))
                upper = cell
            links.append((upper, target))
        return links

    def order(self) -> None:
        """Each layer sorted by the mean place of its neighbours above, then below, and again."""
        place = [0.0] * len(self.widths)
        for row in self._layers:
            for index, cell in enumerate(row):
                place[cell] = float(index)
        for sweep in range(_SWEEPS):
            neighbours = self._below if sweep % 2 else self._above
            for row in reversed(self._layers) if sweep % 2 else self._layers:
                keys = {cell: _mean(place, neighbours[cell], place[cell]) for cell in row}
                row.sort(key=keys.__getitem__)
                for index, cell in enumerate(row):
                    place[cell] = float(index)

    def place(self) -> None:
        """Each cell as near as it can be to the mean of its neighbours, in its layer's order and without overlaps."""
        for row in self._layers:
            self._set_row(row, [0.0] * len(row))
        for sweep in range(_SWEEPS):
            neighbours = self._below if sweep % 2 else self._above
            for row in reversed(self._layers) if sweep % 2 else self._layers:
                self._set_row(row, [_mean(self.x, neighbours[cell], self.x[cell]) for cell in row])

    def _set_row(self, row: list[int], wanted: list[float]) -> None:
        offsets, at = [], 0.0
        for index, cell in enumerate(row):
            if index:
                at += (self.widths[row[index - 1]] + self.widths[cell]) / 2 + GAP
            offsets.append(at)
        # A waypoint that is moved makes a kink, a node does not show it.
        weights = [1.0 if cell < self._count else 4.0 for cell in row]
        level = isotonic([want - offset for want, offset in zip(wanted, offsets, strict=True)], weights)
        for cell, base, offset in zip(row, level, offsets, strict=True):
            self.x[cell] = base + offset


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-decreasing sequence nearest to `values` in the weighted least-squares sense, by pooling neighbours."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(values, weights, strict=True):
        count = 1
        while pools and pools[-1][0] > value:
            mean, heavier, more = pools.pop()
            value = (mean * heavier + value * weight) / (heavier + weight)
            weight, count = weight + heavier, count + more
        pools.append((value, weight, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def _mean(places: list[float], cells: list[int], otherwise: float) -> float:
    return sum(places[cell] for cell in cells) / len(cells) if cells else otherwise
