"""One conversion of a batch: data that goes to whichever process does it, and doing it."""

from __future__ import annotations

import glob
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelconv.batching.report import BatchRow
from modelconv.errors import ModelConvError


@dataclass(frozen=True)
class Task:
    """A model of the manifest; paths are absolute, everything is plain data."""

    name: str
    source: str
    target: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """The other arguments of convert(); `quantize` and `verify` may be tables."""

    def fingerprint(self) -> str:
        """Changes with the source's files, the data that the options name, the options, and the package's version."""
        import modelconv

        said = {"version": modelconv.__version__, "source": self.source, "arguments": self.arguments}
        digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode())
        for path in sorted(self._files()):
            digest.update(repr((str(path), *stamp(path))).encode())
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        source = Path(self.source)
        yield from files_of(source)
        if not source.is_dir():  # weights and other parts of the same stem
            yield from (path for path in source.parent.glob(f"{glob.escape(source.stem)}*") if path.is_file())
        for value in data_of(self.arguments):
            yield from files_of(Path(value))


def data_of(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Paths of data that the options name: weights, calibration, inputs to verify with."""
    quantize, verify = arguments.get("quantize"), arguments.get("verify")
    values = as_list(arguments.get("weights"))
    if isinstance(quantize, Mapping):
        values += as_list(quantize.get("calibration"))
    if isinstance(verify, Mapping):
        inputs = verify.get("inputs")
        values += list(inputs.values()) if isinstance(inputs, Mapping) else as_list(inputs)
    yield from (path for value in values for path in (glob.glob(value) or [value]))


def as_list(value: Any) -> list[Any]:
    """A list stays one; one thing becomes a list of it, None an empty one."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def files_of(path: Path) -> Iterable[Path]:
    """The file, or all files in the folder."""
    if path.is_dir():
        return (file for file in path.rglob("*") if file.is_file())
    return [path] if path.is_file() else []


def stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def run_task(task: Task, version: str | None = None) -> BatchRow:
    """Convert; what goes wrong is in the row.

    Args:
        task: What to do.
        version: Of the package where the batch was started; another one here is an error.
    """
    import modelconv

    row = BatchRow(task.name, task.source, task.target)
    started = time.perf_counter()
    try:
        if version not in (None, modelconv.__version__):
            raise ModelConvError(f"this worker has modelconv {modelconv.__version__}, the batch is one of {version}")
        _convert(task, row)
    except Exception as error:
        row.status, row.error, row.message = "failed", type(error).__name__, str(error)
    row.seconds = time.perf_counter() - started
    return row


def _convert(task: Task, row: BatchRow) -> None:
    import modelconv

    Path(task.target).parent.mkdir(parents=True, exist_ok=True)
    arguments = dict(task.arguments)
    if isinstance(arguments.get("quantize"), Mapping):
        arguments["quantize"] = modelconv.Int8(**arguments["quantize"])
    result = modelconv.convert(task.source, task.target, **arguments)
    row.source_format, row.target_format = result.source_format, result.target_format or ""
    row.nodes_before = sum(result.report.ops_before.values())
    row.nodes_after = sum(result.report.ops_after.values())
    row.warnings = list(result.report.warnings)
    row.size = sum(file.stat().st_size for file in files_of(Path(task.target)))
    if result.verification is not None:
        outputs = result.verification.outputs
        row.verified = {
            "passed": result.verification.passed,
            "reference": result.verification.reference,
            "samples": result.verification.samples,
            "max_abs": max((output.max_abs for output in outputs), default=0.0),
            "max_rel": max((output.max_rel for output in outputs), default=0.0),
        }
