"""Files that a PyTorch module was exported to, each run by its own framework beside the module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelconv.conversion import Conversion
from modelconv.loading import load
from modelconv.runners import Runner, runner_for
from modelconv.runners.torch import TorchRunner
from modelconv.runners.written import WrittenRunner
from modelconv.verification import VerificationReport, verify_against

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Sequence["NDArray[Any]"]


class ExportedFile:
    """One file of a chain, as its own framework runs it where that is installed."""

    def __init__(self, path: Path, written: Conversion) -> None:
        self.path = path
        if written.target_format in ("tensorflow", "saved_model"):
            self.model = written.model
            self._runner: Runner = WrittenRunner(str(path), self.model, written.report.renamed)
        else:
            self.model = load(path)
            self._runner = runner_for(str(path), {}, None, per_layer=False)

    @property
    def framework(self) -> str:
        """Who computes the file's outputs."""
        return self._runner.name

    def named(self, arrays: Arrays) -> dict[str, Any]:
        """The arrays under the names of the file's inputs, in order."""
        return dict(zip([spec.name for spec in self.model.inputs], arrays, strict=True))

    def run(self, arrays: Arrays) -> dict[str, Any]:
        """The file's outputs by name."""
        return dict(self._runner.run(self.named(arrays)).outputs)

    def verify(self, module: Any, arrays: Arrays, rtol: float) -> VerificationReport:
        """The file's outputs against the module's, inputs and outputs in order."""
        return verify_against(
            self.model, module, inputs=self.named(arrays), example_inputs=tuple(arrays), by_position=True,
            rtol=rtol, atol=rtol, written=self._runner,
        )  # fmt: skip


def run_module(module: Any, file: ExportedFile, arrays: Arrays) -> dict[str, Any]:
    """The module's own outputs, under the names that the file gives them."""
    outputs = TorchRunner(module, None, list(file.named(arrays))).run(file.named(arrays)).outputs
    return dict(zip([spec.name for spec in file.model.outputs], outputs.values(), strict=True))
