"""`.pt2` archives of PyTorch 2.8 and older: the program as JSON beside checkpoints of its weights.

Source of the members' names: the loader of old files in torch/export/__init__.py of PyTorch 2.13.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelconv.errors import malformed
from modelconv.sources.mapped_archive import MappedArchive
from modelconv.sources.torch_archive import LARGEST_PROGRAM, read_program
from modelconv.sources.torch_program import Program
from modelconv.sources.torchscript_file import StoredTensor, read_pickle

PROGRAM = "serialized_exported_program.json"
TENSORS = ("serialized_state_dict.pt", "serialized_constants.pt")


def is_flat(archive: MappedArchive) -> bool:
    """The layout is the old one."""
    return PROGRAM in archive


def read_flat_archive(archive: MappedArchive) -> tuple[Program, list[str], list[Any]]:
    """As `torch_archive.read_archive`."""
    text = archive.read(PROGRAM, LARGEST_PROGRAM)
    return read_program(text, archive.describe, lambda: stored_tensors(archive).__getitem__)


def stored_tensors(archive: MappedArchive) -> dict[str, Any]:
    """Weights and constants by their names, as views."""
    tensors: dict[str, Any] = {}
    for member in TENSORS:
        if member not in archive or not archive.view(member):
            continue
        where = f"'{member}' of {archive.describe}"
        inner = MappedArchive(archive.view(member), where)
        root = next((name.removesuffix("data.pkl") for name in inner if name.endswith("data.pkl")), None)
        if root is None:
            raise malformed("the checkpoint has no data.pkl", where)
        named: Mapping[str, Any] = read_pickle(inner, root, "data", dict)
        tensors.update({name: value.array for name, value in named.items() if isinstance(value, StoredTensor)})
    return tensors
