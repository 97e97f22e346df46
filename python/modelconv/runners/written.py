"""What a written file computes, under the names of the model that it was made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from modelconv.model import Array, Model
from modelconv.runners import CoreRunner, Results, Runner, installed
from modelconv.sources import load_source


class WrittenRunner:
    """TensorFlow on a file written for it; where it is not installed, modelconv reads the file and evaluates it."""

    wiring = None

    def __init__(self, path: str, model: Model, renamed: Mapping[str, str]) -> None:
        self._names = {spec.name: renamed.get(spec.name, spec.name) for spec in [*model.inputs, *model.outputs]}
        self._outputs = [spec.name for spec in model.outputs]
        self._path = path

    @cached_property
    def _runner(self) -> Runner:
        """Made where it runs, which may be in another process."""
        core = load_source(self._path, outputs=[self._names[name] for name in self._outputs])
        if installed("tensorflow"):
            from modelconv.runners.tensorflow import TensorFlowRunner

            return TensorFlowRunner(self._path, core, {}, None)
        return CoreRunner(core, None)

    @property
    def name(self) -> str:
        """Of what runs it."""
        return self._runner.name

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_runner"}

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Compute all outputs; intermediate tensors have other names in the file and are not given."""
        results = self._runner.run({self._names[name]: value for name, value in inputs.items()})
        return Results({name: results.outputs[self._names[name]] for name in self._outputs})
