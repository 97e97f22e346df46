"""From a manifest to tasks: everything that is wrong with it is said at once, before any work."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from modelconv.batching.folder import is_model, models_in
from modelconv.batching.settings import SETTINGS, Problems, checked
from modelconv.batching.task import Task
from modelconv.errors import BadArgumentError, ModelConvError
from modelconv.suggestions import did_you_mean

_OWN = ("name", "source", "target")
_TABLES = ("defaults", "model")


def tasks_from(
    manifest: Any, *, output: str | PathLike[str] | None, target_format: str | None
) -> tuple[list[Task], list[str]]:
    """Tasks, and the files of a folder that are no models."""
    if isinstance(manifest, str | PathLike) and Path(manifest).is_dir():
        rows, ignored = models_in(Path(manifest), output, target_format)
        return _Reader(Path(), str(manifest)).tasks({"model": rows}), ignored
    if output is not None or target_format is not None:
        raise BadArgumentError(
            "output= and target_format= (--output, --to) are for folders of models; a manifest names its targets itself"
        )
    if isinstance(manifest, str | PathLike):
        path = Path(manifest)
        return _Reader(path.parent, f"the manifest '{path}'").tasks(parse(path)), []
    given = manifest if isinstance(manifest, Mapping) else {"model": manifest}
    return _Reader(Path(), "the manifest").tasks(given), []


def parse(path: Path) -> Mapping[str, Any]:
    """The contents of a TOML file."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise BadArgumentError(
            f"the manifest '{path}' cannot be read: {error.strerror}\n"
            "  try:   a TOML file with one [[model]] per conversion, or a folder of models"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if is_model(path):
            raise BadArgumentError(
                f"the manifest '{path}' is a model\n  try:   modelconv convert {path} TARGET, or a folder of models"
            ) from error
        raise BadArgumentError(
            f"the manifest '{path}' is no TOML: {error}\n"
            "  try:   strings in quotes, lists as [1, 3, 224, 224], tables as { x = [1, 3] }"
        ) from error


class _Reader:
    """One manifest; paths are relative to its folder."""

    def __init__(self, folder: Path, what: str) -> None:
        self._folder = folder
        self._what = what
        self._problems = Problems()

    def tasks(self, given: Mapping[str, Any]) -> list[Task]:
        problems = self._problems
        for key in given:
            if key not in _TABLES:
                problems.add("", f"unknown table '{key}': {did_you_mean(key, _TABLES)}")
        defaults = given.get("defaults", {})
        if not isinstance(defaults, Mapping):
            problems.add("", "'defaults' is not a table")
            defaults = {}
        shared = {"target": defaults.get("target"), **self._settings("[defaults]", defaults, ("target",))}
        rows = given.get("model", ())
        if not isinstance(rows, Sequence) or not rows or not all(isinstance(row, Mapping) for row in rows):
            problems.add("", "there is no model: one [[model]] with source = and target = for each conversion")
            rows = ()
        tasks = [self._task(index, row, shared) for index, row in enumerate(rows, 1)]
        self._require_distinct([task for task in tasks if task is not None])
        problems.raise_for(self._what)
        return [task for task in tasks if task is not None]

    def _settings(self, where: str, row: Mapping[str, Any], own: Sequence[str]) -> dict[str, Any]:
        """The arguments of convert() that a table gives; it may also have the keys `own`."""
        known = (*own, *SETTINGS)
        for key in row:
            if key not in known:
                self._problems.add(where, f"unknown key '{key}': {did_you_mean(key, known)}")
        settings = {key: value for key, value in row.items() if key in SETTINGS}
        return checked(settings, where, self._folder, self._problems)

    def _task(self, index: int, row: Mapping[str, Any], shared: Mapping[str, Any]) -> Task | None:
        source, target = row.get("source"), row.get("target", shared["target"])
        name = str(row.get("name", "")) or (Path(fspath(source)).stem if isinstance(source, str | PathLike) else "")
        where = f"model {index} '{name}'" if name else f"model {index}"
        arguments = {**shared, **self._settings(where, row, _OWN)}
        del arguments["target"]
        for key, value in (("source", source), ("target", target)):
            if not isinstance(value, str | PathLike):
                said = "is missing" if value is None else f"is {value!r}, not a path"
                self._problems.add(where, f"'{key}' {said}")
        if not isinstance(source, str | PathLike) or not isinstance(target, str | PathLike):
            return None
        source, target = self._resolved(source), self._resolved(fspath(target).replace("{name}", name))
        if not os.path.lexists(source):
            near = did_you_mean(Path(source).name, _names_beside(Path(source)))
            self._problems.add(where, f"there is no source '{source}'; {near}")
        self._require_format(where, target, arguments.get("target_format") or "")
        return Task(name, source, target, arguments)

    def _resolved(self, path: str | PathLike[str]) -> str:
        return os.path.abspath(os.path.join(self._folder, fspath(path)))

    def _require_format(self, where: str, target: str, target_format: str) -> None:
        from modelconv.targets import named_format

        try:
            named_format(target, target_format)
        except ModelConvError as error:
            self._problems.add(where, f"{error.message}; {error.hint}")

    def _require_distinct(self, tasks: Sequence[Task]) -> None:
        first: dict[str, Task] = {}
        names: dict[str, int] = {}
        for task in tasks:
            names[task.name] = names.get(task.name, 0) + 1
            other = first.setdefault(task.target, task)
            if other is not task:
                self._problems.add(f"model '{task.name}'", f"its target '{task.target}' is that of '{other.name}', too")
            if task.target == task.source:
                self._problems.add(f"model '{task.name}'", f"its target '{task.target}' is its source")
        for name, count in names.items():
            if count > 1:
                self._problems.add(f"model '{name}'", f"{count} models have this name: give them one each with name =")


def _names_beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir()) if path.parent.is_dir() else []
