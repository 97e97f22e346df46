"""Runs a command as a whole process and measures what it costs, its children included.

    python benchmarks/measure.py COMMAND [ARGUMENT ...]

A process that is forked off counts its parent's pages as its own until it has become another program, and the kernel's
peak keeps them: a command started from an interpreter that has loaded TensorFlow seems to take what TensorFlow takes.
So `measure()` starts this file in an interpreter of its own that has loaded nothing, which starts the command.

Processor seconds (user and system) and the largest *resident* size are the kernel's, at the end. The largest *private*
size is sampled: memory that no file stands behind. Pages of mapped files that are only read are not in it, because
they are the page cache's and the kernel takes them back at will; a resident size counts them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.01


@dataclass(frozen=True)
class Cost:
    """What one process took; sizes in bytes."""

    cpu_seconds: float
    wall_seconds: float
    peak_resident: int
    """Of the largest single process, mapped files included."""
    peak_private: int
    """Anonymous memory of all its processes together, sampled every 10 ms."""
    status: int
    messages: str
    """End of what it printed."""


def measure(command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end; one that is not there ends the benchmark."""
    if shutil.which(str(command[0])) is None:
        sys.exit(f"there is no program {command[0]}")
    lean = [sys.executable, "-I", "-S", __file__, "--json", *(str(part) for part in command)]
    ended = subprocess.run(lean, stdout=subprocess.PIPE, check=True, env={**os.environ, **(environment or {})})
    return Cost(**json.loads(ended.stdout))


def run(command: Sequence[str]) -> Cost:
    """As measure(), but started from this process, whose own pages count."""
    with tempfile.TemporaryFile() as printed:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT)
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
        while not self._ended.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(anonymous_bytes(pid) for pid in descendants(self._pid)))

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
    """Pages that no file stands behind: the kernel's counter, which costs the process nothing; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)


def median_cost(costs: Sequence[Cost]) -> Cost:
    """The run whose processor time is in the middle."""
    return sorted(costs, key=lambda cost: cost.cpu_seconds)[len(costs) // 2]


def describe(name: str, cost: Cost) -> str:
    """One line of a table."""
    failed = "" if cost.status == 0 else f"  FAILED with status {cost.status}"
    megabytes = 1e-6
    return (
        f"{name:<28} {cost.cpu_seconds:8.2f} s  {cost.wall_seconds:8.2f} s  "
        f"{cost.peak_resident * megabytes:8.0f} MB  {cost.peak_private * megabytes:8.0f} MB{failed}"
    )


HEADER = f"{'':<28} {'processor':>10}  {'wall':>10}  {'resident':>11}  {'private':>11}"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--json"]:
        print(json.dumps(asdict(run(arguments[1:]))))
        return 0
    cost = measure(arguments)
    print(cost.messages, end="")
    print(HEADER)
    print(describe(Path(arguments[0]).name, cost))
    return cost.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
