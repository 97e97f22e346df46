"""Hugging Face architectures from small random configurations: exported with dynamic sizes, compared at other sizes.

    cd tests; PYTHONPATH=../python:. python -m conformance.huggingface [--peers] [--only NAME ...]

Needs transformers (not among the pinned requirements: pip install --no-deps transformers and what it asks for).
`--peers` counts torch.onnx's default exporter on the same list (needs onnxscript). Times are processor seconds; ours
are split into torch.export's capture and the rest.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import modelconv as mc
import numpy as np
import onnxruntime
import torch

from conformance.huggingface_models import CASES, axes_of, build

TOLERANCE = 1e-4  # of the output's largest magnitude
SMALLEST = 1e-3  # of an output's largest magnitude


def largest_error(path: Path, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> float:
    """Of all outputs that are tensors, relative to their largest magnitude, ONNX Runtime against eager PyTorch."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {value.name for value in session.get_inputs()}
    results = session.run(None, {name: t.numpy() for name, t in inputs.items() if name in wanted})
    with torch.no_grad():
        expected = [t for t in torch.utils._pytree.tree_leaves(model(**inputs)) if isinstance(t, torch.Tensor)]
    if len(results) != len(expected):
        raise AssertionError(f"{len(results)} outputs, {len(expected)} expected")
    worst = 0.0
    for value, tensor in zip(results, expected, strict=True):
        reference = tensor.numpy()
        if value.shape != reference.shape:
            raise AssertionError(f"shape {value.shape}, {reference.shape} expected")
        scale = float(np.abs(reference).max(initial=0))
        if scale < SMALLEST:
            raise AssertionError(f"an output is {scale:.1e} at most: nothing to compare")
        worst = max(worst, float(np.abs(value - reference).max(initial=0)) / scale)
    return worst


def ours(model: torch.nn.Module, inputs: dict[str, torch.Tensor], path: Path) -> tuple[float, float]:
    """Processor seconds of the capture and of the rest."""
    from modelconv.sources import torch_load
    from modelconv.sources.live import Shapes

    start = time.process_time()
    captured = torch_load.captured_of(model, inputs, Shapes({}, axes_of(inputs)))
    between = time.process_time()
    core = torch_load.load_program(torch_load.program_of(captured), type(model).__name__)
    mc.convert(mc.Model(core), path)
    return between - start, time.process_time() - between


def theirs(model: torch.nn.Module, inputs: dict[str, torch.Tensor], path: Path) -> float:
    """Processor seconds of torch.onnx's default exporter."""
    auto = torch.export.Dim.AUTO
    shapes = {name: dict.fromkeys(axes, auto) for name, axes in axes_of(inputs).items()}
    start = time.process_time()
    torch.onnx.export(model, (), str(path), kwargs=inputs, dynamic_shapes=shapes, dynamo=True, verbose=False)
    return time.process_time() - start


def report(name: str, folder: Path, peers: bool) -> list[str]:
    """One row: ours, and the peer."""
    model, inputs = build(name)
    cells = [name]
    try:
        capture, rest = ours(model, inputs(False), folder / "ours.onnx")
        error = largest_error(folder / "ours.onnx", model, inputs(True))
        cells += ["ok" if error <= TOLERANCE else "DIFFERS", f"{error:.1e}", f"{capture:.2f}", f"{rest:.2f}"]
    except Exception as problem:  # the table is about what fails, whatever the reason
        cells += ["FAILS", " ".join(str(problem).split())[:150], "", ""]
    if peers:
        try:
            seconds = theirs(model, inputs(False), folder / "theirs.onnx")
            error = largest_error(folder / "theirs.onnx", model, inputs(True))
            cells += ["ok" if error <= TOLERANCE else "DIFFERS", f"{seconds:.2f}"]
        except Exception as problem:  # as above
            cells += ["FAILS", " ".join(str(problem).split())[:80]]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", nargs="*", default=list(CASES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print("architecture  modelconv  error  capture_s  rest_s" + ("  torch.onnx  seconds" if arguments.peers else ""))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            rows.append(report(name, Path(folder), arguments.peers))
            print("  ".join(rows[-1]), flush=True)
    print(f"modelconv: {sum(row[1] == 'ok' for row in rows)} of {len(rows)}")
    if arguments.peers:
        print(f"torch.onnx: {sum(row[5] == 'ok' for row in rows)} of {len(rows)}")


if __name__ == "__main__":
    main()
