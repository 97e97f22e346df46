"""What modelconv and a peer cost for the same work: one table, whatever the work is."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Cost, measure, median_cost

ROOT = Path(__file__).resolve().parents[1]
OURS = {"PYTHONPATH": str(ROOT / "python")}
CONVERT = "import json, sys, modelconv; modelconv.convert(sys.argv[1], sys.argv[2], **json.loads(sys.argv[3]))"
Command = Sequence[str | Path]


@dataclass(frozen=True)
class Pair:
    """One model and one peer."""

    model: str
    peer: str
    ours: Cost
    theirs: Cost | None

    def ratios(self) -> tuple[float, float, float] | None:
        """Theirs to ours: processor time, wall time, peak resident memory; none unless both have done the work."""
        if self.theirs is None or self.ours.status != 0 or self.theirs.status != 0:
            return None
        return (
            self.theirs.cpu_seconds / self.ours.cpu_seconds,
            self.theirs.wall_seconds / self.ours.wall_seconds,
            self.theirs.peak_resident / self.ours.peak_resident,
        )


@dataclass(frozen=True)
class Aim:
    """Medians of the ratios that are asked for, and the least ratio of processor time that any model may have."""

    time: float
    memory: float
    least_time: float = 1.0


def converting(source: Path, target: Path, **settings: Any) -> Command:
    """Our command; settings are those of `modelconv.convert`."""
    return [sys.executable, "-c", CONVERT, source, target, json.dumps(settings)]


def measure_pair(
    model: str, peer: str, ours: Command, theirs: Command | Cost | None, *, repeat: int = 3, quiet: Mapping[str, str]
) -> Pair:
    """Ours before and after the peer, so that what else the machine does meets both; the peer, being slow, once.

    `theirs` may be measured already (what one run of a peer writes can be two of our conversions), or missing where
    the peer has no such conversion.
    """
    own = [measure(ours, environment=OURS)]
    cost = theirs if theirs is None or isinstance(theirs, Cost) else measure(theirs, environment=quiet)
    own += [measure(ours, environment=OURS) for _ in range(repeat - 1)]
    pair = Pair(model, peer, median_cost(own), cost)
    for name, each in (("modelconv", pair.ours), (peer, cost)):
        if each is not None and each.status != 0:
            print(f"{model}: {name} failed\n{each.messages}", file=sys.stderr)
    return pair


HEADER = (
    "| model | peer | processor s: ours | theirs | ratio | wall | resident MB: ours | theirs | ratio | remarks |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def describe(pair: Pair, remarks: str = "") -> str:
    """A row of the table."""
    costs = [cost if cost is None or cost.status == 0 else "fails" for cost in (pair.ours, pair.theirs)]
    seconds = [f"{cost.cpu_seconds:.2f}" if isinstance(cost, Cost) else cost or "-" for cost in costs]
    memory = [f"{cost.peak_resident / 1e6:.0f}" if isinstance(cost, Cost) else "-" for cost in costs]
    time, wall, size = [f"{ratio:.1f} x" for ratio in pair.ratios() or ()] or ["-"] * 3
    cells = [pair.model, pair.peer, *seconds, time, wall, *memory, size, remarks]
    return "| " + " | ".join(cells) + " |"


def summarise(pairs: Sequence[Pair], aims: Mapping[str, Aim]) -> bool:
    """A line per peer; whether all that is aimed at is reached."""
    reached = True
    for peer, aim in aims.items():
        ratios = [ratios for pair in pairs if pair.peer == peer and (ratios := pair.ratios())]
        if not ratios:
            continue
        time, wall, memory = (statistics.median(column) for column in zip(*ratios, strict=True))
        least = min(ratio for ratio, *_ in ratios)
        good = time >= aim.time and memory >= aim.memory and least >= aim.least_time
        reached = reached and good
        print(
            f"{peer}, median of {len(ratios)}: {time:.1f} x the processor time (least {least:.1f} x), "
            f"{wall:.1f} x the wall time, {memory:.1f} x the memory; "
            f"aimed at {aim.time:.0f} x and {aim.memory:.0f} x: {'reached' if good else 'MISSED'}"
        )
    return reached
