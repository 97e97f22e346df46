"""What live objects of all frameworks share: telling them apart without importing a framework, and their examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from modelconv.errors import ModelConvError

# Name of a base class and the start of its module -> the framework.
CLASSES = (
    ("torch", "Module", "torch.nn."),
    ("torch", "ExportedProgram", "torch.export."),
    ("tensorflow", "Module", "tensorflow."),
    ("tensorflow", "ConcreteFunction", "tensorflow."),
    ("tensorflow", "Function", "tensorflow."),  # what tf.function returns
    ("tensorflow", "Layer", "keras."),
    ("tensorflow", "Layer", "tf_keras."),
)


def framework_of(source: object) -> str | None:
    """`"tensorflow"`, `"torch"`, or None for what is no live model; told by names of classes alone."""
    for cls in type(source).__mro__:
        for framework, name, module in CLASSES:
            if cls.__name__ == name and f"{cls.__module__}.".startswith(module):
                return framework
    return None


class Shapes(NamedTuple):
    """Dimensions that the user calls dynamic or gives sizes, by input."""

    input_shapes: Mapping[str, Sequence[int | str | None]] = MappingProxyType({})
    dynamic_axes: Mapping[str, Mapping[int, str] | Sequence[int]] = MappingProxyType({})
    input_names: Sequence[str] = ()
    """The names that the inputs will get, in order: keys of the two mappings may be these."""

    def of(self, name: str, example: tuple[int, ...]) -> tuple[int | None, ...]:
        """The example's shape with `None` for dynamic dimensions."""
        wanted = self.input_shapes.get(name, example)
        if len(wanted) != len(example):
            raise ModelConvError(
                f"input_shapes gives '{name}' {len(wanted)} dimensions, its example has {len(example)}"
            )
        sizes = [size if isinstance(size, int) and size >= 0 else None for size in wanted]
        for axis in self.dynamic_axes.get(name, ()):
            if not -len(sizes) <= axis < len(sizes):
                raise ModelConvError(f"dynamic_axes: input '{name}' has {len(sizes)} axes, there is no axis {axis}")
            sizes[axis] = None
        return tuple(sizes)


def named_examples(example_inputs: Any, parameters: Sequence[str]) -> dict[str, Any]:
    """Examples by parameter name: a tuple or list is positional, a mapping goes by keyword, else it is one input."""
    if isinstance(example_inputs, Mapping):
        unknown = [name for name in example_inputs if name not in parameters]
        if unknown:
            known = ", ".join(f"'{name}'" for name in parameters)
            raise ModelConvError(f"example_inputs names '{unknown[0]}', which is no parameter\n  try:   one of {known}")
        return dict(example_inputs)
    listed = list(example_inputs) if isinstance(example_inputs, tuple | list) else [example_inputs]
    if len(listed) > len(parameters):
        raise ModelConvError(f"example_inputs has {len(listed)} entries, the model takes {len(parameters)}")
    return dict(zip(parameters, listed, strict=False))
