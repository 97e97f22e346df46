"""Progress: a bar on standard error for progress=True and the command line, or a function of the caller's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Called with (stage, done, total).
Progress = Callable[[str, int, int], None]


@contextmanager
def shown_progress(progress: Progress | bool | None) -> Iterator[Progress | None]:
    """The function to hand to the core: a bar's for True, the caller's own, or none."""
    if progress is not True:
        yield progress or None
        return
    with _bar() as show:
        yield show


@contextmanager
def _bar() -> Iterator[Progress | None]:
    """One bar per stage; without a terminal nothing is shown and rich (a third of a small conversion) not imported."""
    if not sys.stderr.isatty():
        yield None
        return
    import rich.progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description:<10}"),
        rich.BarColumn(),
        rich.TextColumn("{task.percentage:>3.0f}%"),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, rich.TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield show
