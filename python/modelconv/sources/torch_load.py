"""Live PyTorch modules and exported programs: captured by torch.export, handed to the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelconv import _core
from modelconv.custom_ops import CustomOps
from modelconv.sources.live import Shapes
from modelconv.sources.mapped_archive import MappedArchive, map_file
from modelconv.sources.torch_archive import read_archive
from modelconv.sources.torch_capture import (
    Captured,
    CaptureError,
    arguments_of,
    capture,
    capturing,
    describe,
    examples_of,
    first_line,
    need_examples,
    parameters_of,
)
from modelconv.sources.torch_export import read_exported
from modelconv.sources.torch_flat_archive import is_flat, read_flat_archive
from modelconv.sources.torch_program import Program, Variable
from modelconv.sources.torchscript_load import load_torchscript


def read_torch(source: Any, example_inputs: Any, shapes: Shapes, **options: Any) -> _core.Model:
    """Read a `torch.nn.Module` (captured with `example_inputs`), a ScriptModule or a `torch.export.ExportedProgram`."""
    if hasattr(source, "_c") and hasattr(source, "graph") and hasattr(source, "code"):  # torch.jit.ScriptModule
        return load_torch_file(script_bytes(source), example_inputs, shapes, **options)
    try:
        captured = captured_of(source, example_inputs, shapes)
    except CaptureError as problem:
        return read_traced(source, example_inputs, shapes, problem, **options)
    return load_program(program_of(captured), type(source).__name__, **options)


def read_traced(module: Any, example_inputs: Any, shapes: Shapes, problem: CaptureError, **options: Any) -> _core.Model:
    """What torch.jit.trace records of one run, where torch.export gives up."""
    import torch

    kwargs: dict[str, Any] = {"strict": False, "check_trace": False}
    if isinstance(example_inputs, Mapping):
        kwargs["example_kwarg_inputs"] = dict(example_inputs)
    else:
        kwargs["example_inputs"] = arguments_of(module, example_inputs)[0]
    try:
        with capturing(module):
            traced = torch.jit.trace(module, **kwargs)
    except Exception as second:  # of many types, as above
        raise CaptureError(
            f"{problem}\n  why:   tracing it fails as well: {first_line(second)}\n"
            "  try:   call the module with the same example_inputs: it has to run by itself first"
        ) from second
    note = f"{problem}; traced instead: branches and loops are as they went with the example"
    return load_torch_file(script_bytes(traced), example_inputs, shapes, notes=[note], **options)


def script_bytes(module: Any) -> bytes:
    """What torch.jit.save writes."""
    import io

    import torch

    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return buffer.getvalue()


def captured_of(source: Any, example_inputs: Any, shapes: Shapes) -> Captured:
    """An exported program as it is; a module captured."""
    if hasattr(source, "graph_signature"):
        return describe(source)
    need_examples(source, example_inputs)
    parameters = parameters_of(source)
    return capture(source, examples_of(source, example_inputs, shapes, parameters), parameters)


def program_of(captured: Captured) -> Program:
    """Decode, with outputs and notes."""
    program, results = read_exported(captured.exported, captured.symbols)
    program.notes += captured.notes
    add_outputs(program, captured.output_names, results)
    return program


def load_torch_file(
    source: str | bytes,
    example_inputs: Any = None,
    shapes: Shapes | None = None,
    notes: Sequence[str] = (),
    **options: Any,
) -> _core.Model:
    """Read a `.pt2` archive or a TorchScript archive, without torch."""
    describe = f"file '{source}'" if isinstance(source, str) else "bytes in memory"
    data = map_file(source) if isinstance(source, str) else memoryview(source)
    archive = MappedArchive(data, describe)
    if is_flat(archive):
        program, names, results = read_flat_archive(archive)
        add_outputs(program, names, results)
        return load_program(program, describe, **options)
    if not any(name.endswith("models/model.json") for name in archive):
        return load_torchscript(
            data,
            describe,
            example_inputs=example_inputs,
            shapes=shapes,
            notes=notes,
            inputs=options.get("inputs", ()),
            outputs=options.get("outputs", ()),
            custom_ops=options.get("custom_ops"),
        )
    program, names, results = read_archive(data, describe)
    add_outputs(program, names, results)
    return load_program(program, describe, **options)


def add_outputs(program: Program, names: Sequence[str], results: Sequence[Any]) -> None:
    """What the program returns, numbers that it fixed left out."""
    for name, result in zip(names, results, strict=True):
        if isinstance(result, Variable):
            program.output(name, result)
        elif result is not None:
            program.notes.append(f"output '{name}' is {result!r}, which depends on no input: it is left out")


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
