"""convert(): the way from one format to another."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelconv.argument_checks import require_lists, require_target, require_whole
from modelconv.batching.pool import Workers
from modelconv.custom_ops import CustomOps
from modelconv.errors import VerificationError
from modelconv.explanation import Explanation, explanation_of
from modelconv.input_layout import InputLayout
from modelconv.input_shapes import DynamicAxes, InputShapes
from modelconv.json_text import to_json
from modelconv.loading import load, option_texts
from modelconv.model import Model
from modelconv.progress import Progress, shown_progress
from modelconv.sources import Source
from modelconv.targets import named_format, save
from modelconv.verification import VerificationReport
from modelconv.weights import Weights, WeightsReport
from modelconv.written import require_options, verify_conversion, with_workers

if TYPE_CHECKING:
    from modelconv.planning import Plan
    from modelconv.quantization import QuantizationReport


@dataclass
class ConversionReport:
    """What a conversion did."""

    ops_before: dict[str, int] = field(default_factory=dict)
    """Operator -> nodes as raised from the source, before simplification."""
    ops_after: dict[str, int] = field(default_factory=dict)
    rewrites: dict[str, int] = field(default_factory=dict)
    """Rule -> how often it was applied."""
    warnings: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    """Tensors that the target spells otherwise: the model's name -> the target's."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Stage (`read`, `simplify`, `write`, `verify`) -> wall time."""
    weights: WeightsReport | None = None
    """Which arrays `weights=` replaced, where the source's reader has not taken the file itself."""
    quantization: QuantizationReport | None = None
    """What quantisation did, with `quantize`: noise per layer, the worst layers."""
    layout: list[str] = field(default_factory=list)
    """For targets with channels last: why each Transpose of an image that is left stays."""
    explanation: Explanation | None = None
    """Which rules fired where, and which almost did, with `explain=True`."""


@dataclass
class Conversion:
    """Result of convert()."""

    model: Model
    """None after `plan=True`."""
    path: Path | None
    source_format: str
    target_format: str | None
    report: ConversionReport
    verification: VerificationReport | None = None
    plan: Plan | None = None
    """With `plan=True`, which leaves everything else empty."""

    def to_dict(self) -> dict[str, Any]:
        """Everything but the model, for machines; the plan alone after `plan=True`."""
        if self.plan is not None:
            return self.plan.to_dict()
        return {
            "source_format": self.source_format,
            "target_format": self.target_format,
            "path": None if self.path is None else str(self.path),
            "report": asdict(self.report),
            "verification": None if self.verification is None else self.verification.to_dict(),
        }

    def to_json(self) -> str:
        """`to_dict` as text."""
        return to_json(self.to_dict())

    def to_html(self) -> str:
        """A page of its own: operators, rewrites, warnings, times, quantised layers by error, the verification."""
        from modelconv.reports.conversion_page import conversion_page

        return conversion_page(self)

    def _repr_html_(self) -> str:
        from modelconv.reports.notebook import conversion_cell

        return conversion_cell(self)


