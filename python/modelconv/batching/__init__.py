"""batch(): many conversions, on this machine's cores or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from os import PathLike
from typing import Any

from modelconv.batching.journal import Journal
from modelconv.batching.manifest import tasks_from
from modelconv.batching.report import BatchReport, BatchRow
from modelconv.batching.task import Task, run_task

Manifest = str | PathLike[str] | Mapping[str, Any] | Sequence[Mapping[str, Any]]
Progress = Callable[[str, int, int], None]

__all__ = ["BatchReport", "BatchRow", "batch"]


def batch(
    manifest: Manifest,
    *,
    output: str | PathLike[str] | None = None,
    target_format: str | None = None,
    workers: int | None = None,
    scheduler: Any = None,
    again: bool = False,
    progress: Progress | bool | None = None,
) -> BatchReport:
    """Convert many models; one that fails never stops the rest.

    What was converted before from the same source, with the same options and by the same version of this package is
    left as it is: a batch that was interrupted, or whose manifest has grown, goes on where it stopped.

    Args:
        manifest: A TOML file; a folder, all of whose models are converted to `target_format`; a mapping as the file has
            it (`{"defaults": {...}, "model": [...]}`); or a list of mappings with the arguments of `convert`.
        output: For a folder: where the targets go, in the same subfolders. Default: beside their sources.
        target_format: For a folder: a suffix (`".onnx"`) or the name of a format.
        workers: Processes on this machine; by default as many as it has cores. 0 converts in this process. Programs
            that start others need `if __name__ == "__main__":` around their own work, as always in Python.
        scheduler: Address of a Dask cluster (`"tcp://host:8786"`) or a `distributed.Client`, whose workers do the
            work; they have to see the same files. Needs the extra `dask`.
        again: Convert everything, also what has not changed.
        progress: `True` shows a bar; a callable is called with ("batch", done, total).

    Raises:
        BadArgumentError: The manifest has mistakes: all of them, before any work.
    """
    from modelconv.progress import shown_progress

    tasks, ignored = tasks_from(manifest, output=output, target_format=target_format)
    rows: dict[str, BatchRow] = {}
    with closing(Journal(tasks)) as journal, shown_progress(progress) as sink:

        def note(task: Task, row: BatchRow) -> None:
            journal.note(task, row)
            rows[task.target] = row
            if sink is not None:
                sink("batch", len(rows), len(tasks))

        waiting = []
        for task in tasks:
            known = None if again else journal.unchanged(task)
            if known is None:
                waiting.append(task)
            else:
                rows[task.target] = known
        if sink is not None:
            sink("batch", len(rows), len(tasks))
        if waiting:
            for task, row in _carried_out(waiting, workers, scheduler):
                note(task, row)
    return BatchReport([rows[task.target] for task in tasks], ignored)


def _carried_out(tasks: Sequence[Task], workers: int | None, scheduler: Any) -> Iterator[tuple[Task, BatchRow]]:
    """Rows in the order in which they are done."""
    if scheduler is not None:
        from modelconv.batching.cluster import run_on_cluster

        return run_on_cluster(tasks, scheduler)
    if workers == 0:
        return ((task, run_task(task)) for task in tasks)
    from modelconv.batching.local import run_in_processes

    return run_in_processes(tasks, min(workers or os.cpu_count() or 1, len(tasks)))
