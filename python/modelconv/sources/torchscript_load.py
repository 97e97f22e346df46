"""TorchScript archives to a model."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from modelconv import _core
from modelconv.errors import ModelConvError, malformed
from modelconv.sources.live import Shapes
from modelconv.sources.torch_growing import GrowingProgram
from modelconv.sources.torch_names import names_of_paths
from modelconv.sources.torch_program import Variable
from modelconv.sources.torchscript_file import ScriptFile
from modelconv.sources.torchscript_run import Interpreter

NUMBERS = {"int": "int64", "float": "float64", "bool": "bool"}


def load_torchscript(
    data: memoryview,
    describe: str,
    *,
    example_inputs: Any = None,
    shapes: Shapes | None = None,
    notes: Sequence[str] = (),
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    custom_ops: Any = None,
) -> _core.Model:
    """Read an archive of `torch.jit.save`.

    The archive does not say what shapes and element types its inputs have: `example_inputs` or `input_shapes` do (an
    input without either is float32 of unknown rank). Numbers among the examples are fixed.
    """
    file = ScriptFile(data, describe)
    program = GrowingProgram(custom_ops)
    program.notes += notes
    # A module with overloads (nn.LSTM: of tensors, of packed sequences) has them numbered; tensors come first.
    forward = file.method(file.main.type_name, "forward") or file.method(file.main.type_name, "forward__0")
    if forward is None:
        raise malformed(f"{file.main.type_name} has no method 'forward'", describe)
    try:
        arguments = arguments_of(program, forward, example_inputs, shapes or Shapes())
        result = Interpreter(file, program).call(forward, [file.main], arguments)
    except (IndexError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as problem:
        program.throw_if_missing()
        why = f"{type(problem).__name__}: {problem}"
        raise malformed("the program's text is not what TorchScript writes", describe, why) from problem
    program.throw_if_missing()
    leaves = list(leaves_of(result, []))
    for name, (_, value) in zip(names_of_paths([path for path, _ in leaves]), leaves, strict=True):
        if isinstance(value, Variable):
            program.output(name, value)
        elif value is not None:
            program.notes.append(f"output '{name}' is {value!r}, which depends on no input: it is left out")
    return program.finish(describe, inputs, outputs)


def arguments_of(
    program: GrowingProgram, forward: ast.FunctionDef, example_inputs: Any, shapes: Shapes
) -> dict[str, Any]:
    """Inputs of the model by forward's parameters; those with a default keep it unless there is an example."""
    parameters = forward.args.args[1:]
    names = [parameter.arg for parameter in parameters]
    given = examples_by_name(example_inputs, names)
    optional = set(names[len(names) - len(forward.args.defaults) :]) if forward.args.defaults else set()
    arguments: dict[str, Any] = {}
    for parameter in parameters:
        name = parameter.arg
        kind = "Tensor" if parameter.annotation is None else ast.unparse(parameter.annotation)
        example = given.get(name)
        if name not in given and name in optional:
            continue
        if kind in NUMBERS and name not in given:
            arguments[name] = program.input(name, NUMBERS[kind], [], is_number=True)
        elif kind in ("Tensor", "Optional[Tensor]"):
            arguments[name] = tensor_input(program, name, example, shapes)
        elif name in given:
            arguments[name] = example
        elif kind.startswith(("Tuple[", "List[")) and set(kind.split("[", 1)[1].rstrip("]").split(", ")) == {"Tensor"}:
            count = kind.count("Tensor")
            arguments[name] = tuple(tensor_input(program, f"{name}_{i}", None, shapes) for i in range(count))
        else:
            raise ModelConvError(
                f"forward takes '{name}', a {kind}, which is no tensor\n  try:   example_inputs= with its value"
            )
    return arguments


def tensor_input(program: GrowingProgram, name: str, example: Any, shapes: Shapes) -> Variable:
    """An input with the shape and element type of its example, or of `input_shapes`."""
    if example is None:
        wanted = shapes.input_shapes.get(name)
        sizes = None if wanted is None else [None if size == -1 else size for size in wanted]
        return program.input(name, "float32", sizes)
    dynamic = shapes.of(name, tuple(example.shape))
    named = shapes.dynamic_axes.get(name, {})
    names = {axis % len(dynamic): text for axis, text in named.items()} if isinstance(named, Mapping) else {}
    given = shapes.input_shapes.get(name, ())
    sizes = [
        size
        if size is not None
        else names.get(axis) or (given[axis] if axis < len(given) and isinstance(given[axis], str) else None)
        for axis, size in enumerate(dynamic)
    ]
    return program.input(name, str(example.dtype).removeprefix("torch."), sizes)


def examples_by_name(example_inputs: Any, names: Sequence[str]) -> dict[str, Any]:
    """A tuple is positional, a mapping goes by name, anything else is the first input."""
    if example_inputs is None:
        return {}
    if isinstance(example_inputs, Mapping):
        return dict(example_inputs)
    listed = list(example_inputs) if isinstance(example_inputs, tuple | list) else [example_inputs]
    return dict(zip(names, listed, strict=False))


def leaves_of(value: Any, path: list[str]) -> Any:
    """(path, leaf) of nested tuples, lists and dicts."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves_of(item, [*path, str(key)])
    elif isinstance(value, tuple | list):
        for i, item in enumerate(value):
            yield from leaves_of(item, [*path, str(i)])
    else:
        yield path, value
