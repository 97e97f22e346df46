"""Formats that are written in Python: those whose files Python's libraries write, and files of weights alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path

from modelconv import _core
from modelconv.errors import UnknownFormatError, with_parts
from modelconv.formats import formats
from modelconv.suggestions import did_you_mean

# Format -> suffixes, and the module of this package whose `write(core, path)` writes it.
WRITERS: dict[str, tuple[tuple[str, ...], str]] = {
    "keras": ((".keras",), "keras_archive"),
    "keras_h5": ((".h5", ".hdf5"), "keras_hdf5"),
    "npz": ((".npz",), "npz"),
    "safetensors": ((".safetensors",), "safetensors"),
}


def format_of(target: str | PathLike[str], target_format: str = "") -> str:
    """Name of the format, if it is one of these, else an empty string. `keras` means HDF5 for a file of that suffix."""
    suffix = Path(fspath(target)).suffix.lower()
    by_suffix = next((name for name, (suffixes, _) in WRITERS.items() if suffix in suffixes), "")
    if not target_format:
        return by_suffix
    if target_format == "keras" and by_suffix == "keras_h5":
        return by_suffix
    return target_format if target_format in WRITERS else ""


def named_format(target: str | PathLike[str], target_format: str = "") -> str:
    """Name of the format that a target gets, whoever writes it; UnknownFormatError when there is none."""
    name = format_of(target, target_format)
    if name:
        return "keras" if name == "keras_h5" else name
    try:
        return _core.format_for_target(target, target_format)
    except UnknownFormatError as error:
        if target_format:
            raise
        suffixes = dict.fromkeys(suffix for row in formats() if row.writes for suffix in row.suffixes)
        suffix = Path(target).suffix.lower()
        if any(suffix in row.suffixes for row in formats() if row.reads):
            why = f"files of the suffix '{suffix}' are read, not written"
            raise with_parts(UnknownFormatError, error.message, why=why, hint=f"one of {', '.join(suffixes)}") from None
        near = did_you_mean(suffix, suffixes)
        hint = f"{near} For any other suffix, name the format with target_format= or --to"
        raise with_parts(UnknownFormatError, error.message, hint=hint) from None


def write(core: _core.Model, target: str | PathLike[str], name: str) -> str:
    """Write one of the formats of format_of(); its name. An existing file is replaced only when all went well."""
    module = importlib.import_module(f"{__name__}.{WRITERS[name][1]}")
    writer: Callable[[_core.Model, Path], None] = module.write
    writer(core, Path(fspath(target)))
    return "keras" if name == "keras_h5" else name


def save(
    core: _core.Model,
    target: str | PathLike[str],
    *,
    target_format: str = "",
    opset: int | None = None,
    external_data: bool | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    renamed: dict[str, str] | None = None,
) -> str:
    """Write the model in whatever format; the format's name. See `Model.save`."""
    name = format_of(target, target_format)
    if name:
        if progress is not None:
            progress("write", 0, core.weight_bytes)
        written = write(core, target, name)
        if progress is not None:
            size = Path(fspath(target)).stat().st_size
            progress("write", size, size)
        return written
    named_format(target, target_format)
    return core.save(
        target,
        target_format=target_format,
        opset=opset,
        external_data=external_data,
        progress=progress,
        renamed=renamed,
    )
