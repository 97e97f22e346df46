"""The same function on many parts: in this process, in others of this machine, or on a Dask cluster."""

from __future__ import annotations

import os
import pickle
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from modelconv.errors import ModelConvError

# Parts for each worker: enough that one who is slow keeps the others waiting little.
PARTS_PER_WORKER = 4


@dataclass(frozen=True)
class Workers:
    """Who does the work: the switch of `batch`, `convert` and `verify_against`."""

    processes: int | None = None
    scheduler: Any = None

    @property
    def is_elsewhere(self) -> bool:
        """Other processes than this one do it."""
        return self.scheduler is not None or bool(self.processes)

    @property
    def parts(self) -> int:
        """In how many parts it is worth cutting."""
        if self.scheduler is not None:
            from modelconv.batching.cluster import connected

            with connected(self.scheduler) as client:
                return PARTS_PER_WORKER * max(1, len(client.ncores()))
        return PARTS_PER_WORKER * (self.processes or 1)

    @property
    def threads(self) -> int:
        """For the evaluator in each process of this machine; 0: as it decides itself."""
        if self.scheduler is not None or not self.processes:
            return 0
        return max(1, (os.cpu_count() or 1) // self.processes)

    def map(self, function: Callable[[Any, Any], Any], shared: Any, parts: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """`function(shared, part)` of each part with the part's number, as they are done.

        All have to be pickled: the function is found by its name. What one raises is raised here. A process that dies
        costs nothing: what it was at is done once more.
        """
        if self.scheduler is not None:
            return _on_cluster(function, shared, parts, self.scheduler)
        return _in_processes(function, shared, parts, self.processes or 1)


HERE = Workers()


def _in_processes(
    function: Callable[[Any, Any], Any], shared: Any, parts: Sequence[Any], workers: int
) -> Iterator[tuple[int, Any]]:
    from modelconv.batching.local import process_pool

    require_picklable(function, shared)
    waiting = list(reversed(range(len(parts))))
    tried: set[int] = set()
    while waiting:
        futures: dict[Future[Any], int] = {}
        with process_pool(min(workers, len(waiting))) as pool:
            try:
                while waiting or futures:
                    while waiting and len(futures) < workers:
                        number = waiting.pop()
                        try:
                            futures[pool.submit(function, shared, parts[number])] = number
                        except BrokenProcessPool:
                            waiting.append(number)  # it was never begun
                            raise
                    for future in wait(futures, return_when=FIRST_COMPLETED).done:
                        result = future.result()
                        yield futures.pop(future), result
            except BrokenProcessPool:
                begun = set(futures.values())
                if begun & tried:
                    raise died() from None
                tried |= begun
                waiting += sorted(begun, reverse=True)


def require_picklable(*values: Any) -> None:
    """Say what cannot go to another process before any is started."""
    try:
        pickle.dumps(values)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ModelConvError(
            f"what the processes need cannot be sent to them: {error}\n"
            "  try:   files and functions of a module instead of live objects and lambdas, or workers=0"
        ) from error


def died() -> ModelConvError:
    """A part was begun twice, and each time the process ended."""
    return ModelConvError(
        "a process that worked on a part of the samples died, twice\n"
        "  why:   the system ended it for want of memory, or it met a bug of modelconv\n"
        "  try:   fewer workers, or workers=0: this process alone"
    )


def _on_cluster(
    function: Callable[[Any, Any], Any], shared: Any, parts: Sequence[Any], scheduler: Any
) -> Iterator[tuple[int, Any]]:
    from modelconv.batching.cluster import connected

    with connected(scheduler) as client:
        from distributed import as_completed

        batch = uuid.uuid4().hex
        held = client.scatter(shared, broadcast=True, hash=False)
        futures = {
            client.submit(function, held, part, key=f"modelconv-{batch}-{number}", pure=False): number
            for number, part in enumerate(parts)
        }
        for future in as_completed(list(futures), loop=client.loop):
            error = future.exception()
            if error is not None:
                raise died() if type(error).__name__ == "KilledWorker" else error
            yield futures[future], future.result()
