"""What a batch did."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass, field
from typing import Any

from modelconv.json_text import to_json
from modelconv.model import describe_bytes

STATUSES = ("converted", "unchanged", "failed")
_TITLES = ("model", "status", "formats", "nodes", "size", "verified", "seconds")


@dataclass
class BatchRow:
    """One model."""

    name: str
    source: str
    target: str
    status: str = "converted"
    """`"converted"`, `"unchanged"` (done before) or `"failed"`."""
    source_format: str = ""
    target_format: str = ""
    nodes_before: int = 0
    nodes_after: int = 0
    size: int = 0
    """Bytes of the target, of all its files for a folder."""
    seconds: float = 0.0
    verified: dict[str, Any] = field(default_factory=dict)
    """With `verify`: `reference`, `samples`, `passed` and the worst `max_abs` and `max_rel` of all outputs."""
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    """Type of the error (`"UnsupportedOpError"`) when the model failed."""
    message: str = ""
    """The error itself: what, where, why and what to try."""

    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        if self.status == "failed":
            return self.name, self.status, self.error, "", "", "", ""
        verified = f"{self.verified['reference']}, max rel {self.verified['max_rel']:.1e}" if self.verified else ""
        return (
            self.name,
            self.status,
            f"{self.source_format} -> {self.target_format}",
            f"{self.nodes_before} -> {self.nodes_after}",
            describe_bytes(self.size),
            verified,
            f"{self.seconds:.2f}",
        )


@dataclass
class BatchReport:
    """Result of batch(); true when every model was converted."""

    rows: list[BatchRow]
    """One per model, in the manifest's order."""
    ignored: list[str] = field(default_factory=list)
    """Files of a folder that are no models."""

    @property
    def passed(self) -> bool:
        """True when nothing failed."""
        return not self.failures

    @property
    def failures(self) -> list[BatchRow]:
        """The models that failed."""
        return [row for row in self.rows if row.status == "failed"]

    def __bool__(self) -> bool:
        return self.passed

    def counts(self) -> dict[str, int]:
        """Status -> models."""
        return {status: sum(row.status == status for row in self.rows) for status in STATUSES}

    def to_text(self) -> str:
        """A table, then every failure in full."""
        table = [_TITLES, *(row.cells() for row in self.rows)]
        widths = [max(len(cells[column]) for cells in table) for column in range(len(_TITLES))]
        lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in table]
        lines.append(", ".join(f"{count} {status}" for status, count in self.counts().items() if count))
        for row in self.failures:
            lines += ["", f"{row.name}: {row.error}", f"  {row.message}"]
        return "\n".join(line.rstrip() for line in lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything, for machines."""
        rows = [asdict(row) for row in self.rows]
        return {"passed": self.passed, "counts": self.counts(), "rows": rows, "ignored": self.ignored}

    def to_json(self) -> str:
        """`to_dict` as text."""
        return to_json(self.to_dict())

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{title}</th>" for title in _TITLES)
        rows = "".join(
            f'<tr title="{html.escape(row.message)}">'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells())
            + "</tr>"
            for row in self.rows
        )
        return f"<table><tr>{head}</tr>{rows}</table>"

    def __repr__(self) -> str:
        return f"<modelconv.BatchReport\n{self.to_text()}>"