def convert(
    source: Source,
    target: str | PathLike[str] | None = None,
    *,
    source_format: str | None = None,
    target_format: str | None = None,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    input_shapes: InputShapes | None = None,
    dynamic_axes: DynamicAxes | None = None,
    example_inputs: Any = None,
    weights: Weights | None = None,
    architecture: str | None = None,
    opset: int | None = None,
    simplify: bool = True,
    enable: Sequence[str] = (),
    input_layout: InputLayout | None = None,
    quantize: Any = None,
    custom_ops: CustomOps | None = None,
    verify: bool | Mapping[str, Any] = False,
    external_data: bool | None = None,
    options: Mapping[str, Any] | None = None,
    plan: bool = False,
    skip: Sequence[str] = (),
    explain: bool = False,
    workers: int | None = None,
    scheduler: Any = None,
    progress: Progress | bool | None = None,
) -> Conversion:
    """Convert a model to another format, or only read and simplify it (`target=None`).

    The arguments that `load` has mean the same here.

    Args:
        source: See `load`.
        target: Path to write; its suffix names the format. Written atomically: on failure an existing file stays.
        target_format: Overrides the suffix.
        opset: ONNX operator set to write. Default: the source's own for ONNX, else 18 or what the operators need.
        simplify: Run the simplifier. Layout transposes that reading put in are cleaned up in any case.
        enable: See `simplify`.
        quantize: `"float16"` or `"dynamic"` (weights alone), or `modelconv.Int8(calibration=...)`.
        verify: Compare the result with the source, run by its own framework where that is installed, else by
            modelconv. A dict gives options of `verify_against`.
        external_data: Weights in a second file beside an ONNX model. Default: when it exceeds 2 GiB.
        plan: Only find out what would be done (`Conversion.plan`): nothing is computed and nothing written.
        skip: Names of rules or passes of the simplifier not to run.
        explain: Record which rules fired where and which almost did (`report.explanation`).
        workers: Processes of this machine that share calibration data, and the inputs that `verify` names, among them;
            by default this one does it all. The result is the same.
        scheduler: Address of a Dask cluster, or a `distributed.Client`, whose workers do; see `batch`.
        progress: `True` shows bars on a terminal; a callable is called with (stage, done, total), see
            `modelconv.progress`.

    Returns:
        The model, its path, a report, and the verification if one was asked for.

    Raises:
        ModelConvError: Of the kind that fits; VerificationError when `verify` finds a difference.
    """
    require_target(target)
    require_whole(1, opset=opset)
    require_lists(skip=skip, enable=enable)
    # A target that cannot be is refused before any work.
    require_options(verify, "" if target is None else named_format(target, target_format or ""))
    reading: dict[str, Any] = {
        "source_format": source_format,
        "inputs": inputs,
        "outputs": outputs,
        "input_names": input_names,
        "output_names": output_names,
        "input_shapes": input_shapes,
        "dynamic_axes": dynamic_axes,
        "example_inputs": example_inputs,
        "weights": weights,
        "architecture": architecture,
        "input_layout": input_layout,
        "custom_ops": custom_ops,
        "options": options,
    }
    if plan:
        from modelconv.planning import plan_conversion

        settings = {"opset": opset, "simplify": simplify, "quantize": quantize, "verify": verify}
        found = plan_conversion(source, target, target_format, reading, settings)
        nothing: Any = None
        return Conversion(nothing, None, found.source_format, found.target_format, ConversionReport(), plan=found)
    report = ConversionReport()
    written = verification = None
    with shown_progress(progress) as sink, Stopwatch(report.seconds) as watch:
        model = load(source, **reading, progress=sink)
        report.warnings = model._core.notes
        report.weights = model._replaced_weights
        report.ops_before = model.op_counts()
        # No reference can read what was put together here: such a model is compared with itself as it was read.
        is_assembled = architecture is not None or model._replaced_weights is not None or model.source_format == "hetu"
        as_read = Model(model._core.clone()) if verify and is_assembled else None
        watch.lap("read")
        if simplify:
            assumed = _assumed_opset(target, target_format or "") if opset is None else opset
            done = model._core.simplify(
                skip=list(skip), enable=list(enable), opset=assumed, explain=explain, progress=sink
            )
            report.explanation = explanation_of(done["events"]) if explain else None
        else:
            done = model._core.cleanup(progress=sink)
        report.rewrites = done["rewrites"]
        watch.lap("simplify")
        if quantize is not None:
            from modelconv.quantization import quantize as quantized

            report.quantization = quantized(model._core, quantize, model.inputs, sink, Workers(workers, scheduler))
            watch.lap("quantize")
        report.ops_after = model.op_counts()
        if target is not None:
            written = _write(model, fspath(target), target_format or "", opset, external_data, sink, report)
            watch.lap("write")
        if verify:
            again = {"inputs": inputs, "outputs": outputs, "weights": weights, "options": option_texts(options)}
            verification = verify_conversion(
                model,
                source if as_read is None else as_read,
                target,
                with_workers(verify, workers, scheduler),
                again if as_read is None else {},
                written or "",
                report.renamed,
                progress=sink,
                restore_order=as_read is None,  # what was read has its images in the order that input_layout asked for
            )
            watch.lap("verify")
    path = None if target is None else Path(target)
    result = Conversion(model, path, model.source_format, written, report, verification)
    if verification is not None:
        try:
            verification.raise_if_failed()
        except VerificationError as error:
            error.conversion = result
            raise
    return result


# Operator set with all that TFLite has an operator for: Gelu came last.
_TFLITE_OPSET = 20


def _assumed_opset(target: Any, target_format: str) -> int | None:
    """Which operators simplification may put in, where the source does not decide."""
    is_tflite = target is not None and named_format(target, target_format) == "tflite"
    return _TFLITE_OPSET if is_tflite else None


def _write(
    model: Model,
    target: str,
    target_format: str,
    opset: int | None,
    external_data: bool | None,
    progress: Progress | None,
    report: ConversionReport,
) -> str:
    """Write the model, note in the report what came of it; returns the format's name."""
    written = save(
        model._core,
        target,
        target_format=target_format,
        opset=opset,
        external_data=external_data,
        progress=progress,
        renamed=report.renamed,
    )
    report.warnings = [*report.warnings, *_checker_would_refuse(model, written)]
    if written == "tflite":
        report.layout = model._core.clone().to_channels_last()
    return written


def _checker_would_refuse(model: Model, target_format: str) -> list[str]:
    """Inputs and outputs of unknown rank: ONNX has no spelling for them that onnx.checker accepts.

    See `check_value_info` in onnx/checker.cc: tensors at the edges of the main graph have to have a shape.
    """
    if target_format != "onnx":
        return []
    return [
        f"{side} '{name}' has an unknown rank and is written without a shape: runtimes take it, onnx.checker does not; "
        f"{cure}"
        for side, values, cure in (
            ("input", model._core.inputs, "name its dimensions with input_shapes"),
            ("output", model._core.outputs, "known shapes of the inputs may settle it"),
        )
        for name, dtype, shape in values
        if shape is None and "(" not in dtype  # seq(...) and its kin have none
    ]


class Stopwatch:
    """Wall time between laps, into a dict."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds

    def __enter__(self) -> Stopwatch:
        self._last = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def lap(self, stage: str) -> None:
        """The time since the last lap belongs to `stage`."""
        now = time.perf_counter()
        self._seconds[stage] = now - self._last
        self._last = now
