"""Comparing what a conversion wrote with its source."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from os import PathLike, fspath
from typing import Any

from modelconv.argument_checks import bad, require_known
from modelconv.errors import ModelConvError
from modelconv.input_layout import InTheSourcesOrder
from modelconv.model import Model
from modelconv.progress import Progress
from modelconv.sources import Source
from modelconv.verification import VerificationReport, verify_against


def require_options(verify: Any, target_format: str) -> None:
    """`verify=` of convert, checked before any work, with the format of what will be written."""
    if isinstance(verify, Mapping):
        known = list(signature(verify_against).parameters)[2:]
        require_known("verify=", verify, known, "option of verify_against")
    elif not isinstance(verify, bool):
        raise bad(f"verify={verify!r} is neither a bool nor a mapping of options of verify_against")
    if verify and target_format in ("npz", "safetensors"):
        raise ModelConvError(f"{target_format} holds weights alone: there is nothing to run and verify")


def with_workers(options: bool | Mapping[str, Any], workers: int | None, scheduler: Any) -> bool | Mapping[str, Any]:
    """Options of `verify_against` with who does it, where they name inputs that are worth sharing."""
    if not isinstance(options, Mapping) or "inputs" not in options or options.get("per_layer"):
        return options
    return {"workers": workers, "scheduler": scheduler, **options}


def verify_conversion(
    model: Model,
    source: Source,
    target: str | PathLike[str] | None,
    options: bool | Mapping[str, Any],
    reading: Mapping[str, Any],
    written: str = "",
    renamed: Mapping[str, str] | None = None,
    *,
    progress: Progress | None = None,
    restore_order: bool = True,
) -> VerificationReport:
    """Compare what was written (or the model in memory) with the source, read with the options of `reading`.

    Args:
        restore_order: Feed the source images in its own order of axes, where `input_layout` changed the model's.
    """
    settings = {"progress": progress, **(options if isinstance(options, Mapping) else {})}
    subject: Source = model if target is None else target
    if target is not None and written in ("tensorflow", "saved_model") and not settings.get("per_layer"):
        from modelconv.runners.written import WrittenRunner

        subject, settings["written"] = model, WrittenRunner(fspath(target), model, renamed or {})
    reference: Any = source
    if restore_order and model._restoring_orders:
        reference = InTheSourcesOrder(source, reading, model)
    return verify_against(subject, reference, reference_reading=reading, by_position=True, **settings)
