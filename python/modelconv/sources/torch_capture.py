"""A live module becomes an exported program: examples, dynamic dimensions, names of inputs and outputs."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from modelconv.errors import BadArgumentError, ModelConvError
from modelconv.sources.live import Shapes, named_examples
from modelconv.sources.torch_names import names_of_paths

# A dimension of size 1 is taken for a constant by torch.export, whatever one says of it.
SMALLEST_DYNAMIC = 2


class CaptureError(ModelConvError):
    """torch.export cannot capture the module."""


@dataclass
class Examples:
    """Arguments to capture a module with."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    wanted: dict[str, dict[int, str | None]]
    """Parameter -> axis -> name of its dimension (None: it has none), for what shall be dynamic."""

    def dynamic_shapes(self, parameters: Sequence[str]) -> Any:
        """As torch.export takes them; None when nothing is dynamic."""
        import torch

        if not self.wanted:
            return None
        by_name = {**dict(zip(parameters, self.args, strict=False)), **self.kwargs}
        return {
            name: dict.fromkeys(self.wanted[name], torch.export.Dim.AUTO)
            if name in self.wanted
            else torch.utils._pytree.tree_map(lambda _: None, value)
            for name, value in by_name.items()
        }


@dataclass
class Captured:
    """An exported program with the names that its user knows."""

    exported: Any
    output_names: list[str]
    symbols: dict[str, str] = field(default_factory=dict)
    """Symbol of the program (`"s77"`) -> name of the dimension, or its number where the program fixes it."""
    notes: list[str] = field(default_factory=list)


def capture(module: Any, examples: Examples, parameters: Sequence[str]) -> Captured:
    """Export a `torch.nn.Module` in inference mode; its mode is as before afterwards.

    Raises CaptureError when torch.export cannot capture the module.
    """
    import torch

    def export(**settings: Any) -> Any:
        settings["dynamic_shapes"] = examples.dynamic_shapes(parameters)
        with capturing(module):
            return torch.export.export(module, examples.args, examples.kwargs or None, **settings)

    try:
        try:
            # Otherwise a size is fixed by whatever operator's stand-in happens to look at it.
            exported = export(prefer_deferred_runtime_asserts_over_guards=True)
        except Exception:
            exported = export()
    except Exception as problem:  # of many types: Python's own, and those of torch's tracers
        raise CaptureError(f"torch.export cannot capture the module: {first_line(problem)}") from problem
    captured = describe(exported)
    name_symbols(captured, examples.wanted)
    return captured


def first_line(problem: Exception) -> str:
    """Of an error's text; its type where there is none."""
    lines = [line for line in str(problem).splitlines() if line.strip()]
    return lines[0] if lines else type(problem).__name__


def describe(exported: Any) -> Captured:
    """An exported program with the names of its outputs, from the structure of what it returns.

    Its inputs are named after the parameters already, nested ones with their index or key.
    """
    return Captured(exported, output_names_of(exported.call_spec.out_spec))


def fixed_symbols(exported: Any) -> dict[str, int]:
    """Symbols that the program itself checks to be one number: `assert s16 == 4`."""
    fixed = {}
    for node in exported.graph.nodes:
        if node.op != "call_function" or "_assert_scalar" not in str(node.target):
            continue
        condition = node.args[0]
        operands: Any = getattr(condition, "args", ())
        if getattr(getattr(condition, "target", None), "__name__", "") == "eq" and len(operands) == 2:
            symbol, number = operands
            if isinstance(number, int) and hasattr(symbol, "meta"):
                fixed[str(symbol.meta.get("val"))] = number
    return fixed


def name_symbols(captured: Captured, wanted: Mapping[str, Mapping[int, str | None]]) -> None:
    """Find the program's symbols for the wanted dimensions; say which of them were fixed."""
    shapes = {
        node.name: list(node.meta["val"].shape)
        for node in captured.exported.graph.nodes
        if node.op == "placeholder" and hasattr(node.meta.get("val"), "shape")
    }
    fixed = fixed_symbols(captured.exported)
    captured.symbols.update({symbol: str(number) for symbol, number in fixed.items()})
    for name, axes in wanted.items():
        for axis, dimension in axes.items():
            size = str(shapes[name][axis]) if name in shapes else ""
            size = captured.symbols[size] if size in fixed else size
            if size.isdigit():  # a number, or a symbol that came to be one
                captured.notes.append(
                    f"dimension {axis} of input '{name}' is not dynamic: what the module computes fixes it to {size}"
                )
            elif size:
                captured.symbols.setdefault(size, dimension or f"{name}_{axis}")


def examples_of(module: Any, example_inputs: Any, shapes: Shapes, parameters: Sequence[str]) -> Examples:
    """The user's examples as tensors, with dynamic dimensions large enough to be captured as such."""
    import torch

    if isinstance(example_inputs, Mapping):
        args: tuple[Any, ...] = ()
        kwargs = dict(example_inputs)
        if not takes_anything(module):
            named_examples(example_inputs, parameters)
    else:
        args = tuple(example_inputs) if isinstance(example_inputs, tuple | list) else (example_inputs,)
        kwargs = {}
        if not takes_anything(module):
            named_examples(args, parameters)
    args, kwargs = torch.utils._pytree.tree_map(as_tensor, (args, kwargs))
    by_name = {**dict(zip(parameters, args, strict=False)), **kwargs}
    wanted = wanted_dimensions(shapes, {name: v for name, v in by_name.items() if isinstance(v, torch.Tensor)})
    grown = {name: grow(by_name[name], axes) for name, axes in wanted.items()}
    args = (
        tuple(grown.get(name, value) for name, value in zip(parameters, args, strict=False)) + args[len(parameters) :]
    )
    return Examples(args, {name: grown.get(name, value) for name, value in kwargs.items()}, wanted)


