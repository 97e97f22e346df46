"""modelconv convert."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import modelconv
from modelconv import suggestions
from modelconv.cli import completion, exit_status, options
from modelconv.cli.arguments import (
    parse_dynamic,
    parse_layout,
    parse_numbers,
    parse_settings,
    parse_shapes,
    split_names,
)
from modelconv.cli.pages import write_page
from modelconv.cli.report import print_conversion, print_explanation


def convert(
    src: Annotated[str, typer.Argument(metavar="SRC", help="Model file or SavedModel folder.")],
    dst: Annotated[Path, typer.Argument(metavar="DST", help="File to write; its suffix names the format.")],
    inputs: Annotated[str | None, typer.Option(help="Tensors at which the graph begins: A,B.")] = None,
    outputs: Annotated[str | None, typer.Option(help="Tensors at which the graph ends: A,B.")] = None,
    input_names: options.InputNames = None,
    output_names: options.OutputNames = None,
    input_shape: options.InputShape = None,
    dynamic: Annotated[list[str] | None, typer.Option(help="x:0=batch: axis 0 of x becomes dynamic.")] = None,
    input_layout: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.layouts, help="nchw or nhwc for all images, or x=nhwc; may be repeated."
        ),
    ] = None,
    quantize: Annotated[
        str | None, typer.Option(autocompletion=completion.quantizations, help="int8, int16, float16 or dynamic.")
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="For int8 and int16: .npz, .npy, a pattern for several, or a folder of images.")
    ] = None,
    io_type: Annotated[
        str,
        typer.Option(
            autocompletion=completion.io_types, help="For int8: int8, uint8 or float32 for inputs and outputs."
        ),
    ] = "int8",
    keep_float: Annotated[list[str] | None, typer.Option(help="Layer to leave in floating point.")] = None,
    mean: options.Mean = None,
    std: options.Std = None,
    opset: Annotated[int | None, typer.Option(help="ONNX operator set to write.")] = None,
    no_simplify: Annotated[bool, typer.Option("--no-simplify", help="Convert only.")] = False,
    weights: Annotated[Path | None, typer.Option(help="Second file with the weights.")] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.architectures,
            help="Network that SRC, a file of weights, is for; formats lists them.",
        ),
    ] = None,
    option: Annotated[list[str] | None, typer.Option(help="Setting of the source's format: KEY=VALUE.")] = None,
    decode: Annotated[bool, typer.Option("--decode", help="Of Darknet: boxes and scores, not raw numbers.")] = False,
    nms: Annotated[bool, typer.Option("--nms", help="Of Darknet: detections, after suppression.")] = False,
    external_data: Annotated[bool | None, typer.Option(help="Weights in a file beside the ONNX model.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Compare the result with the source.")] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only report what would be done: coverage, what is missing, size, cuts.")
    ] = False,
    source_format: Annotated[
        str | None,
        typer.Option(
            "--from", autocompletion=completion.source_formats, help="Format of SRC, where it is not recognised."
        ),
    ] = None,
    target_format: Annotated[
        str | None,
        typer.Option(
            "--to", autocompletion=completion.target_formats, help="Format of DST, where the suffix does not name it."
        ),
    ] = None,
    skip: options.Skip = None,
    explain: options.Explain = False,
    full: options.Full = False,
    workers: options.Workers = None,
    scheduler: options.Scheduler = None,
    html: options.Page = None,
    as_json: options.Json = False,
) -> None:
    """Convert a model to another format."""
    if plan and html is not None:
        raise typer.BadParameter("a plan has no page: --json has all of it", param_hint="--html")
    try:
        result = modelconv.convert(
            src,
            dst,
            source_format=source_format,
            target_format=target_format,
            inputs=split_names(inputs),
            outputs=split_names(outputs),
            input_names=split_names(input_names),
            output_names=split_names(output_names),
            input_shapes=parse_shapes(input_shape or ()),
            dynamic_axes=parse_dynamic(dynamic or ()),
            input_layout=parse_layout(input_layout or ()),
            quantize=quantization(quantize, calibration, io_type, keep_float or (), mean, std),
            opset=opset,
            simplify=not no_simplify,
            weights=weights,
            architecture=architecture,
            options={**heads_as(decode=decode, nms=nms), **dict(parse_settings(option or ()))},
            external_data=external_data,
            verify=verify,
            skip=skip or (),
            explain=explain,
            plan=plan,
            workers=workers,
            scheduler=scheduler,
            progress=True,
        )
    except modelconv.VerificationError as error:
        if html is not None and isinstance(error.report, modelconv.VerificationReport):
            write_page(html, error.report.to_html())
        if as_json and isinstance(error.conversion, modelconv.Conversion):
            typer.echo(error.conversion.to_json())
        raise
    if html is not None:
        write_page(html, result.to_html())
    if as_json:
        typer.echo(result.to_json())
    elif result.plan is not None:
        typer.echo(result.plan.to_text())
    else:
        print_conversion(result)
        print_explanation(result.report.explanation, full=full)
    if result.plan is not None and not result.plan.convertible:
        raise typer.Exit(exit_status.NOT_CONVERTIBLE)


def heads_as(**wanted: bool) -> dict[str, bool]:
    """What --decode and --nms are short for."""
    return {name: True for name, is_wanted in wanted.items() if is_wanted}


def quantization(
    mode: str | None,
    calibration: Path | None,
    io_type: str,
    keep_float: Sequence[str],
    mean: str | None,
    std: str | None,
) -> Any:
    """What `quantize` of modelconv.convert takes."""
    if mode not in ("int8", "int16"):
        if mode not in (None, "float16", "dynamic"):
            near = suggestions.did_you_mean(mode, ("int8", "int16", "float16", "dynamic"))
            raise typer.BadParameter(f"there is no '{mode}': {near}", param_hint="--quantize")
        given = {"--calibration": calibration, "--keep-float": keep_float, "--mean": mean, "--std": std}
        given["--io-type"] = None if io_type == "int8" else io_type
        for option, value in given.items():
            if value:
                raise typer.BadParameter("it is for --quantize int8 or int16", param_hint=option)
        return mode
    return modelconv.Int8(
        calibration=calibration,
        io_type=io_type,
        activations=mode,
        keep_float=keep_float,
        mean=parse_numbers(mean, "--mean"),
        std=parse_numbers(std, "--std"),
    )
