"""verify_against(): do two models compute the same?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from modelconv.argument_checks import bad, require_known, require_tolerances, require_whole
from modelconv.batching.pool import Workers
from modelconv.comparison import Figures, LayerComparison, TensorComparison, compare_outputs, worst
from modelconv.errors import BadArgumentError, ModelConvError, ShapeError, VerificationError
from modelconv.json_text import to_json
from modelconv.layer_verification import LayerVerification
from modelconv.model import Array, Model
from modelconv.progress import Progress, shown_progress
from modelconv.runners import Runner, runner_for
from modelconv.sample_inputs import Inputs, are_files, input_batches, symbols_of
from modelconv.sources import Source, load_source
from modelconv.sources.live import framework_of
from modelconv.tolerances import Tolerance, tolerances_by_name


@dataclass
class VerificationReport:
    """Result of verify_against(); true when everything passed."""

    outputs: list[TensorComparison]
    layers: list[LayerComparison] = field(default_factory=list)
    first_divergence: LayerComparison | None = None
    """The first layer whose error is its own and not inherited from the layers before it."""
    reference: str = ""
    """What computed the reference: `onnxruntime`, `tensorflow`, `torch`, `modelconv`, `callable`, ..."""
    samples: int = 1
    rtol: float = 1e-5
    atol: float = 1e-5

    @property
    def passed(self) -> bool:
        """True when every output passed."""
        return all(output.passed for output in self.outputs)

    def __bool__(self) -> bool:
        return self.passed

    def raise_if_failed(self) -> None:
        """Raise VerificationError, with this report, when an output did not pass."""
        if self.passed:
            return
        error = VerificationError("the outputs differ from the reference\n" + self.to_text())
        error.report = self
        raise error

    def to_text(self) -> str:
        """A table for a terminal."""
        lines = [f"reference: {self.reference}, {self.samples} sample{'' if self.samples == 1 else 's'}"]
        lines += [describe_comparison(output) for output in self.outputs]
        if self.layers:
            lines.append(self._describe_layers())
        return "\n".join("  " + line if i else line for i, line in enumerate(lines))

    def _describe_layers(self) -> str:
        layer = self.first_divergence
        beyond = sum(not row.passed for row in self.layers)
        if layer is None:
            what = "errors grow little by little, no layer stands out" if beyond else "no layer diverges"
            return f"layers: {len(self.layers)} compared, {beyond} beyond the tolerance; {what}"
        made = " -> ".join(layer.made_by)
        source = f", in the reference {' -> '.join(layer.reference_made_by)}" if layer.reference_made_by else ""
        wrong = layer.problem or f"max rel {layer.max_rel:.2e}, {layer.mismatched} of {layer.elements} differ"
        return f"first divergence: '{layer.name}', made by {made}{source}: {wrong}"

    def to_json(self) -> str:
        """All figures; infinities as strings, because JSON has none."""
        return to_json(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Everything, for machines."""
        return {"passed": self.passed, **asdict(self)}

    def to_html(self) -> str:
        """A page of its own: figures and error histogram per output, errors of the layers, the first divergence."""
        from modelconv.reports.verification_page import verification_page

        return verification_page(self)

    def _repr_html_(self) -> str:
        from modelconv.reports.notebook import verification_cell

        return verification_cell(self)

    def __repr__(self) -> str:
        return f"<modelconv.VerificationReport {'passed' if self.passed else 'FAILED'}\n{self.to_text()}>"