def wanted_dimensions(shapes: Shapes, examples: Mapping[str, Any]) -> dict[str, dict[int, str | None]]:
    """What `input_shapes` and `dynamic_axes` call dynamic, by parameter; both also go by the new names of inputs."""
    original = dict(zip(shapes.input_names, examples, strict=False))
    wanted: dict[str, dict[int, str | None]] = {}
    for given, sizes in shapes.input_shapes.items():
        name = original.get(given, given)
        if name not in examples:
            raise BadArgumentError(f"input_shapes names '{given}', which is no input\n  try:   {listed(examples)}")
        rank = examples[name].dim()
        if len(sizes) != rank:
            raise BadArgumentError(f"input_shapes gives '{given}' {len(sizes)} dimensions, its example has {rank}")
        for axis, size in enumerate(sizes):
            if size is None or isinstance(size, str) or size < 0:
                wanted.setdefault(name, {})[axis] = size if isinstance(size, str) else None
    for given, axes in shapes.dynamic_axes.items():
        name = original.get(given, given)
        if name not in examples:
            continue  # an output: its dimensions follow from the inputs; exporters' users list them all the same
        rank = examples[name].dim()
        for axis, dimension in axes.items() if isinstance(axes, Mapping) else ((axis, None) for axis in axes):
            if not -rank <= axis < rank:
                raise BadArgumentError(f"dynamic_axes: input '{given}' has {rank} axes, there is no axis {axis}")
            wanted.setdefault(name, {})[axis % rank] = dimension
    return wanted


def grow(tensor: Any, axes: Mapping[int, str | None]) -> Any:
    """Repeats the example where a dynamic dimension is too small for torch.export to see that it may change."""
    repeats = [SMALLEST_DYNAMIC if axis in axes and size == 1 else 1 for axis, size in enumerate(tensor.shape)]
    return tensor.repeat(repeats) if max(repeats, default=1) > 1 else tensor


def as_tensor(value: Any) -> Any:
    """Arrays become tensors; all else stays."""
    import torch

    return torch.from_numpy(value) if type(value).__module__ == "numpy" and hasattr(value, "shape") else value


def parameters_of(module: Any) -> list[str]:
    """Names of forward's parameters."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [name for name, p in inspect.signature(module.forward).parameters.items() if p.kind not in kinds]


def arguments_of(module: Any, examples: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Examples as a call takes them, keywords in the order of forward's parameters, as torch.export has them."""
    if not isinstance(examples, Mapping):
        return tuple(examples) if isinstance(examples, tuple | list) else (examples,), {}
    order = parameters_of(module) if hasattr(module, "forward") else []
    known = [name for name in order if name in examples]
    return (), {name: examples[name] for name in [*known, *(name for name in examples if name not in known)]}


def takes_anything(module: Any) -> bool:
    """Forward has *args or **kwargs."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return any(p.kind in kinds for p in inspect.signature(module.forward).parameters.values())


def output_names_of(spec: Any) -> list[str]:
    """Names for the results of a live program."""
    from torch.utils import _pytree

    tree = _pytree.tree_unflatten(list(range(spec.num_leaves)), spec)
    paths = [path for path, _ in _pytree.tree_flatten_with_path(tree)[0]]
    return names_of_paths(
        [[str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", "")))) for key in path] for path in paths]
    )


@contextmanager
def capturing(module: Any) -> Iterator[None]:
    """In inference mode, without gradients, and without torch's remarks on its own work."""
    import torch

    with inference_mode_of(module), torch.no_grad(), warnings.catch_warnings(), torch_silenced():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def torch_silenced() -> Iterator[None]:
    """Torch logs a stack for what it then raises, too; the user's own loggers go on."""
    loggers = [logger for name, logger in logging.root.manager.loggerDict.items() if name.partition(".")[0] == "torch"]
    speaking = [logger for logger in loggers if isinstance(logger, logging.Logger) and not logger.disabled]
    for logger in speaking:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in speaking:
            logger.disabled = False


@contextmanager
def inference_mode_of(module: Any) -> Iterator[None]:
    """All submodules in eval mode, and afterwards each in its own again."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


def listed(names: Mapping[str, Any]) -> str:
    """`one of 'x', 'y'`, for messages."""
    return "one of " + ", ".join(f"'{name}'" for name in names)


def need_examples(source: Any, example_inputs: Any) -> None:
    """Modules are captured by running them."""
    if example_inputs is None:
        raise ModelConvError(
            f"a {type(source).__name__} is captured by running it, and no example_inputs are given\n"
            "  try:   example_inputs=tensor, a tuple for positional or a dict for keyword inputs"
        )
