"""What stands for the work of a batch in its worker processes: they find it by name, so it is not in a test file."""

from __future__ import annotations

import os

import modelconv as mc
from modelconv.batching.task import Task, run_task


def die_of_model1(task: Task) -> mc.BatchRow:
    """Stands for run_task."""
    if task.name == "model1":
        os._exit(9)
    return run_task(task)