def verify_against(
    model: Source,
    reference: Source | Callable[..., Any] | Mapping[str, Array],
    *,
    inputs: Inputs | None = None,
    samples: int = 1,
    seed: int = 0,
    rtol: float = 1e-5,
    atol: float = 1e-5,
    per_layer: bool = False,
    tolerances: Mapping[str, Any] | str | float | Tolerance | None = None,
    sizes: Mapping[str, int] | None = None,
    mean: Sequence[float] | float | None = None,
    std: Sequence[float] | float | None = None,
    by_position: bool = False,
    reference_reading: Mapping[str, Any] | None = None,
    example_inputs: Any = None,
    written: Runner | None = None,
    workers: int | None = None,
    scheduler: Any = None,
    progress: Progress | bool | None = None,
) -> VerificationReport:
    """Run two models on the same inputs and compare all outputs.

    Args:
        model: The model under test; run by modelconv's evaluator.
        reference: Another model, run by its own framework where that is installed, else by modelconv; or a callable
            that takes the inputs by name and returns a mapping (or a sequence in output order); or recorded outputs.
        inputs: Arrays by name, or one such mapping per sample. A path stands for what the file holds: `.npy`, or an
            image (with Pillow), resized and laid out as the input wants it. Or files of samples, as for calibration: a
            path or a pattern for `.npz` or `.npy`, a folder of images, or a list of them. Default: made up from the
            model's inputs, integers within the range that their use allows.
        samples: How many made-up samples to compare.
        seed: Of the made-up inputs.
        rtol: Allowed difference relative to the largest magnitude of the reference tensor.
        atol: Allowed absolute difference for tensors of magnitude 1 and above; shrinks with the scale of smaller ones.
        per_layer: Compare intermediate tensors too, in the same single run of each side, matched by name and by what
            rewriting recorded of where values come from, and name the first that diverges.
        tolerances: Instead of rtol and atol: a name (`"exact"`, `"close"`, `"loose"`, `"float16"`, `"bfloat16"`,
            `"int8"`), a number, or (rtol, atol); or a mapping of those by output or layer.
        sizes: Sizes for named dynamic dimensions of made-up inputs.
        mean: For images: (pixel - mean) / std, in units of 0 to 255; one number or one per channel.
        std: See mean. Without both, floats from 0 to 1.
        by_position: Match inputs and outputs by their order where the names differ.
        reference_reading: Options of `load` for reading the reference (`inputs`, `outputs`, ...).
        example_inputs: For a PyTorch module as the reference: which arguments it takes, as for `load`; they are also
            what is compared when `inputs` is not given.
        written: What runs the model instead of modelconv's evaluator: a file that was made of it, in its own framework.
        workers: Processes of this machine that share the inputs among them; by default this one does it all. The report
            is the same. Not with `per_layer`.
        scheduler: Address of a Dask cluster, or a `distributed.Client`, whose workers do; see `batch`.
        progress: `True` shows a bar on a terminal; a callable is called with ("verify", samples done, samples).

    Raises:
        ShapeError: Inputs do not fit, or none can be made up.
    """
    require_whole(1, samples=samples)
    require_whole(0, seed=seed)
    require_tolerances(rtol=rtol, atol=atol)
    subject = model if isinstance(model, Model) else Model(load_source(model))
    require_something_to_run(subject)
    require_known("sizes", sizes or (), symbols_of(subject), "dynamic dimension of an input")
    allowed = tolerances_by_name(tolerances, (rtol, atol))
    sides = Sides(reference, reference_reading or {}, example_inputs, *allowed, per_layer, by_position, written)
    if inputs is None and example_inputs is not None and framework_of(reference) == "torch":
        from modelconv.runners.torch import named_tensors

        inputs = named_tensors(example_inputs, reference, [spec.name for spec in subject.inputs])
    if workers or scheduler is not None:
        from modelconv.batching.comparing import compare_in_parts
        from modelconv.batching.parts import parts_of, parts_of_batches

        if per_layer:
            raise BadArgumentError("per_layer compares in one process: leave workers and scheduler out")
        who = Workers(workers, scheduler)
        if are_files(inputs):
            parts = parts_of(inputs, subject.inputs, who.parts, mean=mean, std=std)
        else:
            batches = input_batches(subject, inputs, samples, seed, sizes or {}, mean, std)
            parts = parts_of_batches(batches, who.parts)
        with shown_progress(progress) as sink:
            name, rows = compare_in_parts(model, subject, sides, parts, who, sink)
        return report_of(rows, name, sides.tolerance)
    comparing = sides.comparing(subject)
    for length in _LENGTHS:
        try:
            batches = input_batches(subject, inputs, samples, seed, sizes or {}, mean, std, length)
            with shown_progress(progress) as sink:
                return comparing.compare(batches, sink)
        except ShapeError:
            # Windows of speech models, for one, are longer than what is made up first; the last attempt tells.
            if inputs is not None or length == _LENGTHS[-1]:
                raise
    raise AssertionError("unreachable")


# Sizes to try for dynamic dimensions of made-up inputs about which nothing is known.
_LENGTHS = (8, 64, 512)


@dataclass(frozen=True)
class Sides:
    """The reference and how it is compared with: what another process needs beside the model under test."""

    reference: Any
    reading: Mapping[str, Any]
    example_inputs: Any
    tolerance: Tolerance
    special: dict[str, Tolerance]
    per_layer: bool
    by_position: bool
    written: Runner | None = None

    def comparing(self, subject: Model) -> Comparing:
        """Ready to run."""
        names = [spec.name for spec in subject.inputs]
        if framework_of(self.reference) == "torch":
            from modelconv.runners.torch import TorchRunner

            runner: Runner = TorchRunner(self.reference, self.example_inputs, names)
        else:
            runner = reference_runner(self.reference, subject, self.reading, self.by_position, self.per_layer)
        return Comparing(subject, runner, self)


