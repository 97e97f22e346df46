"""What was done before: a file in each folder of targets, so that a batch goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO

from modelconv.batching.report import BatchRow
from modelconv.batching.task import Task, files_of, stamp

FILE = ".modelconv-batch.jsonl"


class Journal:
    """One line of JSON per target that was converted; the last line of a target counts.

    Lines are appended as the work goes on, so that whatever stops a batch, what was done stays noted; a line that was
    cut short counts as not written.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._entries: dict[str, dict[str, Any]] = {}
        self._files: dict[Path, TextIO] = {}
        for folder in {Path(task.target).parent for task in tasks}:
            self._read(folder)

    def _read(self, folder: Path) -> None:
        try:
            lines = (folder / FILE).read_text().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                entry = json.loads(line)
                self._entries[str(folder / entry["target"])] = entry
            except (ValueError, KeyError, TypeError):
                continue

    def unchanged(self, task: Task) -> BatchRow | None:
        """The row of a target that is still what the journal says, made from what the task says."""
        entry = self._entries.get(task.target)
        if entry is None or entry.get("stamp") != target_stamp(task.target):
            return None
        if entry.get("fingerprint") != task.fingerprint():
            return None
        try:
            return replace(BatchRow(**entry["row"]), name=task.name, status="unchanged")
        except (KeyError, TypeError):  # by a version that knew other columns
            return None

    def note(self, task: Task, row: BatchRow) -> None:
        """Remember what was converted."""
        if row.status != "converted":
            return
        target = Path(task.target)
        entry = {
            "target": target.name,
            "fingerprint": task.fingerprint(),
            "stamp": target_stamp(task.target),
            "row": asdict(row),
        }
        if target.parent not in self._files:
            self._files[target.parent] = open_for_lines(target.parent / FILE)
        file = self._files[target.parent]
        file.write(json.dumps(entry) + "\n")
        file.flush()

    def close(self) -> None:
        """Nothing more is noted."""
        for file in self._files.values():
            file.close()


def open_for_lines(path: Path) -> TextIO:
    """For appending; a last line that was cut short is ended."""
    file = path.open("a+")
    if file.tell():
        file.seek(file.tell() - 1)
        if file.read(1) != "\n":
            file.write("\n")
    return file


def target_stamp(target: str) -> list[list[Any]]:
    """Names, sizes and times of the target's files; as JSON has them."""
    path = Path(target)
    return [[str(file.relative_to(path.parent)), *stamp(file)] for file in sorted(files_of(path))]
