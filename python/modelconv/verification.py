"""verify_against(): do two models compute the same?"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from modelconv import _core
from modelconv.errors import ModelConvError, ShapeError, VerificationError
from modelconv.model import Array, Model
from modelconv.runners import Runner, runner_for
from modelconv.sources import Source, load_source

Inputs = Mapping[str, Array] | Sequence[Mapping[str, Array]]


@dataclass(frozen=True)
class TensorComparison:
    """One output (or layer) against the reference, over all samples."""

    name: str
    passed: bool
    max_abs: float
    """Largest absolute difference."""
    max_rel: float
    """`max_abs` relative to the largest magnitude of the reference tensor."""
    cosine: float
    snr_db: float
    """Signal-to-noise ratio in decibels; infinite when equal."""
    mismatched: int
    """Elements beyond the tolerance; NaN and infinities that meet something else count too."""
    elements: int
    non_finite_mismatched: int
    ulp_median: float
    ulp_p99: float
    ulp_max: float
    problem: str = ""
    """Shape or dtype that differs; empty otherwise."""


@dataclass(frozen=True)
class LayerComparison(TensorComparison):
    """One intermediate tensor, with the node that makes it."""

    node: str = ""
    op: str = ""


@dataclass
class VerificationReport:
    """Result of verify_against(); true when everything passed."""

    outputs: list[TensorComparison]
    layers: list[LayerComparison] = field(default_factory=list)
    first_divergence: LayerComparison | None = None
    reference: str = ""
    """What computed the reference: `onnxruntime`, `tensorflow`, `modelconv`, `callable`, `recorded outputs`."""
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
        if self.first_divergence is not None:
            layer = self.first_divergence
            lines.append(f"first divergence: '{layer.name}' of {layer.op} '{layer.node}' ({layer.max_rel:.2e})")
        return "\n".join("  " + line if i else line for i, line in enumerate(lines))

    def to_json(self) -> str:
        """All figures; infinities as strings, because JSON has none."""
        return json.dumps(_finite({"passed": self.passed, **asdict(self)}), indent=2)

    def to_html(self) -> str:
        """A self-contained table."""
        rows = "".join(_html_row(output) for output in [*self.outputs, *self.layers])
        verdict = "passed" if self.passed else "failed"
        head = "".join(
            f"<th>{title}</th>" for title in ("tensor", "", "max abs", "max rel", "cosine", "SNR dB", "mismatched")
        )
        title = f"<p>Verification against {html.escape(self.reference)}: <b>{verdict}</b></p>"
        return f"{title}<table><tr>{head}</tr>{rows}</table>"

    def _repr_html_(self) -> str:
        return self.to_html()

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
    sizes: Mapping[str, int] | None = None,
    by_position: bool = False,
    reference_reading: Mapping[str, Any] | None = None,
) -> VerificationReport:
    """Run two models on the same inputs and compare all outputs.

    Args:
        model: The model under test; run by modelconv's evaluator.
        reference: Another model, run by its own framework where that is installed, else by modelconv; or a callable
            that takes the inputs by name and returns a mapping (or a sequence in output order); or recorded outputs.
        inputs: Arrays by name, or one such mapping per sample. Default: made up from the model's inputs.
        samples: How many made-up samples to compare.
        seed: Of the made-up inputs.
        rtol: Allowed difference relative to the largest magnitude of the reference tensor.
        atol: Allowed absolute difference for tensors of magnitude 1 and above; shrinks with the scale of smaller ones.
        per_layer: Compare intermediate tensors too, in the same single run, and name the first that diverges.
        sizes: Sizes for named dynamic dimensions of made-up inputs.
        by_position: Match inputs and outputs by their order where the names differ.
        reference_reading: Options of `load` for reading the reference (`inputs`, `outputs`, ...).

    Raises:
        ShapeError: Inputs do not fit, or none can be made up.
    """
    subject = model if isinstance(model, Model) else Model(load_source(model))
    runner = reference_runner(reference, subject, reference_reading or {}, by_position, per_layer)
    collected: dict[str, list[dict[str, Any]]] = {}
    layers: dict[str, list[dict[str, Any]]] = {}
    makers: dict[str, tuple[str, str]] = {}
    batches = input_batches(subject, inputs, samples, seed, sizes or {})
    for batch in batches:
        expected = runner.run(batch)
        seen: dict[str, Any] = {}

        def observe(name: str, node: str, op: str, value: Any, seen: dict[str, Any] = seen) -> None:
            seen[name] = value
            makers[name] = (node, op)

        actual = subject._core.run_observed(batch, observe) if per_layer else subject._core.run(batch)
        for name, value in pair_outputs(actual, expected.outputs, by_position):
            collected.setdefault(name, []).extend(compare_values(value[0], value[1], rtol, atol))
        for name, value in seen.items():
            if name in expected.layers:
                layers.setdefault(name, []).extend(compare_values(value, expected.layers[name], rtol, atol))
    report = VerificationReport(
        outputs=[TensorComparison(name=name, **worst(rows)) for name, rows in collected.items()],
        layers=[
            LayerComparison(name=name, node=makers[name][0], op=makers[name][1], **worst(rows))
            for name, rows in layers.items()
        ],
        reference=runner.name,
        samples=len(batches),
        rtol=rtol,
        atol=atol,
    )
    report.first_divergence = next((layer for layer in report.layers if not layer.passed), None)
    return report


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


def input_batches(
    subject: Model, inputs: Inputs | None, samples: int, seed: int, sizes: Mapping[str, int]
) -> list[dict[str, Array]]:
    """One mapping of inputs per sample; what the user leaves out is made up."""
    given = [inputs] if isinstance(inputs, Mapping) else list(inputs or ())
    if given and not all(set(batch) <= {spec.name for spec in subject.inputs} for batch in given):
        wanted = ", ".join(f"'{spec.name}'" for spec in subject.inputs)
        raise ShapeError(f"the inputs do not match the model's: it has {wanted}")
    needs_more = not given or any(len(batch) < len(subject.inputs) for batch in given)
    count = len(given) or samples
    made = [subject._core.make_inputs(seed=seed + i, sizes=dict(sizes)) if needs_more else {} for i in range(count)]
    return [{**made[i], **(given[i] if given else {})} for i in range(count)]


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


def compare_values(value: Any, reference: Any, rtol: float, atol: float) -> list[dict[str, Any]]:
    """Figures for a tensor, or for each tensor of a sequence."""
    if isinstance(reference, list) or isinstance(value, list) or value is None or reference is None:
        if type(value) is not type(reference) or (value is not None and len(value) != len(reference)):
            return [failed(f"{_kind(value)} instead of {_kind(reference)}")]
        pairs = zip(value or [], reference or [], strict=True)
        return [row for a, b in pairs for row in compare_values(a, b, rtol, atol)]
    return [_core.compare(value, reference, rtol=rtol, atol=atol)]


def failed(problem: str) -> dict[str, Any]:
    """Figures of something that cannot be compared."""
    return {**_core.compare([], []), "passed": False, "problem": problem}


def worst(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures of several comparisons in one: the worst of each, the sum of counts."""
    rows = rows or [_core.compare([], [])]
    merged = dict(rows[0])
    for row in rows[1:]:
        for key in ("max_abs", "max_rel", "ulp_median", "ulp_p99", "ulp_max"):
            merged[key] = max(merged[key], row[key])
        for key in ("cosine", "snr_db"):
            merged[key] = min(merged[key], row[key])
        for key in ("mismatched", "elements", "non_finite_mismatched"):
            merged[key] += row[key]
        merged["passed"] = merged["passed"] and row["passed"]
        merged["problem"] = merged["problem"] or row["problem"]
    return merged


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


def _kind(value: Any) -> str:
    if value is None:
        return "an empty optional"
    return f"a sequence of {len(value)}" if isinstance(value, list) else "a tensor"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _html_row(row: TensorComparison) -> str:
    verdict = "ok" if row.passed else "FAIL"
    numbers = (
        f"{row.max_abs:.3g}",
        f"{row.max_rel:.3g}",
        f"{row.cosine:.7f}",
        f"{row.snr_db:.1f}",
        str(row.mismatched),
    )
    cells = "".join(f"<td>{cell}</td>" for cell in (html.escape(row.name), verdict, *numbers))
    return f"<tr>{cells}</tr>"
