"""A batch on a Dask cluster."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from modelconv.batching.local import DIED
from modelconv.batching.report import BatchRow
from modelconv.batching.task import Task, run_task
from modelconv.errors import ModelConvError


@contextmanager
def connected(scheduler: Any) -> Iterator[Any]:
    """A client of the cluster; one that was given stays open."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ModelConvError(
            "running a batch on a cluster needs Dask\n  try:   pip install modelconv[dask], here and on the workers"
        ) from error
    if isinstance(scheduler, Client):
        yield scheduler
        return
    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ModelConvError(
            f"there is no Dask scheduler at '{scheduler}'\n  why:   {error}\n"
            "  try:   the address that dask-scheduler prints when it starts: tcp://host:8786"
        ) from error
    with client:
        yield client


def run_on_cluster(tasks: Sequence[Task], scheduler: Any) -> Iterator[tuple[Task, BatchRow]]:
    """Rows as they are done; Dask gives the tasks of a worker that dies to others."""
    import modelconv

    with connected(scheduler) as client:
        from distributed import as_completed

        batch = uuid.uuid4().hex
        futures = {
            client.submit(run_task, task, modelconv.__version__, key=f"modelconv-{batch}-{index}", pure=False): task
            for index, task in enumerate(tasks)
        }
        for future in as_completed(list(futures), loop=client.loop):
            task = futures[future]
            error = future.exception()
            if error is None:
                yield task, future.result()
                continue
            name = DIED if type(error).__name__ == "KilledWorker" else type(error).__name__
            yield task, BatchRow(task.name, task.source, task.target, "failed", error=name, message=str(error))
