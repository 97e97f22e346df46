"""Models on their way to other processes."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from modelconv import _core
from modelconv.batching.pool import Workers
from modelconv.errors import ModelConvError
from modelconv.model import Model

# The operator set of the graph itself (kCanonicalOpset in cpp/ops/schema.h): nothing is rewritten on the way.
OPSET = 28


@dataclass(frozen=True)
class Shipped:
    """A model that a process reads when it first needs it: a file of this machine, or the bytes of one."""

    token: str
    path: str | None
    content: bytes = b""

    def core(self) -> _core.Model:
        """The graph; read once by each process."""
        return _read(self)

    def __hash__(self) -> int:
        return hash(self.token)


@lru_cache(maxsize=2)
def _read(shipped: Shipped) -> _core.Model:
    if shipped.path is not None:
        return _core.load(shipped.path, source_format="onnx")
    return _core.load_bytes(shipped.content, source_format="onnx")


@contextmanager
def shipped(model: Model, workers: Workers) -> Iterator[Shipped]:
    """Processes of this machine map the same file of weights; a cluster is sent its bytes."""
    with tempfile.TemporaryDirectory(prefix="modelconv-") as folder:
        path = Path(folder) / "model.onnx"
        model._core.save(str(path), opset=OPSET)
        if workers.scheduler is None:
            yield Shipped(uuid.uuid4().hex, str(path))
            return
        if len(list(Path(folder).iterdir())) > 1:
            raise ModelConvError(
                "a model with more than 2 GiB of weights is not sent to a cluster\n"
                "  try:   workers= for processes of this machine, which share one file"
            )
        yield Shipped(uuid.uuid4().hex, None, path.read_bytes())
