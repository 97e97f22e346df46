"""modelconv export: a factory of PyTorch modules and a checkpoint become a model file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

import modelconv
from modelconv import ModelConvError, exported_files, json_text, suggestions
from modelconv.cli import exit_status, options
from modelconv.cli.arguments import parse_numbers, split_names
from modelconv.cli.pages import show_page
from modelconv.cli.report import line, print_conversion, print_verification

# --dynamic-export: batch, height and width.
IMAGE_AXES = {0: "batch", 2: "height", 3: "width"}


def export(
    factory: Annotated[
        str, typer.Argument(metavar="MODULE:FACTORY", help="package.module:function or file.py:function.")
    ],
    dst: Annotated[Path, typer.Argument(metavar="DST", help="File to write; its suffix names the format.")],
    shape: Annotated[list[str], typer.Option(help="1,3,224,224, one per input; -1 is dynamic; 224 is 1,3,224,224.")],
    checkpoint: Annotated[
        Path | None, typer.Option(help="State dict: .pth, .pth.tar, .pt, .bin, .safetensors.")
    ] = None,
    dynamic_export: Annotated[
        bool, typer.Option("--dynamic-export", help="Batch, height and width become dynamic.")
    ] = False,
    simplify: Annotated[bool, typer.Option("--simplify", help="Simplify what is written.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare with PyTorch; if dynamic, at another batch and size too.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Open the graph in the browser, print the outputs.")] = False,
    input_img: Annotated[
        Path | None, typer.Option("--input-img", "--test-img", help="Picture to verify with and to show.")
    ] = None,
    mean: options.Mean = None,
    std: options.Std = None,
    then: Annotated[
        list[Path] | None,
        typer.Option(help="File to convert DST to, and that to the next; --verify prints the outputs of all."),
    ] = None,
    opset_version: Annotated[int | None, typer.Option("--opset-version", "--opset", help="ONNX operator set.")] = None,
    input_names: options.InputNames = None,
    output_names: options.OutputNames = None,
    rtol: Annotated[float, typer.Option(help="For --verify.")] = 1e-4,
    as_json: options.Json = False,
) -> None:
    """Export a PyTorch module: build it, load its weights, capture, convert, verify."""
    # What the user's own code prints is not for the machine that reads the report.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        module = build(factory)
        if checkpoint is not None:
            from modelconv.sources.torch_checkpoint import load_into

            for remark in load_into(module, checkpoint):
                line("weights", checkpoint.name, remark)
        shapes = [parse_shape(text) for text in shape]
        examples = examples_for(shapes)
        names = parameters_of(module)[: len(shapes)]
        axes = {name: dynamic_axes_of(sizes, dynamic_export) for name, sizes in zip(names, shapes, strict=False)}
        result = modelconv.convert(
            module,
            dst,
            example_inputs=examples,
            dynamic_axes={name: named for name, named in axes.items() if named},
            input_names=split_names(input_names),
            output_names=split_names(output_names),
            opset=opset_version,
            simplify=simplify,
            progress=True,
        )
        print_conversion(result)
        for spec in result.model.inputs:
            line("input", spec.name, f"{spec.dtype}{describe_shape(spec.shape)}")
        if show:
            show_page(modelconv.load(dst).to_html(dst.name), dst.stem)
        checks: list[modelconv.VerificationReport] = []
        written = [(dst, result)]
        for path in then or ():
            written.append((path, modelconv.convert(written[-1][0], path)))
            print_conversion(written[-1][1])
        if verify or show:
            scaling = parse_numbers(mean, "--mean"), parse_numbers(std, "--std")
            samples = samples_for(result.model, examples, any(axes.values()), input_img, *scaling)
            files = [exported_files.ExportedFile(path, done) for path, done in written]
            checks = [
                check for arrays in samples for check in compare(module, files, arrays, rtol, prints=show or bool(then))
            ]
    if as_json:
        done = [conversion.to_dict() for _, conversion in written]
        typer.echo(json_text.to_json({"conversions": done, "verifications": [check.to_dict() for check in checks]}))
    if not all(check.passed for check in checks):
        raise typer.Exit(exit_status.DIFFERENT)


def build(factory: str) -> Any:
    """The module that a factory returns, in inference mode."""
    place, colon, name = factory.rpartition(":")
    if not colon:
        raise typer.BadParameter(f"'{factory}' is not of the form MODULE:FACTORY", param_hint="MODULE:FACTORY")
    with telling_whose(f"importing {place}"):
        home = import_place(place)
    made = getattr(home, name, None)
    if made is None:
        near = suggestions.nearest(name, vars(home)) or "the name of a function or class that returns the module"
        raise ModelConvError(f"{place} has no '{name}'\n  try:   {near}")
    module = made
    if callable(made) and (isinstance(made, type) or not hasattr(made, "state_dict")):
        with telling_whose(f"{factory}, called without arguments,"):
            module = made()
    if not hasattr(module, "state_dict"):
        raise ModelConvError(f"{factory} is of type {type(module).__name__}, not a torch.nn.Module")
    return module.eval()


@contextmanager
def telling_whose(doing: str) -> Iterator[None]:
    """The user's own code failed: say where, and that it is theirs."""
    try:
        yield
    except ModelConvError:
        raise
    except Exception as problem:
        frames = traceback.extract_tb(problem.__traceback__)
        where = f"  where: {frames[-1].filename}, line {frames[-1].lineno}\n" if frames[-1].filename != __file__ else ""
        raise ModelConvError(
            f"{doing} raised {type(problem).__name__}: {problem}\n{where}"
            "  try:   mend it, or name a function without arguments that returns the module; --traceback shows the way"
        ) from problem


