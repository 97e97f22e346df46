"""ONNX models as graphs of Hetu (version 1), which must be installed; `convert(executor, ...)` goes the other way."""

from __future__ import annotations

from typing import Any

from modelconv.hetu.importer import Importer


def load_onnx(path: Any) -> tuple[list[Any], list[Any]]:
    """A model as nodes of Hetu.

    Weights become trainable variables under their names, inputs become placeholders. Anything that `modelconv.load`
    reads will do for `path`.

    Returns:
        The placeholders and the output nodes, in the model's order.

    Raises:
        UnsupportedOpError: Hetu has no operator for some nodes; all are named.
        ModelConvError: Hetu is not installed.
    """
    from modelconv.errors import ModelConvError
    from modelconv.loading import load

    try:
        import hetu
    except ImportError as error:
        raise ModelConvError(
            "load_onnx() builds nodes of Hetu, which is not installed\n  try:   github.com/Hsword/Hetu"
        ) from error
    core = load(path)._core.clone()
    # Shapes are computed and what does nothing goes; parameters stay as they are, so that they can be trained on.
    core.simplify(skip=["fuse", "recurrent", "share_constants"])
    return Importer(hetu, core).run()
