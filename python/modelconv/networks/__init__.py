"""Networks that the package describes, for files that hold weights alone: `architecture=` of convert() and load()."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelconv import _core
from modelconv.errors import BadArgumentError
from modelconv.networks.names import architectures, parse_name

if TYPE_CHECKING:
    from modelconv.networks.hyperpose import Network
    from modelconv.sources.live import Shapes

__all__ = ["architecture_weights", "architectures", "load_architecture"]

INPUT = "x"
OPTIONS = ("data_format", "limbs", "parts")


def load_architecture(name: str, source: Any, shapes: Shapes, options: Mapping[str, str], **more: Any) -> _core.Model:
    """The graph of an architecture with weights.

    Args:
        name: `"hyperpose/lightweight_openpose:vggtiny"`.
        source: A file of weights, a mapping of names to arrays, or a list of arrays.
        shapes: `input_shapes` for `"x"` gives the size of the picture.
        options: `data_format` (`"channels_first"`, `"channels_last"`), `parts` and `limbs` (numbers).
        more: Further arguments of `_core.load_graph`.

    Raises:
        BadArgumentError: The name or an option is not known; the nearest names are listed.
        MalformedModelError, ShapeError: The weights do not fit; all that is missing or wrong is listed.
    """
    from modelconv.networks.assign import assign_weights
    from modelconv.networks.hyperpose import NETWORKS
    from modelconv.networks.tensorlayer import Builder, Scope
    from modelconv.weights import weights_of

    network_name, backbone = parse_name(name)
    network = configured(NETWORKS[network_name], shapes, options)
    scope = Scope(network.data_format)
    block = network.build(scope, network.setting, backbone)
    weights = weights_of(source)
    arrays, note = assign_weights(name, block.variables, weights)
    build = Builder(scope, arrays)
    setting = network.setting
    sizes = [setting.height, setting.width]
    shape: list[int | str | None] = (
        ["batch", 3, *sizes] if network.data_format == "channels_first" else ["batch", *sizes, 3]
    )
    outputs = block.run(build, build.parts.add_input(INPUT, "float32", shape))
    return _core.load_graph(
        build.parts.inputs,
        build.parts.constants,
        build.parts.nodes,
        [(tensor.handle, output) for output, tensor in outputs.items()],
        source_format="keras",
        where=f"architecture '{name}'",
        notes=[*weights.notes, note],
        **more,
    )


def architecture_weights(name: str, **options: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Name and shape of every weight, each once, in the order in which TensorLayer's files list them.

    Raises BadArgumentError for a name or an option that is not known.
    """
    from modelconv.networks.hyperpose import NETWORKS
    from modelconv.networks.tensorlayer import Scope
    from modelconv.sources.live import Shapes

    network_name, backbone = parse_name(name)
    network = configured(NETWORKS[network_name], Shapes(), {key: str(value) for key, value in options.items()})
    variables = network.build(Scope(network.data_format), network.setting, backbone).variables
    return [(variable.name, variable.shape) for variable in dict.fromkeys(variables)]


def configured(network: Network, shapes: Shapes, options: Mapping[str, str]) -> Network:
    """With the user's sizes."""
    for option in options:
        if option not in OPTIONS:
            raise BadArgumentError(f"architectures have no option '{option}'\n  try:   one of {', '.join(OPTIONS)}")
    data_format = options.get("data_format", network.data_format)
    if data_format not in network.formats:
        raise BadArgumentError(f"data_format is '{data_format}'\n  try:   {' or '.join(network.formats)}")
    setting = network.setting
    for option in ("parts", "limbs"):
        if option in options:
            text = options[option]
            if not text.isdigit() or not 0 < int(text) < 10_000:
                raise BadArgumentError(f"option {option} is '{text}', a number is expected")
            setting = replace(setting, **{option: int(text)})
    wanted = shapes.input_shapes.get(INPUT)
    if wanted is not None:
        setting = replace(setting, **picture_size(wanted, data_format, network.grid))
    return replace(network, setting=setting, data_format=data_format)


def picture_size(shape: Any, data_format: str, grid: int) -> dict[str, int]:
    """Height and width from the shape of the input."""
    axes = (2, 3) if data_format == "channels_first" else (1, 2)
    sizes = [shape[axis] if len(shape) == 4 else None for axis in axes]
    numbers = [size for size in sizes if isinstance(size, int) and 0 < size < 1 << 16 and size % grid == 0]
    if len(numbers) < 2:
        multiples = "" if grid == 1 else f", multiples of {grid}"
        raise BadArgumentError(
            f"input_shapes gives '{INPUT}' the shape {tuple(shape)}\n"
            f"  why:   height and width (axes {axes[0]} and {axes[1]}) have to be numbers{multiples};"
            " the batch may be dynamic"
        )
    return {"height": numbers[0], "width": numbers[1]}
