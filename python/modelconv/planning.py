"""convert(plan=True): what a conversion would do, found out without touching the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from modelconv import _core
from modelconv.command_line import convert_command
from modelconv.errors import MissingOp, ModelConvError, UnsupportedOpError
from modelconv.json_text import to_json
from modelconv.model import Model, TensorSpec, describe_bytes, describe_spec
from modelconv.sources import Source, describe_source, format_of
from modelconv.sources.live import framework_of

# The largest protobuf message; of the targets, only ONNX has a second file for weights.
_LARGEST_MESSAGE = 2**31 - 1
# What a node takes beside its weights: names and attributes, measured on published models.
_BYTES_PER_NODE = 150
# How many names a line of the text shows.
_SHOWN = 8


@dataclass(frozen=True)
class OperatorPlan:
    """An operator of the source, or of the graph that the target has to say."""

    op: str
    nodes: int
    """How many there are."""
    refused: tuple[str, ...] = ()
    """Names of those that cannot be translated."""
    reason: str = ""
    """Why not."""


@dataclass
class Plan:
    """What `convert` would do with these arguments."""

    source: str
    source_format: str
    target: str | None
    target_format: str | None
    read: list[OperatorPlan] = field(default_factory=list)
    """Every operator of the source as it is decoded; those with `refused` have no rule, or one that does not apply."""
    lacking: list[OperatorPlan] = field(default_factory=list)
    """Operators that the target's tables do not have. The simplifier may yet remove them."""
    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    """Of the part that can be converted."""
    size: int | None = None
    """Bytes that the target will take, about: weights as they will be stored, and the graph. None: nothing is read."""
    cuts: list[str] = field(default_factory=list)
    """`outputs=` with which everything can be read, when something is refused: the tensors in front of it."""
    begins: list[str] = field(default_factory=list)
    """`inputs=` with which everything can be read: what refused operators give, and what the rest needs besides."""
    warnings: list[str] = field(default_factory=list)
    command: str = ""
    """The command line that converts the model, or the part of it in front of what is refused."""
    command_behind: str = ""
    """The one that converts the part behind, into a file of its own."""

    @property
    def refused(self) -> list[OperatorPlan]:
        """The operators of the source that stand in the way."""
        return [row for row in self.read if row.refused]

    @property
    def convertible(self) -> bool:
        """Nothing that a table can tell stands in the way of the whole model."""
        return not self.refused and not self.lacking

    def to_dict(self) -> dict[str, Any]:
        """Everything, for machines."""
        specs = {"inputs": [s._asdict() for s in self.inputs], "outputs": [s._asdict() for s in self.outputs]}
        return {"convertible": self.convertible, **asdict(self), **specs}

    def to_json(self) -> str:
        """`to_dict` as text."""
        return to_json(self.to_dict())

    def to_text(self) -> str:
        """A page for people."""
        lines = [f"plan      {self.source} ({self.source_format}) -> {self.target or 'memory'}"]
        if self.target_format:
            lines[0] += f" ({self.target_format})"
        total = sum(row.nodes for row in self.read)
        lines.append(f"read      {total} nodes, {len(self.read)} operators, {len(self.refused)} of them refused")
        lines += [f"          {row.nodes:6} {row.op}" for row in self.read if not row.refused]
        lines += [f"refused   {_describe(row)}" for row in self.refused]
        lines += [f"lacking   {_describe(row)}" for row in self.lacking]
        lines += [f"input     {describe_spec(spec)}" for spec in self.inputs]
        lines += [f"output    {describe_spec(spec)}" for spec in self.outputs]
        if self.size is not None:
            lines.append(f"size      about {describe_bytes(self.size)}")
        if self.refused:
            lines.append(
                f"cut       outputs={self.cuts}: all in front of these can be converted"
                if self.cuts
                else "cut       nothing in front of the refused operators is worth keeping"
            )
        if self.begins:
            lines.append(f"cut       inputs={self.begins}: all behind these can be converted")
        lines += [f"warning   {warning}" for warning in self.warnings]
        lines += [f"command   {command}" for command in (self.command, self.command_behind) if command]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<modelconv.Plan\n{self.to_text()}>"


