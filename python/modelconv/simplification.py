"""simplify(): smaller and faster, with the same results."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from os import PathLike

from modelconv.argument_checks import require_lists, require_shapes, require_target, require_whole
from modelconv.input_shapes import InputShapes, merged_shapes
from modelconv.model import Model
from modelconv.progress import Progress, shown_progress
from modelconv.sources import Source, load_source


def simplify(
    model: Source,
    target: str | PathLike[str] | None = None,
    *,
    input_shapes: InputShapes | None = None,
    skip: Iterable[str] = (),
    enable: Iterable[str] = (),
    fold_limit: int | None = None,
    check: int = 0,
    explain: bool = False,
    progress: Progress | bool | None = None,
) -> Model:
    """Simplify a model; names, order and dynamic dimensions of inputs and outputs stay.

    Args:
        model: A path, bytes, a Model (left as it is), or an `onnx.ModelProto`.
        target: Path to write the result to; for ONNX the operator set stays the source's own.
        input_shapes: Fixes dimensions, `{"x": (1, 3, 224, 224)}`.
        skip: Names of rules or passes not to run; `modelconv simplify --list-rules` lists them.
        enable: Names of passes to run that run on request only, because they suit some models or runtimes and not
            others: `sparse-roi`, `masked-roi`, ... (`--list-rules` marks them).
        fold_limit: Largest constant, in bytes, that folding may make when that grows the file. Default: folding never
            makes the file larger.
        check: Number of made-up inputs on which result and source are compared. On a difference the guilty rule is
            found and switched off, and the model simplified without it: the result is right all the same. A warning
            and the report (`disabled`) name the rule.
        explain: Record which rules fired where, and which almost did and why not (`report.explanation`).
        progress: `True` shows bars on a terminal; a callable is called with (stage, done, total), see
            `modelconv.progress`.

    Returns:
        The simplified model; its `report` (a SimplificationReport) says what was done.

    Raises:
        ModelConvError: `skip` has a name that is neither a rule nor a pass, or, with `check`, the source cannot be run.
    """
    require_lists(skip=skip, enable=enable)
    require_shapes(input_shapes, None)
    require_target(target)
    require_whole(0, fold_limit=fold_limit, check=check)
    with shown_progress(progress) as sink:
        core = load_source(model, progress=sink)
        if input_shapes:
            core.set_input_shapes(merged_shapes(core, input_shapes, None))
        ops_before = core.op_counts()
        done = core.simplify(
            skip=list(skip), enable=list(enable), fold_limit=fold_limit, check=check, explain=explain, progress=sink
        )
        if target is not None:
            from modelconv.targets import save

            save(core, target, progress=sink)
    result = Model(core)
    result._simplified = (done, ops_before)
    if done["guilty"] or done["left_alone"] or done["hit_limit"]:
        assert result.report is not None
        for warning in result.report.warnings:
            warnings.warn(warning, RuntimeWarning, stacklevel=2)
    return result
