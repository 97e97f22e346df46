"""Verification by several processes: each compares its batches, and the figures are put together in their order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import lru_cache
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from modelconv.batching.parts import Part
from modelconv.batching.pool import Workers
from modelconv.batching.shipping import Shipped, shipped
from modelconv.model import Model
from modelconv.progress import Progress
from modelconv.sources import load_source

if TYPE_CHECKING:
    from modelconv.comparison import Figures
    from modelconv.verification import Comparing, Sides


@dataclass(frozen=True, eq=False)
class _Task:
    """What is the same for all parts; models are files, or on their way."""

    subject: str | Shipped
    sides: Sides
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Task) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)


@lru_cache(maxsize=1)
def _comparing(task: _Task) -> Comparing:
    """Once in each process."""
    core = task.subject.core() if isinstance(task.subject, Shipped) else load_source(task.subject)
    reference = task.sides.reference
    if isinstance(reference, Shipped):
        reference = Model(reference.core())
    return replace(task.sides, reference=reference).comparing(Model(core))


def _compare_part(task: _Task, part: Part) -> tuple[str, list[list[tuple[str, list[Figures]]]]]:
    comparing = _comparing(task)
    return comparing.runner.name, [comparing.figures_of(batch) for batch in part.batches(comparing.subject.inputs)]


def compare_in_parts(
    source: Any, subject: Model, sides: Sides, parts: Sequence[Part], workers: Workers, sink: Progress | None = None
) -> tuple[str, list[list[tuple[str, list[Figures]]]]]:
    """As `Comparing.compare` on all batches.

    Args:
        source: What the model under test was read from; a file is read again by each process.
        subject: The model under test.
        sides: How each process comes to the same comparison.
        parts: All batches.
        workers: Who does it.
        sink: Hears how many batches are done.

    Returns:
        What computed the reference, and the figures of each batch in order.
    """
    with ExitStack() as stack:

        def sent(model: Any) -> Any:
            return stack.enter_context(shipped(model, workers)) if isinstance(model, Model) else model

        is_file = isinstance(source, str | PathLike)
        task = _Task(fspath(source) if is_file else sent(subject), replace(sides, reference=sent(sides.reference)))
        rows: dict[int, Any] = {}
        name = ""
        for number, (name, figures) in workers.map(_compare_part, task, parts):  # noqa: B007
            rows[number] = figures
            if sink is not None:
                sink("verify", sum(map(len, rows.values())), sum(part.count for part in parts))
    return name, [figures for number in sorted(rows) for figures in rows[number]]
