"""Progress: a bar on standard error for progress=True and the command line, or a function of the caller's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total): `read`, `simplify` (passes), `check` (evaluations), `calibrate` and `compare`
(batches), `write` (bytes), `verify` (samples), `batch` (models). A total of 0 is not known. An exception that it raises
stops the work, and nothing half-done is left behind."""


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
        rich.TextColumn("{task.fields[amount]:>20}"),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, rich.TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=None, amount="")
            bars.update(tasks[stage], completed=done, total=total or None, amount=describe_amount(stage, done, total))

        yield show


def describe_amount(stage: str, done: int, total: int) -> str:
    """How far a stage is, in its own units."""
    from modelconv.model import describe_bytes

    if stage == "write":
        return f"{describe_bytes(done)} of {describe_bytes(total)}"
    if stage == "read":
        return ""
    return f"{done} of {total}" if total else f"{done}"
