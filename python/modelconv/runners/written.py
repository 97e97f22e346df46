"""What a written file computes, under the names of the model that it was made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from modelconv.model import Array, Model
from modelconv.runners import CoreRunner, Results, Runner, installed
from modelconv.sources import load_source


class WrittenRunner:
    """TensorFlow on a file written for it; where it is not installed, modelconv reads the file and evaluates it."""

    wiring = None

    def __init__(self, path: str, model: Model, renamed: Mapping[str, str]) -> None:
        self._names = {spec.name: renamed.get(spec.name, spec.name) for spec in [*model.inputs, *model.outputs]}
        self._outputs = [spec.name for spec in model.outputs]
        core = load_source(path, outputs=[self._names[name] for name in self._outputs])
        self._runner: Runner
        if installed("tensorflow"):
            from modelconv.runners.tensorflow import TensorFlowRunner

            self._runner = TensorFlowRunner(path, core, {}, None)
        else:
            self._runner = CoreRunner(core, None)
        self.name = self._runner.name

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Compute all outputs; intermediate tensors have other names in the file and are not given."""
        results = self._runner.run({self._names[name]: value for name, value in inputs.items()})
        return Results({name: results.outputs[self._names[name]] for name in self._outputs})
