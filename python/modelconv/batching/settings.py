"""The arguments of convert() as a manifest writes them: what each may hold, and which are paths."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from modelconv.errors import BadArgumentError
from modelconv.suggestions import did_you_mean

# Of convert(), what a manifest cannot say: live objects, and what concerns one conversion that
# somebody looks at. Who does the work is said for the whole batch.
NOT_IN_MANIFESTS = ("custom_ops", "example_inputs", "explain", "plan", "progress", "scheduler", "workers")
# What verify_against() takes from a manifest.
VERIFY = ("atol", "inputs", "mean", "per_layer", "rtol", "samples", "seed", "sizes", "std", "tolerances")


class Problems:
    """All that is wrong, with its place."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, where: str, text: str) -> None:
        """Note one."""
        self._lines.append(f"{where}: {text}" if where else text)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._lines)

    def raise_for(self, what: str) -> None:
        """Raise one error with all of them."""
        if self._lines:
            plural = "1 mistake" if self.count == 1 else f"{self.count} mistakes"
            raise BadArgumentError("\n  ".join([f"{what} has {plural}; nothing was converted", *self._lines]))


Value = Any
# Takes the value and the manifest's folder, gives what convert() takes; ValueError says what was expected.
Reading = Callable[[Value, Path], Value]


def _a(kind: type, what: str) -> Reading:
    def read(value: Value, _: Path) -> Value:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValueError(f"is {value!r}, not {what}")
        return value

    return read


def _names(value: Value, _: Path) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError(f'is {value!r}, not a list of names: ["a", "b"]')
    return list(value)


def _table(value: Value, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"is {value!r}, not a table: {what}")
    return value


def _shapes(value: Value, _: Path) -> dict[str, list[Any]]:
    shapes = {}
    for name, sizes in _table(value, "{ x = [1, 3, 224, 224] }").items():
        if not isinstance(sizes, list | tuple) or not all(isinstance(size, int | str | None) for size in sizes):
            raise ValueError(f"gives '{name}' {sizes!r}, not a list of sizes (-1 or a name is dynamic)")
        shapes[name] = list(sizes)
    return shapes


def _axes(value: Value, _: Path) -> dict[str, dict[int, str]]:
    axes: dict[str, dict[int, str]] = {}
    for name, named in _table(value, '{ x = { 0 = "batch" } }').items():
        pairs = _table(named, '{ 0 = "batch" }').items()
        if not all(str(axis).lstrip("-").isdigit() for axis, _ in pairs):
            raise ValueError(f"names axes of '{name}' by {list(named)}, not by their numbers")
        axes[name] = {int(axis): str(dimension) for axis, dimension in pairs}
    return axes


def _layout(value: Value, _: Path) -> Value:
    orders = value.values() if isinstance(value, Mapping) else [value]
    if not all(order in ("nchw", "nhwc") for order in orders):
        raise ValueError(f"is {value!r}, neither 'nchw' nor 'nhwc' nor a table of them by input")
    return value


def _path(value: Value, folder: Path) -> str:
    if not isinstance(value, str | PathLike):
        raise ValueError(f"is {value!r}, not a path")
    path = os.path.abspath(folder / fspath(value))
    if not os.path.exists(path):
        raise ValueError(f"names '{path}', which is not there")
    return path


def _options(value: Value, _: Path) -> dict[str, Any]:
    return dict(_table(value, "{ key = value }"))


def _quantize(value: Value, folder: Path) -> Value:
    if isinstance(value, str):
        if value in ("float16", "dynamic"):
            return value
        raise ValueError(f"is '{value}', not 'float16', 'dynamic' or a table: {{ calibration = \"samples.npz\" }}")
    import dataclasses

    from modelconv.quantization import Int8

    table = dict(_table(value, '{ calibration = "samples.npz" }'))
    _require_known(table, [field.name for field in dataclasses.fields(Int8)])
    if "calibration" not in table:
        raise ValueError("has no calibration = : a path to .npz, .npy, a folder of images, or a list of them")
    table["calibration"] = _data(table["calibration"], folder)
    return table


def _verify(value: Value, folder: Path) -> Value:
    if isinstance(value, bool):
        return value
    table = dict(_table(value, "true, or { samples = 3, rtol = 1e-4 }"))
    _require_known(table, VERIFY)
    if isinstance(table.get("inputs"), Mapping):
        table["inputs"] = {name: _path(path, folder) for name, path in table["inputs"].items()}
    elif "inputs" in table:
        table["inputs"] = _data(table["inputs"], folder)
    return table


def _data(value: Value, folder: Path) -> Value:
    """Files of samples: one path or pattern, or a list of them."""
    if isinstance(value, list | tuple):
        return [_data(item, folder) for item in value]
    if isinstance(value, str) and any(character in value for character in "*?["):
        pattern = os.path.abspath(folder / value)
        if not glob.glob(pattern):
            raise ValueError(f"names '{pattern}', which no file fits")
        return pattern
    return _path(value, folder)


def _require_known(table: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"has an unknown key '{key}': {did_you_mean(key, known)}")


SETTINGS: dict[str, Reading] = {
    "architecture": _a(str, "a name"),
    "dynamic_axes": _axes,
    "enable": _names,
    "external_data": _a(bool, "true or false"),
    "input_layout": _layout,
    "input_names": _names,
    "input_shapes": _shapes,
    "inputs": _names,
    "opset": _a(int, "a number"),
    "options": _options,
    "output_names": _names,
    "outputs": _names,
    "quantize": _quantize,
    "simplify": _a(bool, "true or false"),
    "skip": _names,
    "source_format": _a(str, "a name"),
    "target_format": _a(str, "a name"),
    "verify": _verify,
    "weights": _path,
}


def checked(settings: Mapping[str, Any], where: str, folder: Path, problems: Problems) -> dict[str, Any]:
    """The settings as convert() takes them."""
    arguments = {}
    for key, value in settings.items():
        try:
            arguments[key] = SETTINGS[key](value, folder)
        except ValueError as error:
            problems.add(where, f"'{key}' {error}")
    return arguments
