"""load(): a model from a file or a live object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from modelconv.argument_checks import require_functions, require_lists, require_mappings, require_shapes
from modelconv.custom_ops import CustomOps
from modelconv.input_layout import InputLayout, set_input_layout
from modelconv.input_shapes import DynamicAxes, InputShapes, merged_shapes
from modelconv.model import Model
from modelconv.progress import Progress
from modelconv.sources import Source, format_of, load_source
from modelconv.sources.live import Shapes, framework_of
from modelconv.weights import Weights, replace_weights, split_weights

T = TypeVar("T")


def load(
    source: Source,
    *,
    source_format: str | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    input_shapes: InputShapes | None = None,
    dynamic_axes: DynamicAxes | None = None,
    example_inputs: Any = None,
    weights: Weights | None = None,
    architecture: str | None = None,
    input_layout: InputLayout | None = None,
    custom_ops: CustomOps | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Model:
    """Read a model.

    Args:
        source: A path (file or SavedModel folder), bytes, a Model, an `onnx.ModelProto`, or a live TensorFlow object: a
            `tf.function`, a `ConcreteFunction`, a `tf.Module`, a Keras model.
        source_format: Name of the format, where contents and suffix must not decide.
        inputs: Names of tensors at which the graph begins (`"conv1/Relu"`, `"conv1/Relu:0"`); nodes, where the source
            is an executor of Hetu.
        outputs: Names of tensors at which it ends; nodes of Hetu.
        input_names: New names of the inputs, in order.
        output_names: New names of the outputs, in order.
        input_shapes: `{"x": (1, 3, 224, 224)}`; `-1`, `None` or a `str` is a dynamic dimension.
        dynamic_axes: `{"x": {0: "batch"}}`.
        example_inputs: For a live object without an input signature: one array, a tuple for positional inputs, a dict
            for keyword inputs. `input_shapes` and `dynamic_axes` say which of their dimensions are dynamic.
        weights: A second file, for formats that come in pairs. For all others, a file of weights (or a mapping of names
            to arrays) that replace the model's own: by name, by order where it is a list, or by shape.
        architecture: For a source of weights alone: the name of a network that the package describes
            (`"hyperpose/lightweight_openpose:vggtiny"`), see `architectures()`.
        input_layout: `"nchw"` or `"nhwc"`: the order of axes in which the model takes its images, for all inputs that
            operators on images read, or as `{"x": "nhwc"}`. Default: as in the source. `input_shapes` speaks of the
            source's order; outputs keep theirs.
        custom_ops: `{"MyOp": function}`: what stands for an operator that the reader does not know, or should treat
            otherwise. See `modelconv.custom_ops`.
        options: Settings of the format, see its page.
        progress: Called with (stage, done, total).

    Raises:
        UnknownFormatError, MalformedModelError, UnsupportedOpError, ShapeError: See `modelconv.errors`.
    """
    require_lists(inputs=inputs, outputs=outputs, input_names=input_names, output_names=output_names)
    require_mappings(options=options, custom_ops=custom_ops)
    require_functions(custom_ops)
    require_shapes(input_shapes, dynamic_axes)
    is_file = weights is not None and architecture is None
    file_format = (source_format or format_of(source)) if is_file else None
    own_weights, other_weights = split_weights(weights, file_format, source)
    shapes = Shapes(input_shapes or {}, dynamic_axes or {}, input_names or ())
    texts = option_texts(options)
    if progress is not None:
        progress("read", 0, 0)
    if architecture is not None:
        from modelconv.networks import load_architecture

        core = load_architecture(
            architecture,
            source,
            shapes,
            texts,
            cut_inputs=list(inputs or ()),
            cut_outputs=list(outputs or ()),
            custom_ops=dict(custom_ops or {}),
            progress=progress,
        )
    else:
        core = load_source(
            source,
            example_inputs=example_inputs,
            shapes=shapes,
            source_format=source_format or "",
            inputs=list(inputs or ()),
            outputs=list(outputs or ()),
            weights=own_weights,
            custom_ops=dict(custom_ops or {}),
            options=texts,
            progress=progress,
        )
    replaced = None if other_weights is None else replace_weights(core, other_weights)
    # Shapes may be given under the source's names of the inputs or under the new ones.
    own_names = [name for name, _, _ in core.inputs]
    core.rename(list(input_names or ()), list(output_names or ()))
    renamed = dict(zip(own_names, (name for name, _, _ in core.inputs), strict=True))
    if framework_of(source) != "torch":  # captured with these shapes; what the capture fixed cannot be changed now
        wanted = merged_shapes(core, _under_new_names(input_shapes, renamed), _under_new_names(dynamic_axes, renamed))
        if wanted:
            core.set_input_shapes(wanted)
    model = Model(core)
    set_input_layout(model, input_layout)
    model._replaced_weights = replaced
    if progress is not None:
        progress("read", 1, 1)
    return model


def _under_new_names(given: Mapping[str, T] | None, renamed: Mapping[str, str]) -> dict[str, T]:
    return {renamed.get(name, name): value for name, value in (given or {}).items()}


def option_texts(options: Mapping[str, Any] | None) -> dict[str, str]:
    """The settings as the core takes them."""
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in (options or {}).items()
    }
