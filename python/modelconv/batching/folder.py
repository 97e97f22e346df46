"""A folder of models as a manifest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from modelconv import _core
from modelconv.errors import BadArgumentError, ModelConvError, with_parts

# Formats that hold numbers without a graph: of no use alone, and often the second file of a pair.
_WEIGHTS_ONLY = ("npz", "safetensors", "sharded_weights", "torch_checkpoint")


def models_in(
    folder: Path, output: str | PathLike[str] | None, target_format: str | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """One mapping per model that is found, subfolders included, and the names of the files that are none."""
    if is_model(folder):
        raise with_parts(
            BadArgumentError, f"the folder '{folder}' is a model itself", hint=f"modelconv convert {folder} TARGET"
        )
    if target_format is None:
        raise BadArgumentError(
            f"'{folder}' is a folder: which format are its models to become?\n"
            "  try:   target_format='.onnx' (--to onnx), or a manifest"
        )
    suffix, name = _suffix_for(target_format)
    rows, ignored = [], []
    for path in _candidates(folder):
        if is_model(path):
            target = Path(output or folder) / path.relative_to(folder)
            target = (
                target.with_name(target.stem + suffix) if path.is_file() else target.with_name(target.name + suffix)
            )
            row = {"name": str(path.relative_to(folder)), "source": str(path), "target": str(target)}
            rows.append({**row, "target_format": name} if name else row)
        elif path.is_file():
            ignored.append(str(path))
    if not rows:
        raise BadArgumentError(f"the folder '{folder}' has no models that are recognised by their contents")
    return rows, ignored


def _suffix_for(target_format: str) -> tuple[str, str | None]:
    """What the targets end in, and the format's name where the suffix does not say it."""
    from modelconv.formats import formats
    from modelconv.suggestions import did_you_mean

    writable = {row.name: row for row in formats() if row.writes}
    by_suffix = {suffix: row for row in writable.values() for suffix in row.suffixes}
    suffix = target_format if target_format.startswith(".") else f".{target_format}"
    if target_format in writable:
        suffixes = writable[target_format].suffixes
        return (suffixes[0], None) if suffixes else ("", target_format)
    if suffix in by_suffix:
        return suffix, None
    known = [*writable, *by_suffix]
    raise BadArgumentError(
        f"'{target_format}' is no format that can be written\n  try:   {did_you_mean(target_format, known)}"
    )


def _candidates(folder: Path) -> Iterator[Path]:
    """Files and SavedModels, in the order of their names; what is in a SavedModel is not looked at."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        is_saved_model = (path / "saved_model.pb").exists() or (path / "saved_model.pbtxt").exists()
        if is_saved_model or not path.is_dir():
            yield path
        else:
            yield from _candidates(path)


def is_model(path: Path) -> bool:
    """By contents; a file of weights beside the graph of the same stem is part of that."""
    try:
        name = _core.detect_format(os.fspath(path))
    except ModelConvError:
        return False
    if name in _WEIGHTS_ONLY:
        return False
    partner = {".caffemodel": ".prototxt", ".weights": ".cfg"}.get(path.suffix.lower())
    return partner is None or not path.with_suffix(partner).exists()
