"""A batch on this machine's cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from modelconv.batching.report import BatchRow
from modelconv.batching.task import Task, run_task

DIED = "WorkerDiedError"


def run_in_processes(tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, BatchRow]]:
    """Rows as they are done. When a process dies, what was under way is tried again, each in a process of its own."""
    queue = list(reversed(tasks))
    while queue:
        begun: list[Task] = []
        with process_pool(workers) as pool:
            yield from _run(pool, workers, queue, begun)
        for task in begun:
            yield task, _alone(task)


def process_pool(workers: int) -> ProcessPoolExecutor:
    """New interpreters: nothing of this process, threads and locks among it, is copied into them."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


def _run(
    pool: ProcessPoolExecutor, workers: int, queue: list[Task], begun: list[Task]
) -> Iterator[tuple[Task, BatchRow]]:
    """Takes tasks from the queue's end until it is empty or the pool breaks; what was under way then is `begun`."""
    futures: dict[Future[BatchRow], Task] = {}
    try:
        while queue or futures:
            # No more than there are workers: all that the pool has been given counts as begun when it breaks.
            while queue and len(futures) < workers:
                futures[pool.submit(run_task, queue[-1])] = queue[-1]
                queue.pop()
            for future in wait(futures, return_when=FIRST_COMPLETED).done:
                row = future.result()
                yield futures.pop(future), row
    except BrokenProcessPool:
        begun.extend(futures.values())


def _alone(task: Task) -> BatchRow:
    with process_pool(1) as pool:
        try:
            return pool.submit(run_task, task).result()
        except BrokenProcessPool:
            message = (
                "the process that converted this model died, twice\n"
                "  why:   the system ended it for want of memory, or it met a bug of modelconv\n"
                "  try:   convert it alone: modelconv convert"
            )
            return BatchRow(task.name, task.source, task.target, "failed", error=DIED, message=message)
