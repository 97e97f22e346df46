"""The inputs on which two models are compared: given, read from files, or made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from modelconv.argument_checks import bad, require_known
from modelconv.calibration import calibration_batches
from modelconv.errors import ShapeError, with_parts
from modelconv.input_files import read_input
from modelconv.model import Array, Model, TensorSpec, describe_shape

Inputs = Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | PathLike[str] | Sequence[str | PathLike[str]]


def input_batches(
    subject: Model,
    inputs: Inputs | None,
    samples: int,
    seed: int,
    sizes: Mapping[str, int],
    mean: Sequence[float] | float | None = None,
    std: Sequence[float] | float | None = None,
    length: int = 8,
) -> list[dict[str, Array]]:
    """One mapping of inputs per sample; what the user leaves out is made up."""
    specs = {spec.name: spec for spec in subject.inputs}
    if are_files(inputs):
        return list(calibration_batches(inputs, subject.inputs, mean=mean, std=std))
    given: list[Any] = [inputs] if isinstance(inputs, Mapping) else [] if inputs is None else list(inputs)  # type: ignore[arg-type]
    if not all(isinstance(batch, Mapping) for batch in given):
        name = next(iter(specs), "x")
        raise bad("inputs= takes arrays by the names of the inputs, or a list of such samples", f"{{'{name}': array}}")
    for batch in given:
        require_known("inputs", batch, specs, "input of the model", ShapeError)
    given = [
        {name: fitting(read_input(value, specs[name], mean, std), specs[name]) for name, value in batch.items()}
        for batch in given
    ]
    needs_more = not given or any(len(batch) < len(subject.inputs) for batch in given)
    count = len(given) or samples
    made = [
        subject._core.make_inputs(seed=seed + i, sizes=dict(sizes), length=length) if needs_more else {}
        for i in range(count)
    ]
    return [{**made[i], **(given[i] if given else {})} for i in range(count)]


def symbols_of(model: Model) -> list[str]:
    """Names of the dynamic dimensions of the inputs."""
    return [size for spec in model.inputs for size in spec.shape or () if isinstance(size, str)]


def fitting(value: Any, spec: TensorSpec) -> Any:
    """An array that the input can take; what is no array is left to the evaluator."""
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        return value
    dtype = str(value.dtype)
    if spec.dtype.partition("(")[0] in NUMBERS and dtype in NUMBERS and dtype != spec.dtype:
        raise with_parts(
            ShapeError,
            f"input '{spec.name}' is {spec.dtype}; {dtype} was given",
            hint=f"array.astype('{spec.dtype}')",
        )
    shape = tuple(value.shape)
    if spec.shape is not None and len(shape) != len(spec.shape):
        wanted = f"input '{spec.name}' is {spec.dtype}{describe_shape(spec.shape)}"
        message = f"{wanted}; an array of shape {list(shape)} was given"
        raise with_parts(
            ShapeError, message, hint="a size for every axis, the batch too: array[None] puts one in front"
        )
    return value


# Types that NumPy calls by the same names.
NUMBERS = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"bool", "float32", "float64"}


def are_files(inputs: Any) -> bool:
    """Paths in the place of arrays."""
    paths = inputs if isinstance(inputs, list | tuple) else [inputs]
    return bool(paths) and all(isinstance(path, str | PathLike) for path in paths)
