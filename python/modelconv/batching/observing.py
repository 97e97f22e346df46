"""Calibration by several processes: each observes its parts, and what they have seen is added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelconv.batching.parts import Part
from modelconv.batching.pool import Workers
from modelconv.batching.shipping import Shipped, shipped
from modelconv.errors import ModelConvError
from modelconv.observers import Observer, observe, observer_factory

if TYPE_CHECKING:
    from modelconv.model import Model, TensorSpec


@dataclass(frozen=True)
class _Task:
    """What is the same for all parts."""

    model: Shipped
    specs: Sequence[TensorSpec]
    names: Sequence[str]
    observer: str | Callable[[], Observer]
    percentile: float
    threads: int


def _observe_part(task: _Task, part: Part) -> dict[str, Any]:
    make = observer_factory(task.observer, task.percentile)
    return observe(task.model.core(), task.names, make, task.specs, part.batches(task.specs), threads=task.threads)


def observe_in_parts(
    model: Model,
    names: Sequence[str],
    observer: str | Callable[[], Observer],
    percentile: float,
    parts: Sequence[Part],
    workers: Workers,
    progress: Callable[[str, int, int], None] | None,
) -> dict[str, Any]:
    """As `observe` on all batches: observers add up exactly, in whatever order the parts are done."""
    make = observer_factory(observer, percentile)
    if not callable(getattr(make(), "merge", None)):
        raise ModelConvError(
            f"observer={observer!r} makes a {type(make()).__name__} without merge(other), which adds up what several "
            "processes have seen\n  try:   workers=0, or a merge()"
        )
    observers: dict[str, Any] = {name: make() for name in names}
    done, total = 0, sum(part.count for part in parts)
    with shipped(model, workers) as ship:
        task = _Task(ship, model.inputs, names, observer, percentile, workers.threads)
        for number, seen in workers.map(_observe_part, task, parts):
            for name, one in seen.items():
                observers[name].merge(one)
            done += parts[number].count
            if progress is not None:
                progress("calibrate", done, total)
    return observers
