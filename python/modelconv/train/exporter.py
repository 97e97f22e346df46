"""A module under training, exported again and again."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from os import PathLike
from typing import Any

from modelconv.conversion import Conversion, convert
from modelconv.errors import ModelConvError
from modelconv.loading import load
from modelconv.model import Model
from modelconv.sources.live import Shapes, framework_of

# Options that say how to read the module; the others say how to write it.
READING = ("input_names", "output_names", "input_shapes", "dynamic_axes", "custom_ops")


class Exporter:
    """Writes a module's present weights.

    The first export captures the module, in inference mode, which costs most of the time; later ones take the captured
    program and read the weights anew. The module must keep its structure and the control flow that it had.

    Args:
        module: A `torch.nn.Module`, or a Keras model (which has no capture to spare: it is traced each time).
        example_inputs: As for `modelconv.load`.
        options: Those of `modelconv.convert`: `input_names`, `output_names`, `dynamic_axes`, `opset`, `simplify`,
            `verify` (against the program as it was captured, run by modelconv, since the module itself goes on
            changing), `quantize`, `target_format`, ...
    """

    def __init__(self, module: Any, example_inputs: Any = None, **options: Any) -> None:
        self._module = module
        self._examples = example_inputs
        self._options = options
        self._program: Any = None
        self._output_names: list[str] = []
        self._thread: ThreadPoolExecutor | None = None
        if framework_of(module) not in ("torch", "tensorflow"):
            raise ModelConvError(f"a {type(module).__name__} is no module that can be exported while it is trained")

    def export(self, target: str | PathLike[str] | None = None) -> Conversion:
        """Export now and wait for it.

        Raises what `modelconv.convert` raises.
        """
        return self._write(self._snapshot(), target)

    def export_in_background(self, target: str | PathLike[str] | None = None) -> Future[Conversion]:
        """Copy the weights now, write them in a thread; training may go on meanwhile.

        One export is written at a time, in the order of the calls. The future holds the conversion, or its error.
        """
        snapshot = self._snapshot()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="modelconv-export")
        return self._thread.submit(self._write, snapshot, target)

    def close(self) -> None:
        """Wait for exports in the background."""
        if self._thread is not None:
            self._thread.shutdown(wait=True)
            self._thread = None

    def __enter__(self) -> Exporter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _snapshot(self) -> Any:
        """What an export needs, independent of what training does next."""
        if framework_of(self._module) == "tensorflow":
            reading = {name: self._options[name] for name in READING if name in self._options}
            return load(self._module, example_inputs=self._examples, **reading)
        if self._program is None:
            self._capture()
        return refreshed(self._program, self._module)

    def _capture(self) -> None:
        from modelconv.sources.torch_load import captured_of, program_of

        shapes = Shapes(
            self._options.get("input_shapes") or {},
            self._options.get("dynamic_axes") or {},
            self._options.get("input_names") or (),
        )
        self._program = program_of(captured_of(self._module, self._examples, shapes))

    def _write(self, snapshot: Any, target: str | PathLike[str] | None) -> Conversion:
        if not isinstance(snapshot, Model):
            from modelconv.sources.torch_load import load_program

            custom_ops = dict(self._options.get("custom_ops") or {})
            core = load_program(snapshot, type(self._module).__name__, custom_ops=custom_ops)
            core.rename(list(self._options.get("input_names") or ()), list(self._options.get("output_names") or ()))
            snapshot = Model(core)
        writing = {name: value for name, value in self._options.items() if name not in READING}
        return convert(snapshot, target, **writing)


def refreshed(program: Any, module: Any) -> Any:
    """The program with copies of the module's present weights."""
    import numpy as np

    from modelconv.sources.torch_export import array_of

    state: Mapping[str, Any] = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    fresh = copy.copy(program)
    fresh.parts = copy.copy(program.parts)
    fresh.parts.constants = []
    for handle, name, array in program.parts.constants:
        if name in state:
            array = array_of(state[name])
        dtype, values = array if isinstance(array, tuple) else ("", array)
        values = np.array(values, copy=True)
        fresh.parts.constants.append((handle, name, (dtype, values) if dtype else values))
    return fresh
