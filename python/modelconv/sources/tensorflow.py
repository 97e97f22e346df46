"""Live TensorFlow objects: functions and modules, by way of the SavedModel that TensorFlow itself makes of them."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from modelconv import _core
from modelconv.errors import ModelConvError
from modelconv.sources.live import Shapes, named_examples


def read_tensorflow(source: Any, example_inputs: Any, shapes: Shapes, **options: Any) -> _core.Model:
    """Read a `tf.function`, `ConcreteFunction`, `tf.Module` or a Keras model (by tracing its call).

    Args:
        source: The object.
        example_inputs: Arrays or tensors to trace with; not needed where an input signature says it all.
        shapes: Which dimensions of the examples are dynamic.
        options: Those of `_core.load`.
    """
    import tensorflow as tf

    concrete = concrete_function(tf, source, example_inputs, shapes)
    with tempfile.TemporaryDirectory(prefix="modelconv-") as folder:
        # Variables must be reachable from what is saved; a function alone does not lead to all of them.
        holder = source if isinstance(source, tf.Module) else tf.Module()
        if holder is not source:
            holder.variables_of_function = list(concrete.graph.variables)
            holder.function = concrete
        quietly(tf, lambda: tf.saved_model.save(holder, folder, signatures=concrete))
        return _core.load(folder, **{**options, "source_format": "saved_model"})


def concrete_function(tf: Any, source: Any, example_inputs: Any, shapes: Shapes) -> Any:
    """The one graph of a function or module."""
    if hasattr(source, "structured_input_signature") and not hasattr(source, "get_concrete_function"):
        return source
    function = source if hasattr(source, "get_concrete_function") else callable_of(tf, source)
    if example_inputs is None:
        declared = getattr(source, "inputs", None)  # of a Keras model that knows its inputs
        if declared:
            specs = [tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name) for tensor in declared]
            return function.get_concrete_function(specs[0] if len(specs) == 1 else specs)
        try:
            return function.get_concrete_function()
        except (TypeError, ValueError) as error:
            raise ModelConvError(
                f"{describe(source)} has no input signature, and no example_inputs are given\n"
                "  try:   example_inputs=array, a tuple for positional or a dict for keyword inputs"
            ) from error
    named = {
        name: tf.TensorSpec(shapes.of(name, tuple(tensor.shape)), tensor.dtype, name=name)
        for name, tensor in examples(tf, source, function, example_inputs).items()
    }
    positional = not isinstance(example_inputs, Mapping)
    return function.get_concrete_function(*named.values()) if positional else function.get_concrete_function(**named)


def examples(tf: Any, source: Any, function: Any, example_inputs: Any) -> dict[str, Any]:
    """Tensors by parameter name."""
    python_function = getattr(function, "python_function", None) or source.__call__
    parameters = [name for name in inspect.signature(python_function).parameters if name != "self"]
    return {name: tf.convert_to_tensor(value) for name, value in named_examples(example_inputs, parameters).items()}


def callable_of(tf: Any, source: Any) -> Any:
    """A tf.function of a module's own signature, or of its call in inference mode."""
    if not callable(source):
        raise ModelConvError(f"{describe(source)} cannot be called: it has no __call__ to trace")
    call = source.__call__
    if hasattr(call, "get_concrete_function"):
        return call
    signature = inspect.signature(getattr(source, "call", source))
    inference = {"training": False} if "training" in signature.parameters else {}

    kept = [parameter for name, parameter in signature.parameters.items() if name != "training"]
    takes_many = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in kept)

    def infer(*tensors: Any, **named: Any) -> Any:
        if takes_many:
            return source(*tensors, **named, **inference)
        # tf.function fills in defaults by position, where `training` is left out of the positions.
        further = {parameter.name: tensor for parameter, tensor in zip(kept[1:], tensors[1:], strict=False)}
        return source(*tensors[:1], **further, **named, **inference)

    infer.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return tf.function(infer)


def quietly(tf: Any, work: Callable[[], None]) -> None:
    """Without TensorFlow's remarks on objects that it saves in part: only the traced function is read."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        work()
    finally:
        logger.setLevel(level)


def describe(source: Any) -> str:
    """For messages: the function's or class's name."""
    return f"'{getattr(source, '__name__', type(source).__name__)}'"
