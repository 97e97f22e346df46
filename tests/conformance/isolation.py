"""Runs many small jobs in a child process that is started again when it dies, so that a crash is one failure and not
the end."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")
SECONDS_PER_JOB = 60


def _work(job: Callable[[int], Any], first: int, count: int, pipe: Any) -> None:
    warnings.simplefilter("ignore")
    for index in range(first, count):
        pipe.send(job(index))
    pipe.close()


def run_isolated(
    job: Callable[[int], Outcome], count: int, died: Callable[[str], Outcome], seconds: float = SECONDS_PER_JOB
) -> list[Outcome]:
    """job(0) ... job(count - 1); died(reason) stands for one that crashed or took too long. Outcomes are pickled."""
    context = multiprocessing.get_context("fork")
    outcomes: list[Outcome] = []
    while len(outcomes) < count:
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(job, len(outcomes), count, sender))
        child.start()
        sender.close()
        reason = f"took more than {seconds} s"
        try:
            while len(outcomes) < count and receiver.poll(seconds):
                outcomes.append(receiver.recv())
        except EOFError:
            child.join()
            reason = f"crashed (exit code {child.exitcode})"
        if len(outcomes) < count:
            outcomes.append(died(reason))
        child.kill()
        child.join()
    return outcomes
