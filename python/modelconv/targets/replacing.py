"""Files that are there in full or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelconv.errors import ModelConvError


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """A temporary file beside `target`, which takes its place when the block ends without an exception."""
    real = target.resolve()
    if real.is_dir():
        raise ModelConvError(f"cannot write '{target}': it is a folder")
    if real.exists() and not real.is_file():
        raise ModelConvError(f"cannot write '{target}': it exists and is not a regular file")
    try:
        descriptor, name = tempfile.mkstemp(prefix=".modelconv-", suffix=".tmp", dir=real.parent)
    except OSError as error:
        raise ModelConvError(f"cannot write '{target}': {error.strerror}") from error
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(real.stat().st_mode & 0o777 if real.exists() else 0o666 & ~current_umask())
        temporary.replace(real)
    except OSError as error:
        raise ModelConvError(f"cannot write '{target}': {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def current_umask() -> int:
    """What a new file's permissions lack."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
