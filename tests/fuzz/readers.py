"""Fuzzing the readers written in Python: damaged files give a typed error or a model, never anything else.

    PYTHONPATH=python:tests python -m fuzz.readers --seconds 600 [keras torch_program ...]

prints a table like scripts/fuzz.sh, and keeps each file that failed under --failures. The files are a function of their
number alone: --first goes on where another run stopped.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

import modelconv as mc
from conformance.isolation import run_isolated

from fuzz.mutations import mutated
from fuzz.seeds import SEEDS

CHUNK = 200  # files for one child process
SECONDS_EACH = 25  # for one file, as scripts/fuzz.sh has it
MEMORY = 2 << 30  # bytes of address space above what the process has before it reads the first file


def outcome_of(path: Path) -> str:
    """'read', a typed error, or 'FAILURE' and what else came."""
    signal.alarm(SECONDS_EACH)
    try:
        mc.simplify(mc.load(path))
    except mc.ModelConvError as error:
        if type(error).__name__ == "InternalError" or not str(error).strip():
            return f"FAILURE {type(error).__name__}: {error}"
        return type(error).__name__
    except BaseException:
        return f"FAILURE {traceback.format_exc(limit=-3)}"
    finally:
        signal.alarm(0)
    return "read"


class DamagedFiles:
    """The numbered files of a kind."""

    def __init__(self, kind: str, scratch: Path) -> None:
        self.kind, self.scratch = kind, scratch
        self.suffix, make = SEEDS[kind]
        self.seeds = make(scratch)

    def content_of(self, number: int) -> bytes:
        random = Random(f"{self.kind} {number}")
        return mutated(random.choice(self.seeds), random)

    def outcomes(self, first: int, count: int) -> list[str]:
        """Of `count` files from `first` on, in one child process as long as it lives."""

        def job(index: int) -> str:
            if index == 0:
                _limit_memory()
            path = self.scratch / f"damaged{self.suffix}"
            path.write_bytes(self.content_of(first + index))
            return outcome_of(path)

        return run_isolated(job, count, lambda reason: f"FAILURE {reason}")


def fuzz(kind: str, first: int, seconds: float, failures: Path) -> Counter[str]:
    """How often each outcome came, in numbered files from `first` on, for about `seconds`."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        files = DamagedFiles(kind, Path(scratch))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for number, outcome in enumerate(files.outcomes(first, CHUNK), first):
                counts[outcome.partition(" ")[0]] += 1
                if outcome.startswith("FAILURE"):
                    (failures / f"{kind}-{number}{files.suffix}").write_bytes(files.content_of(number))
                    print(f"{kind} {number}: {outcome}", file=sys.stderr)
            first += CHUNK
    return counts


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", help=f"of {', '.join(SEEDS)}; all by default")
    parser.add_argument("--seconds", type=float, default=60, help="for each kind")
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--failures", type=Path, default=Path("build/fuzz/failures"))
    arguments = parser.parse_args()
    arguments.failures.mkdir(parents=True, exist_ok=True)
    failed = 0
    print(f"{'reader':14} {'files':>9} {'read':>9} {'refused':>9} {'failures':>9}")
    for kind in arguments.kinds or SEEDS:
        counts = fuzz(kind, arguments.first, arguments.seconds, arguments.failures)
        total, read, wrong = counts.total(), counts["read"], counts["FAILURE"]
        print(f"{kind:14} {total:9,} {read:9,} {total - read - wrong:9,} {wrong:9,}", flush=True)
        failed += wrong
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