def plan_conversion(
    source: Source,
    target: str | PathLike[str] | None,
    target_format: str | None,
    reading: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> Plan:
    """The plan of one conversion.

    Args:
        source: See `convert`.
        target: Likewise; nothing is written.
        target_format: Likewise.
        reading: Arguments of `load`.
        settings: The other arguments of `convert` that the command line repeats.
    """
    from modelconv.targets import named_format

    written = named_format(target, target_format or "") if target is not None else None
    survey = _core.RaiseSurvey()
    model, refused = _try_to_read(source, reading, survey)
    name = model.source_format if model else reading.get("source_format") or format_of(source) or framework_of(source)
    plan = Plan(describe_source(source), name or "", None if target is None else str(target), written)
    plan.read = read_rows(survey.ops, refused)
    arguments = {**reading, **settings, "target_format": target_format}
    if refused and survey.begins:
        behind = {"inputs": survey.begins, "input_names": None}
        if _try_to_read(source, {**reading, **behind})[0] is not None:
            plan.begins = survey.begins
            plan.command_behind = convert_command(source, _beside(target), {**arguments, **behind})
    if refused and survey.cuts:
        arguments = {**arguments, "outputs": survey.cuts, "output_names": None}
        model, _ = _try_to_read(source, {**reading, "outputs": survey.cuts, "output_names": None})
        plan.cuts = survey.cuts if model else []
    if model is not None:
        plan.inputs, plan.outputs = model.inputs, model.outputs
        plan.lacking = lacking_operators(model, written)
        plan.size = estimated_size(model, settings.get("quantize"))
        plan.warnings = [*model._core.notes, *_size_warnings(plan.size, written)]
    plan.command = convert_command(source, target, arguments)
    return plan


def _beside(target: str | PathLike[str] | None) -> Path | None:
    """A second target: net.onnx, net-behind.onnx."""
    return None if target is None else Path(target).with_stem(f"{Path(target).stem}-behind")


def _try_to_read(
    source: Source, reading: Mapping[str, Any], survey: _core.RaiseSurvey | None = None
) -> tuple[Model | None, list[MissingOp]]:
    from modelconv.loading import load

    try:
        if survey is None:
            return load(source, **reading), []
        with survey:
            return load(source, **reading), []
    except UnsupportedOpError as error:
        return None, error.ops
    except ModelConvError:
        if survey is not None:
            raise
        return None, []  # a cut at which the rest does not know what it is given: its types or its sizes


def read_rows(counts: Mapping[str, int], refused: Sequence[MissingOp]) -> list[OperatorPlan]:
    """Operators with what is refused of them, the most frequent first; refusals of parts that are no nodes, too."""
    by_op: dict[str, list[MissingOp]] = {}
    for missing in refused:
        by_op.setdefault(missing.op, []).append(missing)
    rows = []
    for op in {**counts, **by_op}:
        nodes = tuple(name for missing in by_op.get(op, ()) for name in missing.nodes)
        reasons = [missing.reason or "modelconv has no rule for it" for missing in by_op.get(op, ())]
        rows.append(OperatorPlan(op, counts.get(op, len(nodes)), nodes, "; ".join(reasons)))
    return sorted(rows, key=lambda row: (-row.nodes, row.op))


def lacking_operators(model: Model, target_format: str | None) -> list[OperatorPlan]:
    """Operators of the graph for which the target has no rule."""
    known = _written_operators(target_format or "")
    if known is None:
        return []
    names: dict[str, list[str]] = {}
    for name, op, _, _ in model._core.nodes():
        names.setdefault(op, []).append(name)
    return [
        OperatorPlan(op, count, tuple(names.get(op, ())), f"{target_format} has no operator for it")
        for op, count in model.op_counts().items()
        if op not in known and not (target_format in ("tensorflow", "saved_model") and _core.is_taken_apart(op))
    ]


def _written_operators(target_format: str) -> set[str] | None:
    """Canonical operators that the format's tables write, the channels-last ones under their plain names."""
    if target_format.startswith("keras"):
        from modelconv.targets.keras_rules import RULES

        written = set(RULES)
    else:
        written = {canonical for _, canonical, _, is_written, _ in _operators(target_format) if is_written}
    return {op.removeprefix("nhwc.") for op in written} or None


def _operators(name: str) -> list[tuple[str, str, bool, bool, str]]:
    known = {row["name"] for row in _core.formats()}
    return _core.operators(name) if name in known else []


def estimated_size(model: Model, quantize: Any) -> int:
    """Weights as they will be stored, plus the graph."""
    size = model._core.weight_bytes + _BYTES_PER_NODE * model.node_count
    if quantize is None:
        return size
    stored = 2 if quantize == "float16" else 1  # bytes of what was a float32
    floats = [array for array in model.weights.values() if str(array.dtype) == "float32" and array.ndim > 1]
    return size - sum(array.nbytes // 4 * (4 - stored) for array in floats)


def _size_warnings(size: int, target_format: str | None) -> list[str]:
    if size <= _LARGEST_MESSAGE:
        return []
    if target_format == "tensorflow":
        return ["a frozen graph above 2 GiB cannot exist: convert to a SavedModel (--to saved_model)"]
    if target_format == "tflite":
        return ["a .tflite file above 2 GiB cannot exist: quantize, or cut the model"]
    return ["the weights go into a second file beside the model"] if target_format == "onnx" else []


def _describe(row: OperatorPlan) -> str:
    shown = ", ".join(row.refused[:_SHOWN]) + (", ..." if len(row.refused) > _SHOWN else "")
    return f"{row.op}, {len(row.refused)} of {row.nodes} nodes: {row.reason} ({shown})"
