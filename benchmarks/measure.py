"""Runs a command as a whole process and measures what it costs, its children included.

    python benchmarks/measure.py COMMAND [ARGUMENT ...]

Processor seconds (user and system) and the largest resident size come from the kernel when the process ends.
The largest *private* size is sampled: memory that belongs to the process alone. Pages of mapped files that are only
read are not in it, because they are the page cache's and the kernel takes them back at will; a resident size counts
them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Cost:
    """What one process took; sizes in bytes."""

    cpu_seconds: float
    wall_seconds: float
    peak_resident: int
    """Of the largest single process, mapped files included."""
    peak_private: int
    """Anonymous memory of all its processes together, sampled every 20 ms."""
    status: int
    messages: str
    """End of what it printed."""


def measure(command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end."""
    with tempfile.TemporaryFile() as printed:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        sampler = Sampler(process.pid)
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # wait4 has taken it from Popen
        sampler.stop()
        printed.seek(max(0, printed.seek(0, os.SEEK_END) - 2000))
        return Cost(
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            wall_seconds=wall,
            peak_resident=usage.ru_maxrss * 1024,
            peak_private=sampler.peak,
            status=process.returncode,
            messages=printed.read().decode(errors="replace"),
        )


class Sampler(threading.Thread):
    """Watches the anonymous memory of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, sum(anonymous_bytes(pid) for pid in descendants(self._pid)))
            if self._ended.wait(SAMPLE_SECONDS):
                return

    def stop(self) -> None:
        self._ended.set()
        self.join()


def descendants(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for parent in found:  # grows while it is walked
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return found


def anonymous_bytes(pid: int) -> int:
    """Pages that no file stands behind, as the kernel sums them up; 0 once the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Anonymous:")), 0)


def describe(name: str, cost: Cost) -> str:
    """One line of a table."""
    failed = "" if cost.status == 0 else f"  FAILED with status {cost.status}"
    megabytes = 1e-6
    return (
        f"{name:<28} {cost.cpu_seconds:8.2f} s  {cost.wall_seconds:8.2f} s  "
        f"{cost.peak_resident * megabytes:8.0f} MB  {cost.peak_private * megabytes:8.0f} MB{failed}"
    )


HEADER = f"{'':<28} {'processor':>10}  {'wall':>10}  {'resident':>11}  {'private':>11}"


def main() -> None:
    cost = measure(sys.argv[1:])
    print(cost.messages, end="")
    print(HEADER)
    print(describe(Path(sys.argv[1]).name, cost))
    sys.exit(cost.status)


if __name__ == "__main__":
    main()
