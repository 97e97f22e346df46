"""Files that are mapped, not read, and zip archives over them: members are views where they are stored uncompressed."""

from __future__ import annotations

import io
import mmap
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelconv.errors import FileError, MalformedModelError, malformed, with_parts

# Deflate cannot shrink by more than this (zlib's documentation: 1032 : 1).
LARGEST_RATIO = 1032
# What zipfile raises for damaged archives.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)


def map_file(path: str) -> memoryview:
    """The file's bytes without reading them. Arrays that view them keep the mapping alive."""
    try:
        with open(path, "rb") as file:
            if Path(path).stat().st_size == 0:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as problem:
        raise with_parts(FileError, f"'{path}' cannot be read", why=str(problem)) from problem


class ViewFile(io.RawIOBase):
    """A file object over bytes that are in memory already."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move; positions before the start are refused."""
        base = (0, self._position, len(self._data))[whence]
        if base + offset < 0:
            raise ValueError("a position before the start of the file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Copy out as much as there is."""
        target = memoryview(buffer).cast("B")
        part = self._data[self._position : self._position + len(target)]
        target[: len(part)] = part
        self._position += len(part)
        return len(part)


class MappedArchive:
    """The members of a zip archive."""

    def __init__(self, data: memoryview, describe: str) -> None:
        """`describe` names the file in errors."""
        self.describe = describe
        self._data = data
        try:
            self._archive = zipfile.ZipFile(ViewFile(data))
        except BROKEN as problem:
            raise self._broken(problem) from problem
        self._members = {info.filename: info for info in self._archive.infolist()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, largest: int) -> bytes:
        """One member, decompressed, after a look at how large it claims to be."""
        info = self._info(name)
        if info.file_size > min(largest, info.compress_size * LARGEST_RATIO + 1024):
            raise malformed(
                f"'{name}' claims {info.file_size} bytes when decompressed",
                self.describe,
                f"it takes {info.compress_size} bytes",
            )
        try:
            return self._archive.read(info)
        except BROKEN as problem:
            raise malformed(f"'{name}' is damaged", self.describe, str(problem)) from problem

    def view(self, name: str) -> memoryview:
        """One member without copying it, where it is stored uncompressed."""
        info = self._info(name)
        if info.compress_type != zipfile.ZIP_STORED:
            return memoryview(self.read(name, 1 << 40))
        try:
            self._archive.open(info).close()  # checks the local header
        except BROKEN as problem:
            raise self._broken(problem) from problem
        header = bytes(self._data[info.header_offset : info.header_offset + 30])
        name_length, extra_length = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        start = info.header_offset + 30 + name_length + extra_length
        if start + info.file_size > len(self._data):
            raise malformed(f"'{name}' is cut short", self.describe)
        return self._data[start : start + info.file_size]

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = self._members.get(name)
        if info is None:
            raise malformed(f"the archive has no '{name}'", self.describe)
        return info

    def _broken(self, problem: Exception) -> MalformedModelError:
        return malformed("the archive cannot be read: it is cut short or damaged", self.describe, str(problem))
