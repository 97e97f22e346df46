"""Live TensorFlow objects: functions and modules, by way of the SavedModel that TensorFlow itself makes of them."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Iterator, Mapping
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

    with tempfile.TemporaryDirectory(prefix="modelconv-") as folder:
        concrete = with_flat_outputs(tf, concrete_function(tf, source, example_inputs, shapes))
        refuse_composites(tf, source, concrete)
        # Variables must be reachable from what is saved; a function alone does not lead to all of them.
        holder = source if isinstance(source, tf.Module) else tf.Module()
        if holder is not source:
            holder.variables_of_function = list(concrete.graph.variables)
            holder.function = concrete
            holder.tables = tables_of(source)
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
        remembered = remembered_inputs(tf, source)
        try:
            return function.get_concrete_function(*remembered or ())
        except (TypeError, ValueError) as error:
            raise ModelConvError(
                f"{describe(source)} has no input signature, and no example_inputs are given\n"
                "  try:   example_inputs=array, a tuple for positional or a dict for keyword inputs"
            ) from error
    named = {
        name: spec_of(tf, name, example, shapes) for name, example in examples(source, function, example_inputs).items()
    }
    positional = not isinstance(example_inputs, Mapping)
    return function.get_concrete_function(*named.values()) if positional else function.get_concrete_function(**named)


def spec_of(tf: Any, name: str, example: Any, shapes: Shapes) -> Any:
    """An example's type; inputs inside of a dictionary have its keys as names, those of a tuple `name_0`."""
    if isinstance(example, Mapping):
        return {key: spec_of(tf, str(key), value, shapes) for key, value in example.items()}
    if isinstance(example, tuple | list) and any(hasattr(value, "shape") for value in tf.nest.flatten(example)):
        return type(example)(spec_of(tf, f"{name}_{place}", value, shapes) for place, value in enumerate(example))
    tensor = tf.convert_to_tensor(example)
    return tf.TensorSpec(shapes.of(name, tuple(tensor.shape)), tensor.dtype, name=name)


def examples(source: Any, function: Any, example_inputs: Any) -> dict[str, Any]:
    """Examples by parameter name."""
    python_function = getattr(function, "python_function", None) or source.__call__
    parameters = [name for name in inspect.signature(python_function).parameters if name != "self"]
    return named_examples(example_inputs, parameters)


def remembered_inputs(tf: Any, source: Any) -> list[Any] | None:
    """What a subclassed Keras model was called with, as far as Keras remembers it."""
    if not getattr(source, "_called", False):
        return None
    try:
        from keras.src.export.export_utils import get_input_signature
    except ImportError:  # another Keras
        return None
    try:
        signature = get_input_signature(source)
    except (TypeError, ValueError):
        return None
    return [remembered_spec(tf, entry, "") for entry in signature]


def remembered_spec(tf: Any, entry: Any, name: str) -> Any:
    """Keras's description of an input as TensorFlow's; keys of a dictionary are names."""
    if isinstance(entry, Mapping):
        return {key: remembered_spec(tf, value, str(key)) for key, value in entry.items()}
    if isinstance(entry, list | tuple):
        return type(entry)(remembered_spec(tf, value, f"{name}_{place}") for place, value in enumerate(entry))
    return tf.TensorSpec(entry.shape, entry.dtype, name=name or entry.name)


def tables_of(source: Any) -> list[Any]:
    """Lookup tables of a Keras model's layers, which its variables do not lead to."""
    layers = source._flatten_layers() if hasattr(source, "_flatten_layers") else []
    return [value for layer in layers for value in vars(layer).values() if hasattr(value, "resource_handle")]


def with_flat_outputs(tf: Any, concrete: Any) -> Any:
    """TensorFlow saves no nested outputs: those become one dictionary, whose names are the ways to them."""
    outputs = concrete.structured_outputs
    entries = outputs.values() if isinstance(outputs, Mapping) else outputs
    if not isinstance(entries, list | tuple) and not isinstance(outputs, Mapping):
        return concrete
    if not any(isinstance(entry, Mapping | list | tuple) for entry in entries):
        return concrete
    args, keywords = concrete.structured_input_signature
    flat = tf.function(lambda *tensors, **named: dict(named_leaves(concrete(*tensors, **named), "")))
    return flat.get_concrete_function(*args, **keywords)


def named_leaves(structure: Any, name: str) -> Iterator[tuple[str, Any]]:
    """`output_1_z` for what stands under `z` in the second of several outputs."""
    if isinstance(structure, Mapping):
        parts = [(f"{name}_{key}" if name else str(key), value) for key, value in structure.items()]
    elif isinstance(structure, list | tuple):
        parts = [(f"{name or 'output'}_{place}", value) for place, value in enumerate(structure)]
    else:
        yield name, structure
        return
    for way, value in parts:
        yield from named_leaves(value, way)


def refuse_composites(tf: Any, source: Any, concrete: Any) -> None:
    """Ragged and sparse tensors would fall apart into their components."""
    for word, structure in (("input", concrete.structured_input_signature), ("output", concrete.structured_outputs)):
        for leaf in tf.nest.flatten(structure):
            for kind in ("Ragged", "Sparse"):
                if type(leaf).__name__ in (f"{kind}Tensor", f"{kind}TensorSpec"):
                    raise ModelConvError(
                        f"{describe(source)} has an {word} that is a {kind.lower()} tensor, which ONNX does not have\n"
                        "  try:   a function of dense tensors around it: .to_tensor(), tf.RaggedTensor.from_row_splits"
                    )


def callable_of(tf: Any, source: Any) -> Any:
    """A tf.function of a module's own signature, or of its call in inference mode."""
    if not callable(source):
        functions = [name for name in dir(source) if hasattr(getattr(source, name, None), "get_concrete_function")]
        hint = f"\n  try:   one of its functions: {', '.join(f'.{name}' for name in functions)}" if functions else ""
        raise ModelConvError(f"{describe(source)} cannot be called: it has no __call__ to trace{hint}")
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
