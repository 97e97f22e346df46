"""When to export during training, and what happens when an export fails: the training goes on."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from modelconv.conversion import Conversion
from modelconv.train.exporter import Exporter


@dataclass
class Failure:
    """An export that did not succeed."""

    epoch: int
    error: Exception


class EpochExport:
    """Exports at the end of epochs.

    Call `epoch_end(epoch, metrics)` from the training loop. An export that fails never stops the training: it becomes a
    warning and an entry of `failures`.

    Args:
        exporter: What writes the model.
        path: Target; `{epoch}` and names of metrics are filled in (`"out/net-{epoch}.onnx"`).
        keep: `"all"`: every epoch has a file of its own. `"last"`: one file, written anew. `"best"`: one file, written
            when `monitor` has improved.
        monitor: Name of the metric that decides what is best.
        mode: Whether the best is the smallest (`"min"`) or the largest (`"max"`) value.
        every: Export each so many epochs.
        background: Write in a thread, from a copy of the weights made at the end of the epoch.
        on_export: Called with (epoch, conversion) after each success.
    """

    def __init__(
        self,
        exporter: Exporter,
        path: str,
        *,
        keep: Literal["all", "last", "best"] = "all",
        monitor: str | None = None,
        mode: Literal["min", "max"] = "min",
        every: int = 1,
        background: bool = True,
        on_export: Callable[[int, Conversion], None] | None = None,
    ) -> None:
        if keep == "best" and monitor is None:
            raise ValueError("keep='best' needs monitor='name of a metric'")
        self.exporter = exporter
        self.failures: list[Failure] = []
        self.exported: list[Path] = []
        self.best: float | None = None
        self._path, self._keep, self._monitor, self._mode = path, keep, monitor, mode
        self._every, self._background, self._on_export = max(1, every), background, on_export
        self._lock = threading.Lock()

    def epoch_end(self, epoch: int, metrics: Mapping[str, float] | None = None) -> None:
        """Export if this epoch is one to keep."""
        if (epoch + 1) % self._every:
            return
        try:
            if not self._is_to_keep(metrics or {}):
                return
            target = Path(self._path.format(epoch=epoch, **dict(metrics or {})))
            target.parent.mkdir(parents=True, exist_ok=True)
            if self._background:
                self.exporter.export_in_background(target).add_done_callback(
                    lambda future: self._finished(epoch, target, future)
                )
            else:
                self._succeeded(epoch, target, self.exporter.export(target))
        except Exception as error:
            self._failed(epoch, error)

    def close(self) -> None:
        """Wait for what is still being written."""
        self.exporter.close()

    def _is_to_keep(self, metrics: Mapping[str, float]) -> bool:
        if self._keep != "best":
            return True
        assert self._monitor is not None
        if self._monitor not in metrics:
            known = ", ".join(sorted(metrics)) or "none"
            raise KeyError(f"there is no metric '{self._monitor}' this epoch; known: {known}")
        value = float(metrics[self._monitor])
        improved = self.best is None or (value < self.best if self._mode == "min" else value > self.best)
        if improved:
            self.best = value
        return improved

    def _finished(self, epoch: int, target: Path, future: Future[Conversion]) -> None:
        error = future.exception()
        if isinstance(error, Exception):
            self._failed(epoch, error)
        elif error is None:
            self._succeeded(epoch, target, future.result())

    def _succeeded(self, epoch: int, target: Path, conversion: Conversion) -> None:
        with self._lock:
            if target not in self.exported:
                self.exported.append(target)
        if self._on_export is not None:
            self._on_export(epoch, conversion)

    def _failed(self, epoch: int, error: Exception) -> None:
        with self._lock:
            self.failures.append(Failure(epoch, error))
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        warnings.warn(f"the export after epoch {epoch} failed, training goes on: {text}", stacklevel=2)
