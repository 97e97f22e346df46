"""Live PyTorch modules and exported programs: captured by torch.export, handed to the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelconv import _core
from modelconv.custom_ops import CustomOps
from modelconv.errors import ModelConvError
from modelconv.sources.live import Shapes
from modelconv.sources.torch_export import read_exported
from modelconv.sources.torch_program import Program, Variable


def read_torch(source: Any, example_inputs: Any, shapes: Shapes, **options: Any) -> _core.Model:
    """Read a `torch.nn.Module` (captured with `example_inputs`) or a `torch.export.ExportedProgram`."""
    import torch

    exported = source
    if isinstance(source, torch.nn.Module):
        if example_inputs is None:
            raise ModelConvError(
                f"a {type(source).__name__} is captured by running it, and no example_inputs are given\n"
                "  try:   example_inputs=tensor, a tuple for positional or a dict for keyword inputs"
            )
        args = tuple(example_inputs) if isinstance(example_inputs, tuple | list) else (example_inputs,)
        with torch.no_grad():
            exported = torch.export.export(source.eval(), args)
    program, results = read_exported(exported)
    tensors = [result for result in results if isinstance(result, Variable)]
    for i, result in enumerate(tensors):
        program.output("output" if len(tensors) == 1 else f"output_{i}", result)
    return load_program(program, type(source).__name__, **options)


def load_program(
    program: Program,
    where: str,
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    weights: str | None = None,
    options: Mapping[str, str] | None = None,
    custom_ops: CustomOps | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    source_format: str = "torch",
) -> _core.Model:
    """Raise what a decoder collected."""
    parts = program.parts
    return _core.load_graph(
        parts.inputs,
        parts.constants,
        parts.nodes,
        parts.outputs,
        source_format="torch",
        where=where,
        cut_inputs=list(inputs),
        cut_outputs=list(outputs),
        notes=program.notes,
        custom_ops=dict(custom_ops or {}),
        progress=progress,
    )
