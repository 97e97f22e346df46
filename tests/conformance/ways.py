"""The ways in which a backend test is run: modelconv's three, and the peers'."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Feeds = dict[str, Any]
Runner = Callable[[Feeds], list[Any]]  # outputs in the model's order


def source_of(case: Any) -> Any:
    """A path where the model lies in a file, else its bytes."""
    return Path(case.model_dir) / "model.onnx" if case.model is None else case.model.SerializeToString()


def runner_of(model: Any) -> Runner:
    names = [spec.name for spec in model.outputs]

    def run(feeds: Feeds) -> list[Any]:
        results = model.run(feeds, threads=1)
        return [results[name] for name in names]

    return run


def load(case: Any) -> Runner:
    import modelconv

    return runner_of(modelconv.load(source_of(case)))


def load_simplified(case: Any) -> Runner:
    import modelconv

    return runner_of(modelconv.simplify(source_of(case)))


def load_written(case: Any) -> Runner:
    """Written at the source's own opset, and read again."""
    import modelconv

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "written.onnx"
        modelconv.load(source_of(case)).save(target)
        return runner_of(modelconv.load(target.read_bytes()))


def load_reference(case: Any) -> Runner:
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(case.model if case.model is not None else str(source_of(case)))
    return lambda feeds: list(session.run(None, feeds))


def load_onnxruntime(case: Any) -> Runner:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    source = source_of(case)
    session = onnxruntime.InferenceSession(
        source if isinstance(source, bytes) else str(source), options, providers=["CPUExecutionProvider"]
    )
    return lambda feeds: list(session.run(None, feeds))


OWN: dict[str, Callable[[Any], Runner]] = {"load": load, "simplify": load_simplified, "write/read": load_written}
PEERS: dict[str, Callable[[Any], Runner]] = {"onnx.reference": load_reference, "onnxruntime": load_onnxruntime}