def import_place(place: str) -> Any:
    """A module by its name, as Python finds it from the present folder, or a file."""
    if place.endswith(".py"):
        spec = importlib.util.spec_from_file_location(Path(place).stem, place)
        if spec is None or spec.loader is None or not Path(place).is_file():
            raise ModelConvError(f"there is no file '{place}'")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        sys.path.insert(0, str(Path(place).resolve().parent))
        spec.loader.exec_module(module)
        return module
    sys.path.insert(0, "")
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as problem:
        raise ModelConvError(
            f"there is no module '{problem.name}'\n  where: while importing '{place}'\n"
            "  try:   run from the folder that the package is in, or give file.py:function"
        ) from problem


def parse_shape(text: str) -> list[int]:
    """`1,3,224,224`; as OpenMMLab has it, one number is a square picture and two are its height and width."""
    try:
        sizes = [int(size) for size in text.replace("x", ",").replace(" ", ",").split(",") if size]
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not of the form 1,3,224,224", param_hint="--shape") from None
    if len(sizes) == 1:
        return [1, 3, sizes[0], sizes[0]]
    return [1, 3, *sizes] if len(sizes) == 2 else sizes


def examples_for(shapes: list[list[int]]) -> Any:
    """Random inputs, the same each time; a dynamic size is 2 for a batch, else 64."""
    import torch

    generator = torch.Generator().manual_seed(0)
    sizes = [[(2 if axis == 0 else 64) if size < 0 else size for axis, size in enumerate(row)] for row in shapes]
    return tuple(torch.rand(row, generator=generator) for row in sizes)


def parameters_of(module: Any) -> list[str]:
    """Names of forward's parameters."""
    from modelconv.sources import torch_capture

    return torch_capture.parameters_of(module)


def dynamic_axes_of(sizes: list[int], all_image_axes: bool) -> dict[int, str]:
    """Axes given as -1; with --dynamic-export batch, height and width of pictures, and the batch of anything else."""
    wanted = IMAGE_AXES if len(sizes) == 4 else {0: "batch"}
    return {
        axis: wanted.get(axis, f"size_{axis}")
        for axis, size in enumerate(sizes)
        if size < 0 or (all_image_axes and axis in wanted)
    }


def samples_for(
    model: modelconv.Model,
    examples: Any,
    is_dynamic: bool,
    picture: Path | None,
    mean: list[float] | None,
    std: list[float] | None,
) -> list[list[Any]]:
    """Inputs to compare at: the picture or the example; if sizes are dynamic, another batch and 1.5 times the size."""
    import numpy as np

    from modelconv.input_files import read_input

    first = [example.numpy() for example in examples]
    if picture is not None:
        spec = model.inputs[0]
        fixed = tuple(
            size if isinstance(size, int) else first[0].shape[axis] for axis, size in enumerate(spec.shape or ())
        )
        first[0] = read_input(picture, spec._replace(shape=fixed), mean, std)
    samples = [first]
    if is_dynamic:
        generator = np.random.default_rng(0)
        other = []
        for spec, array in zip(model.inputs, first, strict=True):
            dynamic = [not isinstance(size, int) for size in spec.shape or ()]
            sizes = [
                size if not grows else size + 1 if axis == 0 else size * 3 // 2
                for axis, (size, grows) in enumerate(zip(array.shape, dynamic, strict=True))
            ]
            other.append(generator.random(sizes, dtype=np.float32))
        samples.append(other)
    return samples


def compare(
    module: Any, files: list[exported_files.ExportedFile], arrays: list[Any], rtol: float, *, prints: bool
) -> list[modelconv.VerificationReport]:
    """Run all on one sample and print what came of it."""
    if prints:
        print_outputs("torch", exported_files.run_module(module, files[0], arrays))
    reports = []
    for file in files:
        report = file.verify(module, arrays, rtol)
        sizes = ", ".join(f"{name} {list(array.shape)}" for name, array in file.named(arrays).items())
        verdict = "passed" if report.passed else "FAILED"
        line("verify", verdict, f"{file.path.name} by {file.framework} against {report.reference} at {sizes}")
        print_verification(report)
        if prints:
            print_outputs(file.path.name, file.run(arrays))
        reports.append(report)
    return reports


def print_outputs(side: str, outputs: Mapping[str, Any]) -> None:
    """One side's results, in full as far as NumPy prints them."""
    for name, value in outputs.items():
        typer.echo(f"{side}: {name} {value.dtype}{list(value.shape)}\n{value}")


def describe_shape(shape: Any) -> str:
    """`[batch, 3, 224, 224]`."""
    return "" if shape is None else "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"
