"""simplify(): smaller and faster, with the same results."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath
from typing import TYPE_CHECKING

from modelconv.model import Model
from modelconv.sources import Source, load_source

if TYPE_CHECKING:
    from modelconv.conversion import InputShapes


def simplify(
    model: Source,
    target: str | PathLike[str] | None = None,
    *,
    input_shapes: InputShapes | None = None,
    skip: Iterable[str] = (),
    enable: Iterable[str] = (),
    fold_limit: int | None = None,
    check: int = 0,
) -> Model:
    """Simplify a model; names, order and dynamic dimensions of inputs and outputs stay.

    Args:
        model: A path, bytes, a Model (left as it is), or an `onnx.ModelProto`.
        target: Path to write the result to; for ONNX the operator set stays the source's own.
        input_shapes: Fixes dimensions, `{"x": (1, 3, 224, 224)}`.
        skip: Names of rules or passes not to run.
        enable: Names of passes to run that run on request only, because they suit some models or runtimes and not
            others: `sparse-roi`, `masked-roi`, ... (`modelconv formats` and docs/passes.md list them).
        fold_limit: Largest constant, in bytes, that folding may make when that grows the file. Default: folding never
            makes the file larger.
        check: Number of made-up inputs on which result and source are compared; a difference raises VerificationError.
    """
    core = load_source(model)
    if input_shapes:
        from modelconv.conversion import merged_shapes

        core.set_input_shapes(merged_shapes(core, input_shapes, None))
    before = core.clone() if check else None
    core.simplify(skip=list(skip), enable=list(enable), fold_limit=fold_limit)
    result = Model(core)
    if before is not None:
        from modelconv.verification import verify_against

        verify_against(result, Model(before), samples=check).raise_if_failed()
    if target is not None:
        core.save(fspath(target))
    return result