@dataclass
class Comparing:
    """How two models are compared, whatever the inputs."""

    subject: Model
    runner: Runner
    sides: Sides

    def compare(self, batches: list[dict[str, Array]], sink: Progress | None = None) -> VerificationReport:
        """Run both on each batch."""
        tolerance, special = self.sides.tolerance, self.sides.special
        layers = LayerVerification(self.subject, self.runner, tolerance, special) if self.sides.per_layer else None
        rows = []
        for done, batch in enumerate(batches):
            if sink is not None:
                sink("verify", done, len(batches))
            rows.append(self.figures_of(batch, layers))
        report = report_of(rows, self.runner.name, tolerance)
        if layers:
            report.layers, report.first_divergence = layers.rows(), layers.first_divergence()
        compared = [row.name for row in (*report.outputs, *report.layers)]
        require_known("tolerances", special, compared, "output or layer" if layers else "output")
        return report

    def figures_of(
        self, batch: dict[str, Array], layers: LayerVerification | None = None
    ) -> list[tuple[str, list[Figures]]]:
        """Of each output on one batch."""
        expected = self.runner.run(batch, layers.wanted if layers else ())
        if layers:
            actual = layers.run(batch, expected)
        elif self.sides.written:
            actual = self.sides.written.run(batch).outputs
        else:
            actual = self.subject._core.run(batch)
        return [
            (name, compare_outputs(*value, self.sides.special.get(name, self.sides.tolerance)))
            for name, value in pair_outputs(actual, expected.outputs, self.sides.by_position)
        ]


def report_of(batches: list[list[tuple[str, list[Figures]]]], reference: str, tol: Tolerance) -> VerificationReport:
    """The worst of all batches, output by output."""
    collected: dict[str, list[Figures]] = {}
    for batch in batches:
        for name, figures in batch:
            collected.setdefault(name, []).extend(figures)
    outputs = [TensorComparison(name=name, **worst(rows)) for name, rows in collected.items()]
    return VerificationReport(outputs, reference=reference, samples=len(batches), rtol=tol[0], atol=tol[1])


def reference_runner(
    reference: Any, subject: Model, reading: Mapping[str, Any], by_position: bool, per_layer: bool
) -> Runner:
    """What computes the reference outputs."""
    from modelconv.runners import CallableRunner, RecordedRunner

    if isinstance(reference, Mapping):
        return RecordedRunner(reference)
    if callable(reference) and not isinstance(reference, Model):
        return CallableRunner(reference, [spec.name for spec in subject.outputs])
    names = [spec.name for spec in subject.inputs] if by_position else None
    return runner_for(reference, reading, names, per_layer)


def require_something_to_run(model: Model) -> None:
    """A file of weights computes nothing."""
    if model.node_count == 0 and not model.outputs:
        raise bad(
            f"the {model.source_format} file holds weights and no graph: there is nothing to run and compare",
            "convert the graph with these as its weights= (--weights), and compare what that gives",
        )


def pair_outputs(
    actual: Mapping[str, Any], expected: Mapping[str, Any], by_position: bool
) -> list[tuple[str, tuple[Any, Any]]]:
    """Outputs of the model with the reference's; every output of the model must have one."""
    if by_position and len(actual) == len(expected) and set(actual) != set(expected):
        return [
            (name, (value, reference))
            for (name, value), reference in zip(actual.items(), expected.values(), strict=True)
        ]
    missing = [name for name in actual if name not in expected]
    if missing:
        have = ", ".join(f"'{name}'" for name in expected)
        raise ModelConvError(f"the reference has no output {', '.join(map(repr, missing))}; it has {have}")
    return [(name, (value, expected[name])) for name, value in actual.items()]


def describe_comparison(row: TensorComparison) -> str:
    """One line of the report."""
    verdict = "ok  " if row.passed else "FAIL"
    if row.problem:
        return f"{verdict} {row.name}: {row.problem}"
    counted = f"{row.mismatched} of {row.elements} differ"
    return (
        f"{verdict} {row.name}: max abs {row.max_abs:.2e}, max rel {row.max_rel:.2e}, cosine {row.cosine:.7f}, "
        f"SNR {row.snr_db:.1f} dB, {counted}"
    )
