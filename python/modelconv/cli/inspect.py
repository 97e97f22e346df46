"""modelconv inspect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import modelconv
from modelconv import json_text
from modelconv.cli import options
from modelconv.cli.pages import show_page, write_page


def inspect(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Model file or folder.")],
    ops: Annotated[bool, typer.Option("--ops", help="Operators with their counts.")] = False,
    tensors: Annotated[bool, typer.Option("--tensors", help="Weights with their dtypes and shapes.")] = False,
    text: Annotated[bool, typer.Option("--text", help="The whole graph in text form.")] = False,
    html: options.Page = None,
    show: Annotated[bool, typer.Option("--show", help="Open that page in the browser.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what is in a model."""
    loaded = modelconv.load(model)
    if html is not None or show:
        picture = loaded.to_html(Path(model).name)
        if html is not None:
            write_page(html, picture)
        if show:
            show_page(picture, Path(model).stem)
    if as_json:
        typer.echo(json_text.to_json({**describe(loaded), "command": command_for(model, loaded)}))
        return
    if text:
        typer.echo(loaded.text())
        return
    typer.echo(loaded.summary())
    if ops:
        for op, count in loaded.op_counts().items():
            typer.echo(f"{count:6} {op}")
    if tensors:
        for name, array in loaded.weights.items():
            typer.echo(f"{name}: {array.dtype}{list(array.shape)}")
    typer.echo(f"convert {command_for(model, loaded)}")


# What a file of weights alone can become.
_OTHER_WEIGHTS = {".npz": ".safetensors"}


def command_for(path: str, model: modelconv.Model) -> str:
    """A command line that converts the model, with everything filled in that one may want to change."""
    has_graph = bool(model.outputs)
    suffix = ".tflite" if model.source_format == "onnx" else ".onnx"
    target = Path(path).with_suffix(suffix if has_graph else _OTHER_WEIGHTS.get(Path(path).suffix, ".npz")).name
    shapes = {spec.name: spec.shape for spec in model.inputs if spec.shape is not None}
    return modelconv.command_line.convert_command(
        path, target, {"outputs": [spec.name for spec in model.outputs], "input_shapes": shapes}
    )


def describe(model: modelconv.Model) -> dict[str, object]:
    """All that is shown, as data."""
    return {
        "source_format": model.source_format,
        "inputs": [spec._asdict() for spec in model.inputs],
        "outputs": [spec._asdict() for spec in model.outputs],
        "ops": model.op_counts(),
        "weights": {
            name: {"dtype": str(array.dtype), "shape": list(array.shape)} for name, array in model.weights.items()
        },
    }
