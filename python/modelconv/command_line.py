"""A conversion as the command that does it: what plans and `modelconv inspect` suggest."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

# Argument of convert() -> option of the command, by what the argument holds.
_NAMES = {
    "inputs": "--inputs",
    "outputs": "--outputs",
    "input_names": "--input-names",
    "output_names": "--output-names",
}
_VALUES = {
    "opset": "--opset",
    "weights": "--weights",
    "architecture": "--architecture",
    "source_format": "--from",
    "target_format": "--to",
}


def convert_command(source: Any, target: Any, arguments: Mapping[str, Any]) -> str:
    """`modelconv convert ...` with the arguments of convert(); what a shell cannot say stands as `...`."""
    words = ["modelconv", "convert", _path(source, "SRC"), _path(target, "DST")]
    for name, option in _NAMES.items():
        if arguments.get(name):
            words += [option, ",".join(str(item) for item in arguments[name])]
    for name, sizes in (arguments.get("input_shapes") or {}).items():
        words += ["--input-shape", f"{name}={','.join(_size(size) for size in sizes)}"]
    for name, axes in (arguments.get("dynamic_axes") or {}).items():
        named = axes.items() if isinstance(axes, Mapping) else [(axis, f"axis_{axis}") for axis in axes]
        for axis, dimension in named:
            words += ["--dynamic", f"{name}:{axis}={dimension}"]
    layout = arguments.get("input_layout")
    for item in _layouts(layout):
        words += ["--input-layout", item]
    for name, option in _VALUES.items():
        if arguments.get(name) is not None:
            words += [option, _path(arguments[name], "FILE")]
    for key, value in (arguments.get("options") or {}).items():
        words += ["--option", f"{key}={value}"]
    words += _quantization(arguments.get("quantize"))
    if arguments.get("simplify") is False:
        words.append("--no-simplify")
    if arguments.get("verify"):
        words.append("--verify")
    return shlex.join(words)


def _path(value: Any, otherwise: str) -> str:
    return fspath(value) if isinstance(value, str | PathLike) else str(value) if isinstance(value, int) else otherwise


def _size(size: Any) -> str:
    return "?" if size is None else str(size)


def _layouts(layout: Any) -> Sequence[str]:
    if layout is None:
        return ()
    return [layout] if isinstance(layout, str) else [f"{name}={order}" for name, order in layout.items()]


def _quantization(how: Any) -> list[str]:
    if how is None or isinstance(how, str):
        return [] if how is None else ["--quantize", how]
    words = ["--quantize", str(how.activations), "--calibration", _path(how.calibration, "DATA")]
    return words if how.io_type == "int8" else [*words, "--io-type", str(how.io_type)]
