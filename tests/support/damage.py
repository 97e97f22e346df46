"""Damaged copies of sound files, and what reading each of them comes to."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CUTS = 50
FLIPS = 200
SECONDS_EACH = 60  # of waiting on a busy machine; most files take milliseconds
MEMORY = 1 << 30  # bytes above what the process has before it reads the first file

# The only errors that a damaged file may give. InternalError is missing: it says that the core contradicts itself.
TYPED = {"UnknownFormatError", "MalformedModelError", "UnsupportedOpError", "ShapeError", "FileError"}
# Where the caller names tensors, a damaged file may lack them.
TYPED_WITH_NAMES = {*TYPED, "BadArgumentError"}

# Reads each file named on standard input and says what came of it. An alarm nobody handles ends the process, so that
# the file that hangs is known, as is one that crashes.
CHILD = """
import json, resource, signal, sys
import modelconv as mc
from modelconv import _core

def outcome(path, options):
    try:
        model = _core.load(path, **options)
    except mc.ModelConvError as error:
        return {"error": type(error).__name__, "stage": "load", "message": str(error)}
    try:
        model.text()
        model.clone().simplify()
        if model.inputs or model.outputs or not model.weight_count:  # weights alone are no ONNX model
            model.save("written.onnx")
    except mc.ModelConvError as error:
        return {"error": type(error).__name__, "stage": "use", "message": str(error)}
    return {"error": None, "stage": "", "message": ""}

job = json.load(sys.stdin)
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + job["memory"]
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for path in job["paths"]:
    signal.alarm(job["seconds"])
    try:
        result = outcome(path, job["options"])
    except BaseException as error:
        result = {"error": type(error).__name__, "stage": "no typed error", "message": str(error)}
    signal.alarm(0)
    print(json.dumps(result), flush=True)
"""


@dataclass(frozen=True)
class Outcome:
    error: str | None  # None: it was read
    stage: str
    message: str

    def __str__(self) -> str:
        return f"{self.error} in stage '{self.stage}': {self.message}"


def cut_short(content: bytes, places: int = CUTS) -> Iterator[bytes]:
    """Without its end: nothing is left in the first one, almost everything in the last."""
    for i in range(places):
        yield content[: i * len(content) // places]


def flipped(content: bytes, count: int = FLIPS, seed: int = 0) -> Iterator[bytes]:
    """Each with one byte changed."""
    generator = random.Random(seed)
    for _ in range(count):
        damaged = bytearray(content)
        damaged[generator.randrange(len(damaged))] ^= generator.randrange(1, 256)
        yield bytes(damaged)


def write_each(contents: Iterable[bytes], folder: Path, suffix: str) -> list[Path]:
    """Files in a folder of their own, in this order."""
    folder.mkdir(exist_ok=True)
    paths = []
    for content in contents:
        paths.append(folder / f"{len(paths):03}{suffix}")
        paths[-1].write_bytes(content)
    return paths


def load_each(
    paths: Sequence[Path], scratch: Path, options: Mapping[str, object] | None = None, memory: int = MEMORY
) -> list[Outcome]:
    """What a process of its own, with little memory and time, makes of each file; written models go to `scratch`.

    A crash and a hang are failures of the calling test that name the file.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(scratch)}
    job = {
        "paths": [str(path) for path in paths],
        "options": dict(options or {}),
        "seconds": SECONDS_EACH,
        "memory": memory,
    }
    result = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        cwd=scratch,
        env=environment,
        check=False,
    )
    outcomes = [Outcome(**json.loads(line)) for line in result.stdout.splitlines()]
    if len(outcomes) < len(paths):
        raise AssertionError(f"{paths[len(outcomes)]} ended the process ({result.returncode}): {result.stderr[-2000:]}")
    left = sorted(path.name for path in scratch.iterdir())
    assert left in ([], ["written.onnx"]), f"left behind: {left}"
    return outcomes


def assert_typed_or_read(paths: Sequence[Path], scratch: Path, options: Mapping[str, object] | None = None) -> int:
    """Each file gives one typed error or a model that can be used. Returns how many were read."""
    outcomes = load_each(paths, scratch, options)
    typed = TYPED_WITH_NAMES if options and "outputs" in options else TYPED
    wrong = [f"{path}: {o}" for path, o in zip(paths, outcomes, strict=True) if o.error and o.error not in typed]
    assert not wrong, "\n".join(wrong)
    return sum(outcome.error is None for outcome in outcomes)


def assert_refused(
    paths: Sequence[Path], scratch: Path, options: Mapping[str, object] | None = None, memory: int = MEMORY
) -> list[Outcome]:
    """Each file gives one typed error while it is read."""
    outcomes = load_each(paths, scratch, options, memory)
    typed = TYPED_WITH_NAMES if options and "outputs" in options else TYPED
    wrong = [
        f"{path}: {outcome}"
        for path, outcome in zip(paths, outcomes, strict=True)
        if outcome.error not in typed or outcome.stage != "load"
    ]
    assert not wrong, "\n".join(wrong)
    return outcomes
